/** The settings from the environment and NAME_FILE files, by their rows; all faults at once. */
import { readFileSync } from 'node:fs'
import type { z } from 'zod'
import { faultOfSetting } from './faults.ts'
import { Secret } from './secret.ts'
import { isSecure } from './secure-address.ts'
import { type SettingName, settings } from './settings.ts'

type Rows = typeof settings
type Parsed<R> = R extends { schema: infer S extends z.ZodType } ? (R extends { secret: true } ? Secret : z.infer<S>) : never
type Optional<R, V> = R extends { default: string } ? V : V | undefined
/** Settings that `load` guarantees. */
type Needed = 'SESSION_KEYS' | 'SESSION_PEPPERS'
export type Settings = { readonly [N in SettingName]: N extends Needed ? Secret : Optional<Rows[N], Parsed<Rows[N]>> }

/** With plain http, anybody on the way reads the key or answers in place of the server. */
export const mustBeSecure = 'must be https in production, unless it is on this machine'

export interface SecretFile {
  readonly name: SettingName
  readonly path: string
  readonly secret: Secret
}

export interface Loaded {
  readonly settings: Settings
  /** Files of secrets, which may be replaced while the process runs. */
  readonly files: readonly SecretFile[]
  /** Remarks for the start, on settings that work. */
  readonly warnings: readonly string[]
}

export class SettingsError extends Error {
  readonly faults: readonly string[]

  constructor(faults: readonly string[]) {
    super(`The settings have ${faults.length} fault${faults.length === 1 ? '' : 's'}:\n${faults.map((fault) => `  - ${fault}`).join('\n')}`)
    this.name = 'SettingsError'
    this.faults = faults
  }
}

export type Environment = Readonly<Record<string, string | undefined>>

const names = Object.keys(settings) as SettingName[]

/** Throws SettingsError with all faults at once. */
export const load = (env: Environment): Loaded => {
  const { faults, ...loaded } = examine(env)
  if (faults.length > 0) throw new SettingsError(faults)
  return loaded
}

/** A fault begins with the name of its setting, or of its file. */
const settingOf = (fault: string): string => fault.split(' ')[0]!.replace(/_FILE$/, '')

/** What is set and what is wrong; with faults some are missing. Empty counts as absent. */
export const examine = (env: Environment): Loaded & { readonly faults: readonly string[] } => {
  const faults = misspelt(env)
  const warnings: string[] = []
  const files: SecretFile[] = []
  const values: Partial<Record<SettingName, unknown>> = {}

  for (const name of names) {
    const row: Rows[SettingName] = settings[name]
    const isSecret = 'secret' in row
    const path = isSecret ? settingIn(env, `${name}_FILE`) : undefined
    const given = settingIn(env, name)
    let text = given ?? ('default' in row ? row.default : undefined)
    if (path && given) faults.push(`${name} and ${name}_FILE are both set; keep one`)
    if (path) {
      try {
        text = readSecretFile(path)
      } catch (error) {
        faults.push(`${name}_FILE cannot be read: ${unreadable(error)}`)
        continue
      }
    }
    if (text === undefined) continue
    const fault = faultOfSetting(name, text)
    if (fault !== undefined) {
      faults.push(`${name} ${isSecret || mayHoldSecret(text) ? 'is set' : `is "${text}"`}, but ${fault}`)
      continue
    }
    values[name] = isSecret ? new Secret(text) : row.schema.parse(text)
    if (path) files.push({ name, path, secret: values[name] as Secret })
  }

  const loaded = values as Settings
  const whole = [...missing(loaded, alwaysNeeded), ...crossChecks(loaded, warnings)]
  // A value that failed its own check is not also reported as missing.
  faults.push(...whole.filter((fault) => !faults.some((other) => settingOf(other) === settingOf(fault))))
  return { settings: loaded, files, warnings, faults }
}

/** Without white space around it: a secret in a file often ends with a line break. */
const settingIn = (env: Environment, name: string): string | undefined => env[name]?.trim() || undefined

/** A secret may stand in any wrong place. Only passwords in addresses are below 16 characters. */
const mayHoldSecret = (text: string): boolean => text.length >= 16 || text.includes('@') || (text.includes('://') && text.includes('?'))

/** Why a file could not be read, without its name: a secret may stand in place of the name. */
export const unreadable = (error: unknown): string => {
  const { message } = error as Error
  const home = /'~\//.test(message) ? ' (a ~ is not taken for a home folder: write the whole path)' : ''
  return `${message.split(',')[0]}${home}`
}

/** Throws for another encoding: each program would read its bytes as another secret. */
export const readText = (path: string): string => {
  const bytes = readFileSync(path)
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    throw new Error('it is no text in UTF-8; PowerShell writes UTF-16 unless told otherwise')
  }
}

export const readSecretFile = (path: string): string => readText(path).trim()

const alwaysNeeded: readonly Needed[] = ['SESSION_KEYS', 'SESSION_PEPPERS']
const ofEveryApp = ['SMOOCH_BASE_URL', 'SMOOCH_APP_ID'] as const satisfies SettingName[]

const missing = (it: Partial<Settings>, required: readonly SettingName[]): string[] =>
  required.filter((name) => it[name] === undefined).map((name) => `${name} is missing: ${settings[name].about}`)

const anyAddress: ReadonlySet<string> = new Set(['0.0.0.0', '::'])
const overlap = (one: string, other: string): boolean => one === other || anyAddress.has(one) || anyAddress.has(other)

