/** All secrets that are in use, by the name of the setting that gives them. */
import type { App } from './apps.ts'
import type { Settings } from './load.ts'
import type { Provider } from './providers.ts'
import { Secret } from './secret.ts'

export type SecretsInUse = Readonly<Record<string, readonly string[]>>

const revealed = (secrets: readonly (Secret | undefined)[]): string[] => secrets.map((secret) => secret?.reveal() ?? '')

/** Present values; files may replace them. Not to be kept. */
export const secretsInUse = (settings: Settings, apps: readonly App[], providers: readonly Provider[]): SecretsInUse => ({
  ...Object.fromEntries(Object.entries(settings).flatMap(([name, value]) => (value instanceof Secret ? [[name, [value.reveal()]]] : []))),
  ...(settings.APPS_FILE && {
    APPS_FILE: apps.flatMap(({ appId, keys, webhookSecret }) => [
      appId,
      ...keys.flatMap(({ id, secret }) => [id, secret.reveal()]),
      ...revealed([webhookSecret]),
    ]),
  }),
  ...(settings.OIDC_PROVIDERS_FILE && {
    OIDC_PROVIDERS_FILE: providers.flatMap(({ id, client }) => [id, ...revealed([client?.secret, client?.key])]),
  }),
})
