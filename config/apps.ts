/** The apps that are served: one from the SMOOCH_ settings, or several from APPS_FILE. */
import { z } from 'zod'
import type { SecretFile, Settings } from './load.ts'
import { readRows, requireSecure, secretOf } from './rows-file.ts'
import type { Secret } from './secret.ts'
import { settings as rows } from './settings.ts'

export interface UpstreamKey {
  readonly id: string
  /** The key's secret; for `jwt` the token itself. */
  readonly secret: Secret
}

export interface UpstreamApp {
  readonly appId: string
  /** May hold a path prefix. */
  readonly baseUrl: string
  readonly auth: 'signed' | 'basic' | 'jwt'
  /** One key, or two during a change. */
  readonly keys: readonly UpstreamKey[]
}

export interface App extends UpstreamApp {
  /** Exact origins of this app's front ends; empty: PUBLIC_ORIGIN. */
  readonly origins: readonly string[]
  readonly webhookSecret?: Secret | undefined
}

const key = z
  .strictObject({ id: z.string().min(1), secret: z.string().optional(), secretFile: z.string().optional() })
  .refine((it) => Boolean(it.secret) !== Boolean(it.secretFile), 'needs secret or secretFile')
const rowsOf = z
  .array(
    z.strictObject({
      appId: rows.SMOOCH_APP_ID.schema,
      baseUrl: rows.SMOOCH_BASE_URL.schema,
      auth: rows.SMOOCH_AUTH.schema.default('signed'),
      // Refused: the second of two keys with one id would never be used.
      keys: z
        .array(key)
        .min(1)
        .max(2)
        .refine((list) => new Set(list.map(({ id }) => id)).size === list.length, 'must have an id of its own each'),
      origins: z
        .array(z.string())
        .transform((list) => list.join(','))
        .pipe(rows.PUBLIC_ORIGIN.schema)
        .optional(),
      webhookSecret: z.string().optional(),
      webhookSecretFile: z.string().optional(),
    }),
  )
  .min(1)

/** Adds the files of its secrets to `files`. Throws SettingsError. */
export const loadApps = (settings: Settings, files: SecretFile[] = []): App[] =>
  settings.APPS_FILE
    ? readRows('APPS_FILE', settings.APPS_FILE, rowsOf, ({ appId }) => appId, appFrom(settings.NODE_ENV === 'production', files))
    : [appFromSettings(settings)]

/** Complete for its way of signing: `load` has checked that. */
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

const appFrom =
  (production: boolean, files: SecretFile[]) =>
  ({ keys, origins = [], webhookSecret, webhookSecretFile, ...app }: z.infer<typeof rowsOf>[number]): App => {
    requireSecure(production, 'baseUrl', [app.baseUrl])
    requireSecure(production, 'origins', origins)
    return {
      ...app,
      webhookSecret: secretOf(files, 'SMOOCH_WEBHOOK_SECRET', webhookSecret, webhookSecretFile),
      origins,
      keys: keys.map(({ id, secret, secretFile }) => ({ id, secret: secretOf(files, 'SMOOCH_KEY_SECRET', secret, secretFile)! })),
    }
  }