const crossChecks = (it: Settings, warnings: string[]): string[] => {
  const faults: string[] = it.APPS_FILE
    ? []
    : missing(it, it.SMOOCH_AUTH === 'jwt' ? [...ofEveryApp, 'SMOOCH_JWT'] : [...ofEveryApp, 'SMOOCH_KEY_ID', 'SMOOCH_KEY_SECRET'])
  if (it.NODE_ENV === 'production') {
    if (!it.REDIS_URL && !it.IN_PROCESS_STORE)
      faults.push(
        'REDIS_URL is missing: in production sessions live in Redis (or set IN_PROCESS_STORE=on and accept that a restart signs everybody out)',
      )
    if (!it.PUBLIC_ORIGIN?.length) faults.push('PUBLIC_ORIGIN is missing: name the exact origins that browsers use')
    if (it.PUBLIC_ORIGIN?.some((origin) => origin.startsWith('http:'))) faults.push('PUBLIC_ORIGIN must be https in production')
    if (it.STAFF_ORIGIN?.startsWith('http:')) faults.push('STAFF_ORIGIN must be https in production')
    for (const name of ['SMOOCH_BASE_URL', 'OIDC_ISSUER', 'ALERT_WEBHOOK_URL'] as const)
      if (it[name] !== undefined && !isSecure(it[name])) faults.push(`${name} ${mustBeSecure}`)
    if (it.TRUSTED_ISSUERS?.some((pair) => !isSecure(pair.split(' ')[0]!))) faults.push(`TRUSTED_ISSUERS ${mustBeSecure}`)
  }
  if (it.STAFF_ORIGIN && it.PUBLIC_ORIGIN?.includes(it.STAFF_ORIGIN)) faults.push('STAFF_ORIGIN must be another origin than PUBLIC_ORIGIN')
  if (it.STAFF_ORIGIN && !it.APPS_FILE) {
    const scheme = new URL(it.STAFF_ORIGIN).protocol
    if (!it.PUBLIC_ORIGIN?.some((origin) => origin.startsWith(scheme)))
      faults.push('PUBLIC_ORIGIN is missing beside STAFF_ORIGIN: name the origins of customers too, of the same scheme')
  }
  if (it.OIDC_ISSUER && !it.OIDC_PROVIDERS_FILE) {
    const proof = it.OIDC_CLIENT_AUTH === 'private_key_jwt' ? 'OIDC_CLIENT_KEY' : 'OIDC_CLIENT_SECRET'
    faults.push(...missing(it, ['OIDC_CLIENT_ID', proof]))
  }
  if (it.PORT !== 0 && it.PORT === it.PRIVATE_PORT && overlap(it.HOST, it.PRIVATE_HOST))
    faults.push('PRIVATE_PORT is the same as PORT: give the private listener a port of its own')
  if (it.WORKERS > 1 && !it.REDIS_URL)
    faults.push('WORKERS is more than 1, so REDIS_URL is needed: the processes must share their sessions')
  if (!it.REDIS_URL)
    warnings.push('sessions and limits are kept in this process: a restart signs everybody out, and a second process knows nothing of them')
  if (it.ALERT_WEBHOOK_URL && !it.ALERT_WEBHOOK_SECRET)
    faults.push('ALERT_WEBHOOK_SECRET is missing: alerts are signed, so that the receiver can tell who sent them')
  if (it.SMOOCH_KEY_ID?.startsWith('act_'))
    warnings.push('SMOOCH_KEY_ID is an account-scoped key, which could even delete the app; an app-scoped key (app_…) is safer')
  if (Boolean(it.REDIS_CLIENT_CERT) !== Boolean(it.REDIS_CLIENT_KEY)) faults.push('REDIS_CLIENT_CERT and REDIS_CLIENT_KEY go together')
  if (Boolean(it.SMOOCH_KEY_ID_2) !== Boolean(it.SMOOCH_KEY_SECRET_2)) faults.push('SMOOCH_KEY_ID_2 and SMOOCH_KEY_SECRET_2 go together')
  else if (it.SMOOCH_KEY_ID !== undefined && it.SMOOCH_KEY_ID === it.SMOOCH_KEY_ID_2)
    faults.push('SMOOCH_KEY_ID_2 must be another key than SMOOCH_KEY_ID: of two keys with one id the second would never be used')
  return faults
}

/** Variables close to a setting's name: with a misspelt one, the default would be used. */
const misspelt = (env: Environment): string[] => {
  const files = names.map((name) => `${name}_FILE`)
  const known = new Set<string>([...names, ...files])
  return Object.keys(env)
    .filter((name) => !known.has(name))
    .flatMap((name) => {
      const word = name.toUpperCase()
      const near = [...known].find((candidate) => isNear(word, candidate)) ?? names.find((candidate) => isShortened(word, candidate))
      return near ? [`${name} is not a setting; did you mean ${near}?`] : []
    })
}

/** Shorter names (PATH, HOME) are close by chance. */
const isNear = (name: string, known: string): boolean => name.length > 5 && distance(known, name) <= 2

/** First words that are nobody else's; `SESSION` or `SERVICE` alone may be another program's. */
const ours = ['REDIS', 'JOURNAL', 'SMOOCH', 'OIDC']

/** The same words with some left out: DRAIN_DELAY for DRAIN_DELAY_SECONDS. */
const isShortened = (name: string, known: string): boolean => {
  const [words, all] = [name.split('_'), known.split('_')]
  if (words[0] !== all[0] || (words.length === 1 && !ours.includes(name))) return false
  let after = 0
  return words.every((word) => {
    after = all.indexOf(word, after) + 1
    return after > 0
  })
}

/** Levenshtein distance. */
const distance = (a: string, b: string): number => {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++) {
      next[j] = Math.min(row[j]! + 1, next[j - 1]! + 1, row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1))
    }
    row = next
  }
  return row[b.length]!
}
