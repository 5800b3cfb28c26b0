/** The apps that are served: one from the SMOOCH_ settings, or several from APPS_FILE. */
import { readFileSync } from 'node:fs'
import { parse } from 'yaml'
import { z } from 'zod'
import type { UpstreamApp } from '../src/upstream/client.ts'
import { faultIn, inOurWords, readSecretFile, type Settings, SettingsError } from './load.ts'
import { Secret } from './secret.ts'
import { settings as rows } from './settings.ts'

export interface App extends UpstreamApp {
  /** Exact origins of this app's front ends; empty: PUBLIC_ORIGIN. */
  readonly origins: readonly string[]
  readonly webhookSecret?: Secret | undefined
}

const key = z
  .strictObject({ id: z.string().min(1), secret: z.string().optional(), secretFile: z.string().optional() })
  .refine((it) => Boolean(it.secret) !== Boolean(it.secretFile), 'needs secret or secretFile')
const file = z.array(
  z.strictObject({
    appId: rows.SMOOCH_APP_ID.schema,
    baseUrl: rows.SMOOCH_BASE_URL.schema,
    auth: rows.SMOOCH_AUTH.schema.default('signed'),
    keys: z.array(key).min(1).max(2),
    origins: z
      .array(z.string())
      .transform((list) => list.join(','))
      .pipe(rows.PUBLIC_ORIGIN.schema)
      .optional(),
    webhookSecret: z.string().optional(),
    webhookSecretFile: z.string().optional(),
  }),
)

export const loadApps = (settings: Settings): App[] => (settings.APPS_FILE ? appsFromFile(settings.APPS_FILE) : [appFromSettings(settings)])

/** `load` has made sure that what its way of signing needs is there. */
const appFromSettings = (it: Settings): App => {
  const keys = [{ id: it.SMOOCH_KEY_ID ?? 'jwt', secret: (it.SMOOCH_AUTH === 'jwt' ? it.SMOOCH_JWT : it.SMOOCH_KEY_SECRET)! }]
  if (it.SMOOCH_KEY_ID_2 && it.SMOOCH_KEY_SECRET_2) keys.push({ id: it.SMOOCH_KEY_ID_2, secret: it.SMOOCH_KEY_SECRET_2 })
  return {
    appId: it.SMOOCH_APP_ID!,
    baseUrl: it.SMOOCH_BASE_URL!,
    auth: it.SMOOCH_AUTH,
    keys,
    origins: [],
    webhookSecret: it.SMOOCH_WEBHOOK_SECRET,
  }
}

/** Given in the file itself or in one that it names; held to the rule of the setting that it stands for. */
const secretOf = (name: 'SMOOCH_KEY_SECRET' | 'SMOOCH_WEBHOOK_SECRET', given: string | undefined, path: string | undefined): Secret => {
  const text = given ?? readSecretFile(path!)
  const fault = faultIn(name, text)
  if (fault !== undefined) throw new Error(`${path ?? 'a secret'} ${fault}`)
  return new Secret(text)
}

const appFrom = ({ keys, origins, webhookSecret, webhookSecretFile, ...app }: z.infer<typeof file>[number]): App => ({
  ...app,
  ...((webhookSecret ?? webhookSecretFile) !== undefined && {
    webhookSecret: secretOf('SMOOCH_WEBHOOK_SECRET', webhookSecret, webhookSecretFile),
  }),
  origins: origins ?? [],
  keys: keys.map(({ id, secret, secretFile }) => ({ id, secret: secretOf('SMOOCH_KEY_SECRET', secret, secretFile) })),
})

const appsFromFile = (path: string): App[] => {
  let content: unknown
  try {
    content = parse(readFileSync(path, 'utf8'))
  } catch (error) {
    throw new SettingsError([`APPS_FILE cannot be read: ${(error as Error).message}`])
  }
  const parsed = file.safeParse(content, { error: inOurWords })
  if (!parsed.success) throw new SettingsError(parsed.error.issues.map((issue) => `APPS_FILE: ${issue.path.join('.')}: ${issue.message}`))
  const ids = parsed.data.map(({ appId }) => appId)
  const faults = ids.filter((id, at) => ids.indexOf(id) < at).map((id) => `APPS_FILE: ${id} is there twice`)
  const apps = parsed.data.flatMap((app) => {
    try {
      return [appFrom(app)]
    } catch (error) {
      faults.push(`APPS_FILE: ${app.appId}: ${(error as Error).message}`)
      return []
    }
  })
  if (faults.length > 0) throw new SettingsError(faults)
  return apps
}
