/** Who enters the console: staff with a role of the row; for what changes or reveals, after a
 * recent sign-in, and a refusal of it is an event. */
import type { Request, Response } from 'express'
import type { Role } from '../contract/operation.ts'
import { Problem } from '../contract/problems.ts'
import { callFactsOf } from '../gateway/call-facts.ts'
import { createUnguardedEvents } from '../gateway/unguarded-events.ts'
import type { Asked, Authorization } from '../http/endpoint-handler.ts'
import { limitCalls } from '../http/rate-limit.ts'
import type { Guard } from '../journal/guard/call-guard.ts'
import { requireRecentSignIn } from '../policy/decide.ts'
import type { Session } from '../session/record.ts'
import { absenceOf } from '../session/roles.ts'
import type { Sessions } from '../session/sessions.ts'
import { apiEndpoints, readers } from './endpoints.ts'

const holdsOneOf = (roles: readonly Role[], session: Session | undefined): boolean =>
  session?.roles.some((role) => roles.includes(role)) === true

const requireOneOf = (roles: readonly Role[], session: Session): void => {
  if (holdsOneOf(roles, session)) return
  const absent = session.provider?.absentRoles
  const why = absent === undefined ? [] : [absenceOf(absent)]
  throw new Problem('forbidden', { detail: [`This is for staff with the role ${roles.join(' or ')}.`, ...why].join(' ') })
}

/** False without a session too. */
const holdsReader = (session: Session | undefined): boolean => holdsOneOf(readers, session)

/** Throws `forbidden`. */
export const requireReader = (session: Session): void => requireOneOf(readers, session)

const lookAgainMs = 10_000

/** For answers that go on after their request was let in: whether the reader may still read, asked
 * of the keys and the store at most every ten seconds. A store that is away ends nothing. */
export const stillReads = (sessions: Pick<Sessions, 'current'>, req: Request): (() => Promise<boolean>) => {
  // By the clock that nobody can set back.
  let looked = performance.now()
  let may = true
  return async () => {
    if (may && performance.now() - looked >= lookAgainMs) {
      looked = performance.now()
      may = await sessions.current(req, 'checked').then(holdsReader, () => true)
    }
    return may
  }
}

/** The reader of a page, which may be opened from any site. */
export const enterPage = async (sessions: Sessions, req: Request, res: Response): Promise<Session> => {
  const { session } = await sessions.require(req, { limit: 'reads', csrf: 'page', decide: limitCalls(req, res) })
  requireReader(session)
  return session
}

export interface AuthorizationParts {
  readonly sessions: Sessions
  readonly guard: Guard
}

type Rows = typeof apiEndpoints
/** Rows that change or reveal, which are acts of the journal. */
type Change = { [Id in keyof Rows]: Rows[Id] extends { readonly recentSignIn: true } ? Id : never }[keyof Rows]

const isChange = (id: keyof Rows): id is Change => 'recentSignIn' in apiEndpoints[id]

/** Of the rows of the console's API. */
export const createAuthorization = ({ sessions, guard }: AuthorizationParts): Authorization<Session, keyof Rows> => {
  const { orDenied } = createUnguardedEvents(guard)

  const requireAllowed = (session: Session, { req, res, row: { roles = [] }, id }: Asked<keyof Rows>): void => {
    const check = () => requireOneOf(roles, session)
    if (!isChange(id)) {
      check()
      return
    }
    const about = { session, operation: { id }, targets: [], requestId: String(res.locals['requestId']) }
    orDenied(() => callFactsOf(req, about), check)
    requireRecentSignIn(session, session.foundMs)
  }

  return {
    enter: async (asked) => {
      const { req, res, row } = asked
      const csrf = row.csrf ? 'api' : 'stream'
      const { session } = await sessions.require(req, {
        limit: row.limit!,
        csrf,
        idle: row.background === true,
        decide: limitCalls(req, res),
      })
      requireAllowed(session, asked)
      return session
    },
    again: async (entered, asked) => {
      const session = await sessions.reloadAfterBody(entered)
      requireAllowed(session, asked)
      return session
    },
  }
}
