/** The caller's own app user: created at the first call that finds none, and known by its smoochId from then on. */
import { type Operation, pathParams } from './operation.ts'
import { operations } from './operations.ts'
import { Problem } from './problems.ts'
import type { AnswerOf } from './schemas.ts'
import type { Session, Sessions } from './session/sessions.ts'
import type { Subject } from './subjects.ts'
import type { Upstream, UpstreamAnswer, UpstreamApp } from './upstream/client.ts'

export interface OwnUserParts {
  readonly sessions: Sessions
  readonly upstream: Upstream
  readonly autoCreate: boolean
  /** Something that operators must hear of although the caller was served. */
  readonly alarm: (what: string, cause: unknown) => void
}

interface Asking {
  readonly app: UpstreamApp
  readonly session: Session
  readonly subjects: readonly Subject[]
  readonly operation: Operation
}

export const createOwnUser = ({ sessions, upstream, autoCreate, alarm }: OwnUserParts) => {
  /** Throws `no_app_user`, `app_user_not_created`, or `unauthorized` when the person was deleted or merged away since the session began. */
  const create = async (app: UpstreamApp, session: Session): Promise<void> => {
    if (session.kind === 'service' || !session.roles.includes('user'))
      throw new Problem('no_app_user', { detail: 'This session has no app user yet.' })
    if (!autoCreate) throw new Problem('app_user_not_created')
    if (!(await sessions.mayCreate(session))) throw new Problem('unauthorized')
    try {
      await upstream.call(app, { operation: operations.pre_create_app_user, body: { userId: session.userId } })
    } catch (error) {
      // Somebody else was faster, which is as good.
      if (!(error instanceof Problem) || error.code !== 'conflict') throw error
    }
  }

  return {
    create,

    /** Sends, and once more when the vendor knows no such user and the caller's own could be created. */
    orCreate: async <A extends UpstreamAnswer>({ app, session, subjects, operation }: Asking, send: () => Promise<A>): Promise<A> => {
      try {
        return await send()
      } catch (error) {
        if (!saysNoUser(error, operation) || !subjects.every(({ self }) => self)) throw error
        await create(app, session)
        return await send()
      }
    },

    learn: async (session: Session, subjects: readonly Subject[], operation: Operation, body: unknown): Promise<void> => {
      if (operation.returns !== 'AppUserResponse' || !subjects[0]?.self) return
      try {
        await sessions.learn(session, (body as AnswerOf<'AppUserResponse'>).appUser._id, session.smooch)
      } catch (cause) {
        alarm("a person's own smoochId could not be remembered", cause)
      }
    },
  }
}

/** Where a channel or an integration is named too, a bare 404 may mean that one. */
const saysNoUser = (error: unknown, operation: Operation): boolean =>
  error instanceof Problem &&
  error.code === 'user_not_found' &&
  (error.particulars.vendorCode === 'user_not_found' || !(operation.query || pathParams(operation).includes('channel')))
