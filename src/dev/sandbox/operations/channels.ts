/** The channels of a user: list them, unlink one, and the outcome of a link. */
import { type Client, newClient, type PendingClient, type Person } from '../people.ts'
import { badRequest, Refusal } from '../refusal.ts'
import type { App, Vendor } from '../vendor.ts'
import { type Operation, subject } from './call.ts'
import { merge } from './merge.ts'

/** Field for the channel's own id of the person. */
const idFields: Record<string, string> = {
  twilio: 'phoneNumber',
  messagebird: 'phoneNumber',
  whatsapp: 'username',
  telegram: 'chatId',
  mailgun: 'address',
  messenger: 'userId',
  viber: 'userId',
  line: 'userId',
  wechat: 'userId',
  twitter: 'userId',
}

export const entityIds: Operation = (call) => {
  const channels = subject(call).clients.flatMap(({ platform, integrationId, externalId }) => {
    const field = idFields[platform]
    return field === undefined ? [] : [{ type: platform, integrationId, [field]: externalId }]
  })
  return { status: 200, body: { channels } }
}

export const businessSystems: Operation = (call) => ({ status: 200, body: { businessSystems: subject(call).businessSystems } })

/** By type: all clients of the type are removed; an SDK's client cannot be. */
export const unlink: Operation = (call) => {
  const { vendor, app, params } = call
  const person = subject(call)
  const channel = params['channel'] ?? ''
  if (['android', 'ios', 'web'].includes(channel)) throw badRequest("Cannot remove a client of type 'sdk'")
  const gone = person.clients.filter(({ platform }) => platform === channel)
  const pending = person.pendingClients.some(({ platform }) => platform === channel)
  if (gone.length === 0 && !pending && vendor.switches.unlinkAbsent === 'not_found') throw new Refusal(404)
  person.clients = person.clients.filter(({ platform }) => platform !== channel)
  person.pendingClients = person.pendingClients.filter(({ platform }) => platform !== channel)
  for (const client of gone) vendor.emit(app, 'client:remove', (user) => ({ appUser: user(person), client }))
  return 'nothing'
}

export function emitLink({ emit }: Vendor, app: App, event: string, person: Person, pending: PendingClient, error?: object): void {
  emit(app, `link:${event}`, (user) => ({
    appUser: user(person, ({ _id }) => ({ _id })),
    channel: pending.platform,
    criteria: pending.criteria,
    ...(error && { error }),
  }))
}

function takePending(person: Person, id: string | undefined): PendingClient | undefined {
  const pending = person.pendingClients.find((it) => id === undefined || it.id === id)
  person.pendingClients = person.pendingClients.filter((it) => it !== pending)
  return pending
}

const holds = (pending: PendingClient) => (client: Client) =>
  client.platform === pending.platform && client.externalId === pending.externalId

/** The person confirms; another user's channel merges that user. False without anything pending. */
export function confirmLink(vendor: Vendor, app: App, person: Person, id?: string): boolean {
  const pending = takePending(person, id)
  if (!pending) return false
  emitLink(vendor, app, 'success', person, pending)
  const other = [...app.people.values()].find((it) => it !== person && it.clients.some(holds(pending)))
  if (other) merge(vendor, app, person, other)
  if (pending.primary) for (const client of person.clients) client.primary = false
  const known = person.clients.find(holds(pending))
  if (known) {
    Object.assign(known, { primary: pending.primary })
    return true
  }
  const { platform, integrationId, externalId, displayName, primary } = pending
  const now = new Date().toISOString()
  const client = newClient({ platform, integrationId, externalId, displayName, primary, lastSeen: now, linkedAt: now })
  person.clients.push(client)
  vendor.emit(app, 'client:add', (user) => ({ appUser: user(person), client }))
  return true
}

export function failLink(vendor: Vendor, app: App, person: Person, { id, message }: { id?: string; message?: string } = {}): boolean {
  const pending = takePending(person, id)
  if (!pending) return false
  emitLink(vendor, app, 'failure', person, pending, { code: 'bad_request', message: message ?? 'The person could not be reached' })
  return true
}
