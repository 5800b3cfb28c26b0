/** `npm run webhooks -- register [address] | list | delete <id>`, and `--app <id>` when several
 * apps are served: the vendor's webhooks, from the command line. */
import { parseArgs } from 'node:util'
import type { App } from '../../config/apps.ts'
import { mustBeSecure, type Settings } from '../../config/load.ts'
import { isSecure } from '../../config/secure-address.ts'
import { looksLikeSmoochId } from '../contract/ids.ts'
import { commandWords } from '../platform/command-words.ts'
import { createWebhook, deleteWebhook, listWebhooks, pathOf } from './registered.ts'
import { triggers } from './routes.ts'

const addressOf = (settings: Settings, app: App): string => {
  const origin = app.origins[0] ?? settings.PUBLIC_ORIGIN?.[0]
  if (!origin) throw new Error('PUBLIC_ORIGIN is not set, so say at which address the vendor reaches this service: register https://…')
  return `${origin}${pathOf(settings, app)}`
}

export const usage = `usage: ${commandWords('webhooks', 'register [address] | list | delete <id>   [--app <id>]')}`

export type Say = (line: string) => void

/** What Node says of a flag that it does not know is about quoting. */
const parse = (words: readonly string[]) => {
  try {
    return parseArgs({ args: [...words], options: { app: { type: 'string', multiple: true } }, allowPositionals: true })
  } catch (error) {
    throw new Error(`${(error as Error).message.split('.')[0]}; ${usage}`)
  }
}

/** Throws with one sentence when it cannot be done. */
export const webhooks = async (words: readonly string[], settings: Settings, apps: readonly App[], say: Say): Promise<void> => {
  const { values, positionals } = parse(words)
  const [command = '', given, ...more] = positionals
  if (values.app !== undefined && values.app.length > 1) throw new Error('--app is there twice')
  const id = values.app?.[0]
  const app = id === undefined && apps.length === 1 ? apps[0] : apps.find(({ appId }) => appId === id)
  if (!app) throw new Error(`name one of the apps with --app: ${apps.map(({ appId }) => appId).join(', ')}`)
  const unasked = command === 'list' ? given : more[0]
  if (unasked !== undefined) throw new Error(`unexpected argument "${unasked}"; ${usage}`)

  if (command === 'list') {
    for (const { _id, target, triggers } of await listWebhooks(app)) say(`${_id}  ${target}  ${triggers.join(' ')}`)
  } else if (command === 'register') {
    const target = given ?? addressOf(settings, app)
    if (!/^https?:$/.test(URL.parse(target)?.protocol ?? ''))
      throw new Error('the address of the webhook must begin with https:// or http://')
    if (settings.NODE_ENV === 'production' && !isSecure(target)) throw new Error(`the address of the webhook ${mustBeSecure}`)
    // Ids grow, so that of several commands at once each finds the same one first.
    const first = async () => (await listWebhooks(app)).flatMap((it) => (it.target === target ? [it._id] : [])).sort()[0]
    const already = (id: string): void => {
      say(`${id} is registered for ${target} already`)
      say(`Its secret was shown then and is no more: if nobody has it, ${commandWords('webhooks', `delete ${id}`)}, and register again`)
    }
    const there = await first()
    if (there !== undefined) return already(there)
    const webhook = await createWebhook(app, target, triggers)
    const kept = (await first()) ?? webhook._id
    if (kept !== webhook._id) {
      await deleteWebhook(app, webhook._id)
      return already(kept)
    }
    say(`${webhook._id} registered for ${target}`)
    // Printed once, when it can be learnt; whoever runs this holds the key of the app anyway.
    if (webhook.secret) say(`Set SMOOCH_WEBHOOK_SECRET=${webhook.secret}`)
  } else if (command === 'delete' && given !== undefined) {
    if (!looksLikeSmoochId(given))
      throw new Error(`"${given}" is not the id of a webhook; ${commandWords('webhooks', 'list')} shows the ids`)
    await deleteWebhook(app, given)
    say(`${given} deleted`)
  } else throw new Error(usage)
}
