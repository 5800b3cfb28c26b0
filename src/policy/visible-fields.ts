/** The projection of an answer: the part that a caller may see. Built by leaving out, so that new
 * fields of the vendor still arrive. */

import { returnsUser } from '../contract/answers.ts'
import type { Caller, Operation } from '../contract/operation.ts'
import type { Identified } from '../contract/schemas.ts'
import { isRaw } from '../platform/exact-json.ts'
import { isStaff } from './decide.ts'

/** Device secrets: for nobody. */
const forNobody = new Set(['pushNotificationToken'])
// A change to either list needs a new version of the stored entries, in cache/entry.ts.
/** Device secrets, and whatever the channel reported (phone, city, device): for staff. */
const forStaff = new Set([...forNobody, 'raw', 'info'])

export const project = (operation: Operation, caller: Caller, body: unknown): unknown =>
  returnsUser(operation) ? withoutOf(body as Identified, isStaff(caller) ? forNobody : forStaff) : body

export const withoutDeviceSecrets = (body: Identified): Identified => withoutOf(body, forNobody)

/** In whatever the vendor says of the user, since lists that no document names may hold devices
 * too; `properties` alone are names of the business's own. */
const withoutOf = (body: Identified, hidden: ReadonlySet<string>): Identified => {
  const shown: Record<string, unknown> = {}
  for (const [name, value] of Object.entries(body.appUser))
    if (!hidden.has(name)) setOwn(shown, name, name === 'properties' ? value : without(value, hidden))
  return { ...body, appUser: shown as Identified['appUser'] }
}

/** At every depth: the vendor promises no flat list of clients. By a loop, which takes a quarter of
 * the time of lists of pairs. */
const without = (value: unknown, hidden: ReadonlySet<string>): unknown => {
  if (Array.isArray(value)) return value.map((each) => without(each, hidden))
  if (typeof value !== 'object' || value === null || isRaw(value)) return value
  const shown: Record<string, unknown> = {}
  for (const [name, each] of Object.entries(value)) if (!hidden.has(name)) setOwn(shown, name, without(each, hidden))
  return shown
}

/** Also of a name that would otherwise set the prototype. */
const setOwn = (of: Record<string, unknown>, name: string, value: unknown): void => {
  if (name === '__proto__') Object.defineProperty(of, name, { value, enumerable: true })
  else of[name] = value
}
