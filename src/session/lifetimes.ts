/** TABLE: lifetimes of sessions by kind and holder. */
import type { Role } from '../contract/operation.ts'
import type { Kind } from './credentials/token.ts'
import type { Lifetime } from './issue.ts'
import { isStaffRole } from './roles.ts'

const minutes = 60_000
const hours = 60 * minutes
const days = 24 * hours

interface Limits {
  readonly idleMs: number
  /** The absolute lifetime when the mint asks for none. */
  readonly defaultMs: number
  readonly maxMs: number
}

// biome-ignore format: a table is read down its columns
const lifetimes: Record<Kind, Record<'user' | 'staff', Limits>> = {
  cookie:  { user:  { idleMs: 30 * minutes, defaultMs: 12 * hours,   maxMs: 12 * hours },
             staff: { idleMs: 15 * minutes, defaultMs:  8 * hours,   maxMs:  8 * hours } },
  bearer:  { user:  { idleMs: 12 * hours,   defaultMs: 15 * minutes, maxMs: 12 * hours },
             staff: { idleMs:  8 * hours,   defaultMs: 15 * minutes, maxMs:  8 * hours } },
  service: { user:  { idleMs: 90 * days,    defaultMs: 30 * days,    maxMs: 90 * days },
             staff: { idleMs: 90 * days,    defaultMs: 30 * days,    maxMs: 90 * days } },
}

/** The lifetime of a new session, and the longest that may be asked for (`maxSeconds`). */
export const lifetimeOf = (kind: Kind, roles: readonly Role[], ttlSeconds?: number): { lifetime: Lifetime; maxSeconds: number } => {
  const { idleMs, defaultMs, maxMs } = lifetimes[kind][roles.some(isStaffRole) ? 'staff' : 'user']
  return { lifetime: { idleMs, absoluteMs: ttlSeconds === undefined ? defaultMs : ttlSeconds * 1000 }, maxSeconds: maxMs / 1000 }
}

/** The lifetime of a refresh family; its access sessions live as long as bearer sessions. */
export const familyLifetimeOf = (roles: readonly Role[]): Lifetime & { accessMs: number } => {
  const staff = roles.some(isStaffRole)
  const accessMs = lifetimes.bearer[staff ? 'staff' : 'user'].defaultMs
  return staff ? { idleMs: 8 * hours, absoluteMs: 8 * hours, accessMs } : { idleMs: 14 * days, absoluteMs: 30 * days, accessMs }
}

/** For so long a used refresh token gets the same answer again: clients on bad networks repeat. */
export const refreshGraceMs = 20_000
