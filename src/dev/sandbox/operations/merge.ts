/** Two users become one: the survivor takes over what the discarded user had. */
import { type Person, removePerson } from '../people.ts'
import { badRequest, notFound } from '../refusal.ts'
import type { App, Vendor } from '../vendor.ts'
import { type Operation, objectOf, requiredText } from './call.ts'
import { mergedProperties } from './properties.ts'

/** Also the end of a link when the channel belongs to another user. */
export function merge({ switches, emit }: Vendor, app: App, surviving: Person, discarded: Person): void {
  removePerson(app, discarded)
  for (const name of [discarded._id, discarded.userId]) if (name !== undefined) app.mergedInto.set(name, surviving._id)
  for (const [name, into] of app.mergedInto) if (into === discarded._id) app.mergedInto.set(name, surviving._id)

  if (surviving.userId === undefined && discarded.userId !== undefined) {
    surviving.userId = discarded.userId
    app.names.set(discarded.userId, surviving._id)
  }
  const [first, second] = switches.mergeClash === 'discarded' ? [discarded, surviving] : [surviving, discarded]
  for (const name of ['givenName', 'surname', 'email', 'avatarUrl'] as const) surviving[name] = first[name] ?? second[name]
  surviving.properties = mergedProperties(surviving.properties, discarded.properties, switches.mergeClash)
  surviving.clients.push(...discarded.clients)
  surviving.pendingClients.push(...discarded.pendingClients)
  surviving.businessSystems.push(...discarded.businessSystems)
  surviving.conversationStarted ||= discarded.conversationStarted
  surviving.conversation.messages += discarded.conversation.messages
  surviving.conversation.unreadCount += discarded.conversation.unreadCount
  emit(app, 'merge:appUser', (user) => ({ surviving: user(surviving), discarded: [user(discarded)] }))
}

/** By `_id` only; the documents show no userId here, so one finds nobody. */
export const mergeUsers: Operation = ({ vendor, app, content }) => {
  const body = objectOf(content)
  const [survivingId, discardedId] = (['surviving', 'discarded'] as const).map((side) => requiredText(objectOf(body[side], side), '_id'))
  if (survivingId === discardedId) throw badRequest('surviving and discarded are the same user')
  const surviving = app.people.get(survivingId!)
  const discarded = app.people.get(discardedId!)
  if (!surviving || !discarded) throw notFound('user')
  merge(vendor, app, surviving, discarded)
  return 'nothing'
}
