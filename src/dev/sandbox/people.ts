/** A user of an app as the vendor stores and shows it, under two names: `_id` and userId. */
import { randomBytes, randomUUID } from 'node:crypto'

export type Property = string | number | boolean

export interface Client {
  _id: string
  id: string
  platform: string
  integrationId?: string | undefined
  externalId?: string | undefined
  displayName?: string | undefined
  avatarUrl?: string | undefined
  pushNotificationToken?: string | undefined
  status: string
  active: boolean
  primary?: boolean | undefined
  lastSeen?: string | undefined
  linkedAt?: string | undefined
  info: Record<string, unknown>
  raw: Record<string, unknown>
}

/** A link without confirmation; the fields for its client are kept with it, and not shown. */
export interface PendingClient {
  id: string
  platform: string
  displayName: string
  integrationId: string | undefined
  externalId: string
  primary: boolean
  criteria: Record<string, string>
}

export interface Person {
  _id: string
  userId: string | undefined
  givenName: string | undefined
  surname: string | undefined
  email: string | undefined
  avatarUrl: string | undefined
  signedUpAt: string
  conversationStarted: boolean
  clients: Client[]
  pendingClients: PendingClient[]
  properties: Record<string, Property>
  businessSystems: { type: string; [key: string]: unknown }[]
  conversation: { _id: string; unreadCount: number; messages: number }
  deleting: boolean
}

export type NewClient = Partial<Client> & Pick<Client, 'platform'>
export type NewPerson = Partial<Omit<Person, 'clients' | 'pendingClients' | 'conversation' | 'deleting'>> & { clients?: NewClient[] }

export const newId = () => randomBytes(12).toString('hex')

export const newClient = (given: NewClient): Client => ({
  _id: newId(),
  id: randomUUID(),
  integrationId: undefined,
  externalId: undefined,
  displayName: undefined,
  status: 'active',
  active: true,
  lastSeen: new Date().toISOString(),
  info: {},
  raw: {},
  ...given,
})

/** Keys in the order in which they are shown. */
const newPerson = (given: NewPerson): Person => ({
  _id: given._id ?? newId(),
  userId: given.userId,
  givenName: given.givenName,
  surname: given.surname,
  email: given.email,
  avatarUrl: given.avatarUrl,
  signedUpAt: given.signedUpAt ?? new Date().toISOString(),
  conversationStarted: given.conversationStarted ?? false,
  clients: (given.clients ?? []).map(newClient),
  pendingClients: [],
  properties: { ...given.properties },
  businessSystems: [...(given.businessSystems ?? [])],
  conversation: { _id: newId(), unreadCount: 0, messages: 0 },
  deleting: false,
})

type ShownPending = Pick<PendingClient, 'id' | 'platform' | 'displayName'>
export type ShownUser = Omit<Person, 'pendingClients' | 'businessSystems' | 'conversation' | 'deleting'> & {
  pendingClients: ShownPending[]
}

/** A copy in the vendor's shape: no keys without values. */
export function show({ businessSystems: _b, conversation: _c, deleting: _d, properties, ...person }: Person): ShownUser {
  const pendingClients = person.pendingClients.map(({ id, platform, displayName }) => ({ id, platform, displayName }))
  return JSON.parse(JSON.stringify({ ...person, pendingClients, properties }))
}

/** The short form in most webhooks. */
export const truncated = ({ _id, userId, conversationStarted }: Person) => ({
  _id,
  ...(userId !== undefined && { userId }),
  conversationStarted,
})

/** The users of an app. */
export interface Directory {
  readonly people: Map<string, Person>
  /** userId → `_id`. */
  readonly names: Map<string, string>
}

export function addPerson(app: Directory, given: NewPerson): Person {
  const person = newPerson(given)
  app.people.set(person._id, person)
  if (person.userId !== undefined) app.names.set(person.userId, person._id)
  return person
}

/** Also frees the userId, unless a new user has it already. */
export function removePerson(app: Directory, person: Person): void {
  const { _id, userId } = person
  // A deletion completes later, and must not remove a new user of the same name.
  if (app.people.has(_id) && app.people.get(_id) !== person) return
  app.people.delete(_id)
  if (userId !== undefined && app.names.get(userId) === _id) app.names.delete(userId)
}

/** By either name; an `_id` wins over an equal userId. */
export const lookUp = (app: Directory, id: string): Person | undefined => app.people.get(id) ?? app.people.get(app.names.get(id) ?? '')
