/** Who may read the journal in the console. */
import type { Request, Response } from 'express'
import type { Role } from '../contract/operation.ts'
import { Problem } from '../contract/problems.ts'
import { limitCalls } from '../http/rate-limit.ts'
import type { CsrfClass } from '../session/csrf.ts'
import { absenceOf } from '../session/roles.ts'
import type { Session, Sessions } from '../session/sessions.ts'

const readers: readonly Role[] = ['auditor', 'admin']

const forReaders = 'The audit console is for staff with the role auditor or admin.'

export const requireReader = ({ roles, provider }: Session): void => {
  if (roles.some((role) => readers.includes(role))) return
  const why = provider?.absentRoles === undefined ? [] : [absenceOf(provider.absentRoles)]
  throw new Problem('forbidden', { detail: [forReaders, ...why].join(' ') })
}

export const enterReader = async (sessions: Sessions, req: Request, res: Response, csrf: CsrfClass): Promise<Session> => {
  const { session } = await sessions.require(req, { limit: 'reads', csrf, decide: limitCalls(req, res) })
  requireReader(session)
  return session
}
