/** The least settings with which the service starts, and the faults of others. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach } from '@jest/globals'
import { load, type SettingsError } from '../../config/load.ts'
import { canaryKey } from '../support/canaries.ts'

export const least = {
  SMOOCH_BASE_URL: 'https://acme.zendesk.com/sc',
  SMOOCH_APP_ID: '69f0100f2a3b4c5d6e7f8091',
  SMOOCH_KEY_ID: 'app_1',
  SMOOCH_KEY_SECRET: canaryKey,
  SESSION_KEYS: `k1:${'a'.repeat(32)}`,
  SESSION_PEPPERS: `p1:${'b'.repeat(32)}`,
}

export const faultsOf = (env: Record<string, string>): readonly string[] => {
  try {
    load(env)
    return []
  } catch (error) {
    return (error as SettingsError).faults
  }
}

/** The path of a file in a folder that each test has for itself. */
export const folderPerTest = (): ((...names: string[]) => string) => {
  let folder: string
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'bff-config-'))
  })
  afterEach(() => rmSync(folder, { recursive: true }))
  return (...names) => join(folder, ...names)
}
