/** Create, read, change, clear and delete a user. */
import { addPerson, type Person, removePerson } from '../people.ts'
import { badRequest, Refusal } from '../refusal.ts'
import { type Operation, objectOf, optionalText, requiredText, subject, userReply } from './call.ts'
import { withProperties } from './properties.ts'

const profile = ['givenName', 'surname', 'email', 'avatarUrl'] as const

function dateOf(given: string | undefined): string | undefined {
  if (given === undefined) return undefined
  const time = /^\d{4}-\d\d-\d\d(T|$)/.test(given) ? Date.parse(given) : Number.NaN
  if (Number.isNaN(time)) throw badRequest('signedUpAt must be an ISO 8601 date')
  return new Date(time).toISOString()
}

export const preCreate: Operation = ({ app, content }) => {
  const body = objectOf(content)
  const userId = requiredText(body, 'userId')
  const fields = Object.fromEntries(profile.map((name) => [name, optionalText(body, name)]))
  const signedUpAt = dateOf(optionalText(body, 'signedUpAt')) ?? new Date().toISOString()
  const properties = withProperties({}, body['properties'] ?? undefined, 'clear')
  if (app.names.has(userId)) throw new Refusal(409, { description: 'User already exists' })
  return userReply(addPerson(app, { ...fields, userId, signedUpAt, properties }), 201)
}

export const get: Operation = (call) => userReply(subject(call))

/** Adds in spite of the verb PUT: fields that are not named keep their values. */
export const update: Operation = (call) => {
  const person = subject(call)
  const body = objectOf(call.content)
  const { nullInUpdate } = call.vendor.switches
  const changes: Partial<Person> = {}
  for (const name of profile) {
    if (body[name] === undefined) continue
    if (body[name] === null && nullInUpdate === 'refuse') throw badRequest(`${name} must be a string`)
    changes[name] = optionalText(body, name)
  }
  const signedUpAt = dateOf(optionalText(body, 'signedUpAt'))
  if (signedUpAt !== undefined) changes.signedUpAt = signedUpAt
  changes.properties = withProperties(person.properties, body['properties'] ?? undefined, nullInUpdate)
  // All checks come before the first change.
  return userReply(Object.assign(person, changes))
}

export const clearProfile: Operation = (call) => {
  const person = subject(call)
  for (const name of profile) person[name] = undefined
  person.properties = {}
  for (const client of person.clients) Object.assign(client, { displayName: undefined, avatarUrl: undefined, info: {}, raw: {} })
  return userReply(person)
}

/** Answered at once, completed when the webhook fires. */
export const remove: Operation = (call) => {
  const { vendor, app } = call
  const person = subject(call)
  if (person.deleting) return 'nothing'
  person.deleting = true
  if (vendor.switches.whileDeleting === 'gone') removePerson(app, person)
  vendor.later(vendor.switches.deletionTakes, () => {
    removePerson(app, person)
    vendor.emit(app, 'appUser:delete', (user) => ({ appUser: user(person) }))
  })
  return 'nothing'
}
