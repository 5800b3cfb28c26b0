/** Starts a link: the channel is in `pendingClients` until its person confirms. */
import { randomUUID } from 'node:crypto'
import type { PendingClient } from '../people.ts'
import { badRequest, notFound } from '../refusal.ts'
import type { App } from '../vendor.ts'
import { type Operation, objectOf, optionalText, requiredText, subject, userReply } from './call.ts'
import { confirmLink, emitLink } from './channels.ts'

/** By channel: the field that finds the person, and the kinds of confirmation. */
const linkable: Record<string, { by: 'phoneNumber' | 'address'; confirmations: readonly string[] }> = {
  twilio: { by: 'phoneNumber', confirmations: ['immediate', 'userActivity', 'prompt'] },
  messagebird: { by: 'phoneNumber', confirmations: ['immediate', 'userActivity', 'prompt'] },
  whatsapp: { by: 'phoneNumber', confirmations: ['immediate', 'userActivity', 'prompt'] },
  messenger: { by: 'phoneNumber', confirmations: ['immediate', 'userActivity'] },
  mailgun: { by: 'address', confirmations: ['immediate'] },
}

function externalIdOf(body: Record<string, unknown>, by: 'phoneNumber' | 'address'): string {
  const given = requiredText(body, by)
  if (by === 'address') {
    if (!/^[^\s@]+@[^\s@]+$/.test(given)) throw badRequest('address must be an e-mail address')
    return given
  }
  if (!/^\+[0-9][0-9 ()\-.]*$/.test(given)) throw badRequest('phoneNumber must start with + and the country code')
  return given.replace(/[ ()\-.]/g, '')
}

/** A confirmation message, text or image with links, is no part of the conversation. */
function checkMessage(given: unknown): void {
  const message = objectOf(given, 'confirmation.message')
  requiredText(message, 'role')
  if (!['text', 'image'].includes(requiredText(message, 'type'))) throw badRequest('confirmation.message must be text or image')
  const actions = message['actions'] ?? []
  if (!Array.isArray(actions) || actions.some((action) => objectOf(action, 'action')['type'] !== 'link')) {
    throw badRequest('confirmation.message may only have actions of type link')
  }
}

function checkConfirmation(type: string, confirmations: readonly string[], given: unknown): void {
  const confirmation = objectOf(given, 'confirmation')
  const how = requiredText(confirmation, 'type')
  if (!confirmations.includes(how)) throw badRequest(`confirmation.type of ${type} must be ${confirmations.join(' or ')}`)
  if (confirmation['message'] !== undefined) checkMessage(confirmation['message'])
  else if (how === 'userActivity' || type === 'messenger') throw badRequest('confirmation.message is required')
}

function integrationOf(app: App, type: string, given: string | undefined): string | undefined {
  if (given === undefined) return [...app.integrations].find(([, its]) => its === type)?.[0]
  const its = app.integrations.get(given)
  if (its === undefined) throw notFound('integration')
  if (its !== type) throw badRequest(`integrationId is not of type ${type}`)
  return given
}

function pendingOf(app: App, body: Record<string, unknown>): PendingClient {
  const type = requiredText(body, 'type')
  const channel = Object.hasOwn(linkable, type) ? linkable[type] : undefined
  if (!channel) throw badRequest(`type must be one of ${Object.keys(linkable).join(', ')}`)
  const externalId = externalIdOf(body, channel.by)
  checkConfirmation(type, channel.confirmations, body['confirmation'])
  const names = ['givenName', 'surname'].flatMap((name) => {
    const value = optionalText(body, name)
    return value === undefined ? [] : [[name, value]]
  })
  return {
    id: randomUUID(),
    platform: type,
    displayName: externalId,
    integrationId: integrationOf(app, type, optionalText(body, 'integrationId')),
    externalId,
    primary: body['primary'] !== false,
    criteria: { [channel.by]: externalId, ...Object.fromEntries(names) },
  }
}

export const link: Operation = (call) => {
  const { vendor, app } = call
  const person = subject(call)
  const pending = pendingOf(app, objectOf(call.content))
  const sameChannel = (it: PendingClient) => it.platform === pending.platform && it.externalId === pending.externalId
  person.pendingClients = [...person.pendingClients.filter((it) => !sameChannel(it)), pending]
  emitLink(vendor, app, 'match', person, pending)
  const { confirmLinksAfter } = vendor.switches
  if (confirmLinksAfter !== 'never') {
    vendor.later(confirmLinksAfter, () => {
      // Not for a user who was deleted or merged away meanwhile.
      if (app.people.get(person._id) === person) confirmLink(vendor, app, person, pending.id)
    })
  }
  return userReply(person)
}
