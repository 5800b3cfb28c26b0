/** All that is configured (settings, apps, providers), with every fault of all of it at once. */
import { createPrivateKey } from 'node:crypto'
import { type App, loadApps } from '../../config/apps.ts'
import { type Environment, examine, type Loaded, SettingsError } from '../../config/load.ts'
import { loadProviders, type Provider } from '../../config/providers.ts'
import { all } from '../contract/operations.ts'
import { secretsOf } from '../gateway/journal.ts'
import { faultsOfKeys } from '../journal/store/open.ts'
import { applyCallerOverrides } from '../policy/caller-overrides.ts'

export interface Configuration extends Loaded {
  readonly apps: readonly App[]
  readonly providers: readonly Provider[]
}

/** Throws SettingsError. */
export const loadConfiguration = (env: Environment): Configuration => {
  const { settings, files: ofSettings, warnings, faults: ofRows } = examine(env)
  const files = [...ofSettings]
  const faults = [...ofRows]
  const gather = <T>(read: () => T[]): T[] => {
    try {
      return read()
    } catch (error) {
      faults.push(...faultsIn(error))
      return []
    }
  }
  // What stands in a file of its own is looked at whatever the settings lack.
  const isWhole = ofRows.length === 0
  const apps = settings.APPS_FILE || isWhole ? gather(() => loadApps(settings, files)) : []
  const providers = settings.OIDC_PROVIDERS_FILE || isWhole ? gather(() => loadProviders(settings, files)) : []
  gather(() => applyCallerOverrides(all, settings.OPERATION_CALLERS ?? ''))
  if (settings.JOURNAL_URL) faults.push(...faultsOfKeys(settings.JOURNAL_URL.reveal(), secretsOf(settings)))
  faults.push(...providers.flatMap(clientKeyFault))
  if (faults.length > 0) throw new SettingsError(faults)
  return { settings, files, warnings, apps, providers }
}

const faultsIn = (error: unknown): readonly string[] => {
  if (error instanceof SettingsError) return error.faults
  if (error instanceof Error) return [error.message]
  throw error
}

const clientKeyFault = ({ id, client }: Provider): string[] => {
  if (!client?.key) return []
  try {
    createPrivateKey(client.key.reveal())
    return []
  } catch {
    return [`OIDC_CLIENT_KEY is set (provider ${id}), but cannot be read as a private key in PEM`]
  }
}
