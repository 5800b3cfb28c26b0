/** What of an answer a caller may see. Built by leaving out, so that fields the vendor adds later still reach the people they are for. */
import type { Caller, Operation } from './operation.ts'
import { isStaff } from './policy.ts'
import type { AnswerOf } from './schemas.ts'

type Client = NonNullable<AnswerOf<'AppUserResponse'>['appUser']['clients']>[number]

/** A device secret: for nobody. */
const forNobody = new Set(['pushNotificationToken'])
// A change to either list needs a new version of the stored copies, in cache/copy.ts.
/** Whatever the channel reported (phone, city, device): for staff. */
const forStaff = new Set(['raw', 'info'])

export const project = (operation: Operation, caller: Caller, body: unknown): unknown => {
  if (operation.returns !== 'AppUserResponse') return body
  const response = body as AnswerOf<'AppUserResponse'>
  const { clients, pendingClients, ...user } = response.appUser
  const visible = (list: Client[]) =>
    list.map((client) =>
      Object.fromEntries(Object.entries(client).filter(([name]) => !forNobody.has(name) && (isStaff(caller) || !forStaff.has(name)))),
    )
  return {
    ...response,
    appUser: { ...user, ...(clients && { clients: visible(clients) }), ...(pendingClients && { pendingClients: visible(pendingClients) }) },
  }
}
