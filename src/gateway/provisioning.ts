/** The caller's own app user: created at the first call that finds none, known by its smoochId. */
import type { UpstreamApp } from '../../config/apps.ts'
import { returnsUser } from '../contract/answers.ts'
import { operations } from '../contract/operations.ts'
import { isUserNotFound, Problem } from '../contract/problems.ts'
import type { Identified } from '../contract/schemas.ts'
import type { CallFacts } from '../journal/event/compose.ts'
import type { Guard } from '../journal/guard/call-guard.ts'
import type { Alarm } from '../platform/alarms.ts'
import { confirmCaller } from '../policy/decide.ts'
import type { Session } from '../session/record.ts'
import type { Sessions } from '../session/sessions.ts'
import type { UpstreamAnswer, UpstreamCall } from '../upstream/call.ts'
import type { Upstream } from '../upstream/client.ts'
import { type Call, isOwn } from './call.ts'
import { callFacts } from './call-facts.ts'
import { createUnguardedEvents } from './unguarded-events.ts'

export interface ProvisioningParts {
  readonly sessions: Sessions
  readonly upstream: Upstream
  readonly autoCreate: boolean
  readonly guard: Guard
  readonly alarm: Alarm
}

export const createProvisioning = ({ sessions, upstream, autoCreate, guard, alarm }: ProvisioningParts) => {
  const { recorded } = createUnguardedEvents(guard)
  const read = operations.get_app_user

  /** The vendor's answer about the own user. Another user (a survivor of a merge, another spelling)
   * is not shown or stored: the session ends. */
  const acceptOwn = async (session: Session, body: unknown): Promise<void> => {
    const { _id, userId } = (body as Identified).appUser
    if (userId === session.userId) return await rememberSmoochId(session, _id)
    await sessions.forget(session)
    if (await sessions.end(session)) alarm('another_user_answered')
    throw new Problem('unauthorized', {
      detail: 'The messaging service answered your userId with another user, so this session has ended. Sign in again.',
    })
  }

  /** Checks every answer before it is shown or stored. */
  const accept = async (call: Call, body: unknown): Promise<void> => {
    if (body !== undefined && returnsUser(call.operation) && isOwn(call)) await acceptOwn(call.session, body)
  }

  const rememberSmoochId = async (session: Session, smoochId: string): Promise<void> => {
    try {
      await sessions.rememberSmoochId(session, smoochId, session.smooch)
    } catch (cause) {
      alarm('smooch_id_not_kept', { cause })
    }
  }

  /** Undefined: another call created it meanwhile. */
  const send = async (app: UpstreamApp, call: UpstreamCall): Promise<UpstreamAnswer | undefined> => {
    try {
      return await upstream.call(app, call)
    } catch (error) {
      if (error instanceof Problem && error.code === 'conflict') return undefined
      throw error
    }
  }

  /** Throws `no_app_user`, `app_user_not_created`, or `unauthorized` when the person was deleted or
   * merged away since the session began. */
  const create = async (call: Call): Promise<void> => {
    const { app, session } = call
    if (session.kind === 'service' || !session.roles.includes('user'))
      throw new Problem('no_app_user', { detail: 'This session has no app user yet.' })
    if (!autoCreate) throw new Problem('app_user_not_created')
    if (!(await sessions.mayCreate(session))) throw new Problem('unauthorized')
    const operation = operations.pre_create_app_user
    const facts = (answer?: UpstreamAnswer): CallFacts =>
      callFacts({ ...call, operation, caller: 'self', reason: undefined }, [
        { role: 'subject', userId: session.userId!, ...(answer && { smoochId: (answer.body as Identified).appUser._id }) },
      ])
    const answer = await recorded<UpstreamAnswer | undefined>(operation, facts, () =>
      send(app, { operation, body: { userId: session.userId } }),
    )
    if (answer) await acceptOwn(session, answer.body)
  }

  /** Asked again after the vendor took its time: session or role may be gone. */
  const confirmSession = async ({ session, caller }: Call): Promise<void> => confirmCaller(await sessions.reload(session), caller)

  /** Sends; when the vendor knows no such user, creates the own user and sends once more. */
  const orCreate = async <A extends UpstreamAnswer>(call: Call, send: () => Promise<A>): Promise<A> => {
    try {
      return await send()
    } catch (error) {
      if (!isUserNotFound(error) || !isOwn(call)) throw error
      await create(call)
      await confirmSession(call)
      return await send()
    }
  }

  return {
    accept,
    acceptOwn,
    create,
    orCreate,

    /** For calls that change a user or whose answer names none: the vendor must once have answered
     * the own name with the own user. */
    proveOwn: async (call: Call): Promise<void> => {
      const { app, session, subjects, operation } = call
      if (session.smooch !== undefined || operation.id === read.id || operation.subject === 'body') return
      if (!isOwn(call)) return
      try {
        const { body } = await orCreate(call, () =>
          upstream.call(app, { operation: read, params: { userId: subjects[0].id }, patience: call.patience }),
        )
        await acceptOwn(session, body)
        await confirmSession(call)
      } catch (error) {
        throw error instanceof Problem ? error.with({ outcome: 'not_sent' }) : error
      }
    },
  }
}

export type Provisioning = ReturnType<typeof createProvisioning>
