/** The YAML files that say in rows what settings say of one: read, checked, with the secrets that they hold or name. */
import { readFileSync } from 'node:fs'
import { parse } from 'yaml'
import type { z } from 'zod'
import { faultIn, inOurWords, readSecretFile, SettingsError } from './load.ts'
import { Secret } from './secret.ts'
import type { SettingName } from './settings.ts'

type FileSetting = 'APPS_FILE' | 'OIDC_PROVIDERS_FILE'

/** Throws SettingsError with all faults at once; `make` may throw an Error for its row. */
export const readRows = <Row, Made>(
  setting: FileSetting,
  path: string,
  rows: z.ZodType<Row[]>,
  nameOf: (row: Row) => string,
  make: (row: Row) => Made,
): Made[] => {
  const fail = (faults: readonly string[]): never => {
    throw new SettingsError(faults.map((fault) => `${setting}: ${fault}`))
  }
  const contentOf = (): unknown => {
    try {
      return parse(readFileSync(path, 'utf8'))
    } catch (error) {
      throw new SettingsError([`${setting} cannot be read: ${(error as Error).message}`])
    }
  }
  const { success, data, error } = rows.safeParse(contentOf(), { error: inOurWords })
  if (!success) return fail(error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`))
  const names = data.map(nameOf)
  const faults = names.filter((name, at) => names.indexOf(name) < at).map((name) => `${name} is there twice`)
  const made = data.flatMap((row) => {
    try {
      return [make(row)]
    } catch (error) {
      faults.push(`${nameOf(row)}: ${(error as Error).message}`)
      return []
    }
  })
  return faults.length > 0 ? fail(faults) : made
}

/** Given in the row itself or in a file that it names; held to the rule of the setting that it stands for. Undefined when it is neither. */
export const secretOf = (stands: SettingName, given: string | undefined, path: string | undefined): Secret | undefined => {
  if (given === undefined && path === undefined) return undefined
  const text = given ?? readSecretFile(path!)
  const fault = faultIn(stands, text)
  if (fault !== undefined) throw new Error(`${path ?? 'a secret'} ${fault}`)
  return new Secret(text)
}
