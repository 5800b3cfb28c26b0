/** Other calls that a key allows at the vendor: an app's webhooks, and deleting the app. */
import { badRequest, notFound } from '../refusal.ts'
import type { App } from '../vendor.ts'
import { newWebhook, triggers, type Webhook } from '../webhooks.ts'
import { type Operation, objectOf, optionalText, requiredText } from './call.ts'

const maxWebhooks = 10

function targetOf(body: Record<string, unknown>): string {
  const target = requiredText(body, 'target')
  if (!/^https?:\/\//.test(target) || !URL.canParse(target)) throw badRequest('target must be an http or https URL')
  return target
}

function triggersOf(given: unknown): string[] {
  if (!Array.isArray(given) || given.length === 0) throw badRequest('triggers is required')
  const unknown = given.find((it) => !triggers.includes(it))
  if (unknown !== undefined) throw badRequest(`triggers: ${String(unknown)} is not a trigger of v1.1`)
  return given
}

/** Probes the target with HEAD first; any answer will do. */
export const createWebhook: Operation = async ({ app, content, probe }) => {
  const body = objectOf(content)
  const target = targetOf(body)
  const secret = optionalText(body, 'secret')
  const webhook = newWebhook({
    target,
    triggers: triggersOf(body['triggers']),
    includeClient: body['includeClient'] === true,
    includeFullAppUser: body['includeFullAppUser'] === true,
    ...(secret !== undefined && { secret }),
  })
  if (app.webhooks.size >= maxWebhooks) throw badRequest(`An app has at most ${maxWebhooks} webhooks`)
  if (!(await probe(target))) throw badRequest('target does not answer')
  app.webhooks.set(webhook._id, webhook)
  return { status: 201, body: { webhook } }
}

export const listWebhooks: Operation = ({ app }) => ({ status: 200, body: { webhooks: [...app.webhooks.values()] } })

function webhookOf(app: App, id: string | undefined): Webhook {
  const webhook = app.webhooks.get(id ?? '')
  if (!webhook) throw notFound('webhook')
  return webhook
}

export const getWebhook: Operation = ({ app, params }) => ({ status: 200, body: { webhook: webhookOf(app, params['webhookId']) } })

export const deleteWebhook: Operation = ({ app, params }) => {
  app.webhooks.delete(webhookOf(app, params['webhookId'])._id)
  return 'nothing'
}

/** At the vendor nothing undoes it; here a reset does. */
export const deleteApp: Operation = ({ app }) => {
  app.deleted = true
  return 'nothing'
}
