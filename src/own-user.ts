/** The caller's own app user: created at the first call that finds none, known by its smoochId from then on, and nobody else whatever the vendor answers. */
import { type Operation, pathParams } from './operation.ts'
import { operations } from './operations.ts'
import { Problem } from './problems.ts'
import type { Identified } from './schemas.ts'
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
  readonly subjects: readonly [Subject, ...Subject[]]
  readonly operation: Operation
}

export const createOwnUser = ({ sessions, upstream, autoCreate, alarm }: OwnUserParts) => {
  const read = operations.get_app_user

  /** What the vendor says of the caller's own user. Somebody else (a survivor of a merge, a name in another spelling) is never shown nor learnt: the session ends. */
  const acceptOwn = async (session: Session, body: unknown): Promise<void> => {
    const { _id, userId } = (body as Identified).appUser
    if (userId === session.userId) return await learn(session, _id)
    await sessions.forget(session)
    if (await sessions.end(session)) alarm("another user was answered in place of the caller's own, whose session has ended", undefined)
    throw new Problem('unauthorized', { detail: 'The messaging service knows somebody else by your name, so this session has ended.' })
  }

  /** Every answer passes here before it is shown or kept. */
  const accept = async (session: Session, subjects: readonly Subject[], operation: Operation, body: unknown): Promise<void> => {
    if (operation.returns !== 'AppUserResponse' || body === undefined || !subjects.every(({ self }) => self)) return
    await acceptOwn(session, body)
  }

  const learn = async (session: Session, smoochId: string): Promise<void> => {
    try {
      await sessions.learn(session, smoochId, session.smooch)
    } catch (cause) {
      alarm("a person's own smoochId could not be remembered", cause)
    }
  }

  /** Throws `no_app_user`, `app_user_not_created`, or `unauthorized` when the person was deleted or merged away since the session began. */
  const create = async (app: UpstreamApp, session: Session): Promise<void> => {
    if (session.kind === 'service' || !session.roles.includes('user'))
      throw new Problem('no_app_user', { detail: 'This session has no app user yet.' })
    if (!autoCreate) throw new Problem('app_user_not_created')
    if (!(await sessions.mayCreate(session))) throw new Problem('unauthorized')
    try {
      const call = { operation: operations.pre_create_app_user, body: { userId: session.userId } }
      await acceptOwn(session, (await upstream.call(app, call)).body)
    } catch (error) {
      // Somebody else was faster, which is as good.
      if (!(error instanceof Problem) || error.code !== 'conflict') throw error
    }
  }

  /** Sends, and once more when the vendor knows no such user and the caller's own could be created. */
  const orCreate = async <A extends UpstreamAnswer>({ app, session, subjects, operation }: Asking, send: () => Promise<A>): Promise<A> => {
    try {
      return await send()
    } catch (error) {
      if (!saysNoUser(error, operation) || !subjects.every(({ self }) => self)) throw error
      await create(app, session)
      return await send()
    }
  }

  return {
    accept,
    create,
    orCreate,

    /** Before a call that changes somebody or whose answer names nobody: the caller's own name must once have been answered with the caller's own user. */
    meet: async ({ app, session, subjects, operation }: Asking): Promise<void> => {
      if (session.smooch !== undefined || operation.id === read.id || operation.subject === 'body') return
      if (!subjects.every(({ self }) => self)) return
      const call = { operation: read, params: { userId: subjects[0].id } }
      try {
        const { body } = await orCreate({ app, session, subjects, operation: read }, () => upstream.call(app, call))
        await acceptOwn(session, body)
      } catch (error) {
        if (error instanceof Problem) error.particulars.outcome = 'not_sent'
        throw error
      }
    },
  }
}

/** Where a channel or an integration is named too, a bare 404 may mean that one. */
const saysNoUser = (error: unknown, operation: Operation): boolean =>
  error instanceof Problem &&
  error.code === 'user_not_found' &&
  (error.particulars.vendorCode === 'user_not_found' || !(operation.query || pathParams(operation).includes('channel')))
