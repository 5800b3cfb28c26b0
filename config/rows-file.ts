/** YAML files with rows in place of settings: read, checked, with their secrets. */
import type { z } from 'zod'
import { faultOfSetting, inOurWords } from './faults.ts'
import { mustBeSecure, readSecretFile, readText, type SecretFile, SettingsError, unreadable } from './load.ts'
import { Secret } from './secret.ts'
import { isSecure } from './secure-address.ts'
import type { SettingName } from './settings.ts'
import { readYaml, type Yaml } from './yaml-rows.ts'

type FileSetting = 'APPS_FILE' | 'OIDC_PROVIDERS_FILE'

/** Throws SettingsError with all faults and places, no contents; `make` may throw a RowError. */
export const readRows = <Row, Made>(
  setting: FileSetting,
  path: string,
  rows: z.ZodType<Row[]>,
  nameOf: (row: Row) => string,
  make: (row: Row) => Made,
): Made[] => {
  const fail = (faults: readonly string[]): never => {
    throw new SettingsError(faults.map((fault) => `${setting}: ${path}: ${fault}`))
  }
  const textOf = (): string => {
    try {
      return readText(path)
    } catch (error) {
      throw new SettingsError([`${setting} cannot be read: ${unreadable(error)}`])
    }
  }
  const yaml = readYaml(textOf(), fail)
  const { success, data, error } = rows.safeParse(yaml.content, { error: inOurWords })
  if (!success) return fail(error.issues.flatMap((issue) => faultsOf(yaml, issue)))
  const names = data.map(nameOf)
  const faults = names.flatMap((name, at) =>
    names.indexOf(name) < at ? [`${yaml.at([at])}: the same as ${yaml.at([names.indexOf(name)])}`] : [],
  )
  const made = data.flatMap((row, at) => {
    try {
      return [make(row)]
    } catch (error) {
      if (!(error instanceof RowError)) throw error
      faults.push(`${yaml.at([at])}: ${error.message}`)
      return []
    }
  })
  return faults.length > 0 ? fail(faults) : made
}

/** The fault of a row, in our own words. */
class RowError extends Error {}

/** Only missing fields are named: any other word of the file may be a misplaced secret. */
const faultsOf = (yaml: Yaml, issue: z.core.$ZodIssue): string[] => {
  if (issue.code === 'unrecognized_keys') return issue.keys.map((key) => `${yaml.at(issue.path, key)}: no such field`)
  const missing = issue.path.length > 0 && !yaml.has(issue.path)
  return [`${yaml.at(issue.path)}: ${missing ? `${String(issue.path.at(-1))} is missing` : issue.message}`]
}

/** A secret in the row, or in a file that the row names and that is added to `files`; checked by
 * the setting it stands for. Undefined when absent. */
export const secretOf = (
  files: SecretFile[],
  stands: SettingName,
  given: string | undefined,
  path: string | undefined,
): Secret | undefined => {
  if (given === undefined && path === undefined) return undefined
  const text = given ?? readNamed(path!)
  const fault = faultOfSetting(stands, text)
  if (fault !== undefined) throw new RowError(`${given === undefined ? 'the content of a file that it names' : 'a secret'} ${fault}`)
  const secret = new Secret(text)
  if (given === undefined) files.push({ name: stands, path: path!, secret })
  return secret
}

/** Errors do not repeat the name: somebody may have written the secret there. */
const readNamed = (path: string): string => {
  try {
    return readSecretFile(path)
  } catch (error) {
    throw new RowError(`a file that it names cannot be read: ${unreadable(error)}`)
  }
}

/** Throws a RowError in production for an address over plain http. */
export const requireSecure = (production: boolean, field: string, addresses: readonly string[]): void => {
  if (production && !addresses.every(isSecure)) throw new RowError(`${field} ${mustBeSecure}`)
}
