/** The vendor's webhooks: whether it tells this service of what others change. */
import type { App } from '../../config/apps.ts'
import { commandWords } from '../platform/command-words.ts'
import { listWebhooks, pathOf, Refused } from '../webhooks/registered.ts'
import { triggers } from '../webhooks/routes.ts'
import type { Configuration } from './configuration.ts'
import { type Finding, fault, ok, warn } from './finding.ts'

const register = commandWords('webhooks', 'register')

export const checkWebhooks = ({ apps, settings }: Configuration): Promise<Finding[]> =>
  Promise.all(apps.map((app) => lookAt(app, pathOf(settings, app))))

const lookAt = async (app: App, path: string): Promise<Finding> => {
  const of = `of the app ${app.appId}`
  const secrets =
    app.webhookSecret
      ?.reveal()
      .split(',')
      .map((secret) => secret.trim()) ?? []
  const found = await listWebhooks(app).catch(whyNot)
  if (typeof found === 'string') return warn(`the webhooks ${of} cannot be looked at: ${found}`, 'see the line of the vendor')
  const webhook = found.find(({ target }) => URL.parse(target)?.pathname === path)
  if (!webhook && secrets.length === 0)
    return warn(`none ${of}: what others change is seen after 30 s, and a person they delete stays signed in`, register)
  if (!webhook) return fault(`none ${of} leads to ${path}, although a secret is set`, register)
  if (webhook.secret !== undefined && !secrets.includes(webhook.secret))
    return fault(
      `the one ${of} has another secret than SMOOCH_WEBHOOK_SECRET: its deliveries are refused`,
      `set its secret, or delete it and ${register}`,
    )
  const lacks = triggers.filter((trigger) => !webhook.triggers.includes(trigger) && !webhook.triggers.includes('*'))
  if (lacks.length > 0) return warn(`the one ${of} does not tell of ${lacks.join(', ')}`, `delete it and ${register}`)
  return ok(`the one ${of} leads to ${webhook.target}`)
}

const whyNot = (error: unknown): string => (error instanceof Refused ? `the vendor answers ${error.status}` : (error as Error).message)
