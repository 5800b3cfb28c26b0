/** The opening of the journal at an address: `sqlite:PATH` or `postgres://…`. A local file has its
 * own keys; a shared database must be given them. */
import { hash, randomBytes } from 'node:crypto'
import { existsSync, linkSync, mkdirSync, readFileSync, realpathSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { postgresHosts } from '../../platform/postgres-address.ts'
import { newId } from '../event/event.ts'
import { createSealer, type Sealer } from '../event/seal.ts'
import { newSigningKey, signingKey } from '../log/checkpoint.ts'
import { deferredStore } from './deferred-store.ts'
import type { Store, StoreOptions } from './journal-store.ts'
import { openPostgres } from './postgres/store.ts'
import { openSqlite } from './sqlite/store.ts'

export interface Secrets {
  /** The first signs, the others are former keys. PEM, or 32 bytes as base64 or hex. */
  readonly signing?: readonly string[]
  /** The first seals, the others are former keys. At least 32 bytes. */
  readonly sealing?: readonly string[]
}

export interface Keys {
  readonly keys: StoreOptions['keys']
  readonly sealer: Sealer
}

const pathOf = (url: string): string | undefined => (url.startsWith('sqlite:') ? resolve(url.slice('sqlite:'.length)) : undefined)

/** Decoded when it looks like 32 bytes in base64 or hex; else the text itself. */
function sealingSecret(text: string): Buffer {
  const trimmed = text.trim()
  if (/^[0-9a-f]{64}$/i.test(trimmed)) return Buffer.from(trimmed, 'hex')
  const decoded = Buffer.from(trimmed, 'base64')
  return decoded.length >= 32 && decoded.toString('base64') === trimmed ? decoded : Buffer.from(trimmed)
}

/** A key file beside the journal, for its owner; made with a new journal alone. */
function keyBeside(path: string, kind: 'signing' | 'sealing', make: () => string): string {
  const file = `${path}.${kind}-key`
  // Looked at first: another process that starts makes its keys, then the journal.
  const hasJournal = isThere(path)
  if (!existsSync(file)) {
    if (hasJournal)
      throw new Error(`${path} is there, but its ${kind} key ${file} is not: put it back, or give JOURNAL_${kind.toUpperCase()}_KEY`)
    // By chance: in containers that share a volume the processes have the same ids.
    const own = `${file}-${randomBytes(6).toString('hex')}`
    try {
      mkdirSync(dirname(file), { recursive: true, mode: 0o700 })
      writeFileSync(own, make(), { mode: 0o600, flag: 'wx', flush: true })
    } catch (cause) {
      throw new Error(`JOURNAL_URL puts the journal into ${dirname(file)}, where nothing can be written`, { cause })
    }
    try {
      // Atomic: another process may make the key at the same moment, and both must use one.
      linkSync(own, file)
    } catch (error) {
      if (!existsSync(file)) throw error
    } finally {
      rmSync(own)
    }
  }
  return readFileSync(file, 'utf8')
}

const isThere = (path: string): boolean => (statSync(path, { throwIfNoEntry: false })?.size ?? 0) > 0

/** Keys in one text, separated by commas, or PEM blocks in a row. */
export const keyList = (text: string): string[] =>
  text
    .split(/,|(?<=-----END [^-]+-----)/)
    .map((key) => key.trim())
    .filter((key) => key !== '')

export function keysOf(url: string, { signing = [], sealing = [] }: Secrets): Keys {
  const path = pathOf(url)
  if (path !== undefined && statSync(path, { throwIfNoEntry: false })?.isDirectory())
    throw new Error(`JOURNAL_URL names the folder ${path}, not a file: try sqlite:${join(path, 'journal.db')}`)
  if (path === undefined && (signing.length === 0 || sealing.length === 0))
    throw new Error('a shared journal needs JOURNAL_SIGNING_KEY and JOURNAL_SEALING_KEY (or each as _FILE): every replica the same')
  const [signs, seals] = [
    signing.length > 0 ? signing : [keyBeside(path!, 'signing', newSigningKey)],
    sealing.length > 0 ? sealing : [keyBeside(path!, 'sealing', () => `${randomBytes(32).toString('base64')}\n`)],
  ]
  return { keys: signs.map(signingKey), sealer: createSealer(seals.map(sealingSecret)) }
}

/** What is wrong with the keys that are given; nothing is made and nothing repeated. */
export function faultsOfKeys(url: string, { signing = [], sealing = [] }: Secrets): string[] {
  const faults: string[] = []
  if (pathOf(url) === undefined)
    for (const [name, given] of [['JOURNAL_SIGNING_KEY', signing] as const, ['JOURNAL_SEALING_KEY', sealing] as const])
      if (given.length === 0) faults.push(`${name} is missing: a shared journal needs it, every replica the same`)
  if (!signing.every(isSigningKey)) faults.push('JOURNAL_SIGNING_KEY is set, but must be Ed25519 keys: PEM, or 32 bytes as base64 or hex')
  if (!sealing.every((key) => sealingSecret(key).length >= 32))
    faults.push('JOURNAL_SEALING_KEY is set, but each of its keys must have at least 32 bytes')
  return faults
}

const isSigningKey = (text: string): boolean => {
  try {
    return signingKey(text).asymmetricKeyType === 'ed25519'
  } catch {
    return false
  }
}

/** Throws when a file is not there: an empty journal of a misspelt path would be called intact. */
export function requireJournal(url: string): void {
  const path = pathOf(url)
  if (path !== undefined && !isThere(path))
    throw new Error(
      `there is no journal at ${path}${existsSync(path) ? ', the file is empty' : ''}: the service makes it at its first start; JOURNAL_URL names another`,
    )
}

/** Identity of the place, however its address is written: file or database; and the apps. */
export function locationOf(url: string, apps = ''): string {
  const path = pathOf(url)
  const place =
    path === undefined ? `postgres ${databaseOf(new URL(postgresHosts(url)[0]!))}` : existsSync(path) ? realpathSync(path) : path
  return hash('sha256', `${place} ${apps}`, 'base64url')
}

/** Without a name, the database is the user's. The host is left out, since it has many names. */
const databaseOf = ({ pathname, username }: URL): string => decodeURIComponent(pathname.slice(1) || username)

interface Manner {
  /** In PostgreSQL: create a journal if there is none. */
  readonly make?: boolean
  readonly readOnly?: boolean
  readonly threads?: boolean
  /** Serve without a store that is away until it is there. */
  readonly deferred?: boolean
  readonly selectMs?: number
}

/** TABLE: who opens a journal, and how. */
const manners = {
  // Its queries end before a guarded call has waited too long: one that hangs delays no other.
  service: { make: true, threads: true, deferred: true, selectMs: 1_500 },
  init: { make: true, threads: false },
  tool: { make: false, threads: false },
  reader: { make: false, threads: false, readOnly: true },
} as const satisfies Record<string, Manner>

interface OpenStore extends Keys {
  readonly store: Store
  /** Name of this opening in liveness locks. */
  readonly instance: string
}

/** The one way to open a journal: for `service`, at its address and with its keys. */
export async function openFor(
  who: keyof typeof manners,
  url: string,
  secrets: Secrets,
  hooks: Pick<StoreOptions, 'onThreadEnd'> = {},
): Promise<OpenStore> {
  const { deferred, ...manner }: Manner = manners[who]
  if (!deferred) requireJournal(url)
  const { keys, sealer } = keysOf(url, secrets)
  const instance = newId('i')
  const open = () => openStore(url, { ...manner, ...hooks, keys, instance })
  const store = deferred
    ? await deferredStore(url, open)
    : await open().catch((cause: unknown) => {
        throw new Error('the journal at JOURNAL_URL cannot be opened', { cause })
      })
  return { keys, sealer, store, instance }
}

export function openStore(url: string, options: StoreOptions & Pick<Manner, 'make' | 'readOnly' | 'threads'>): Promise<Store> {
  const path = pathOf(url)
  if (path !== undefined) return openSqlite({ ...options, path })
  if (/^postgres(ql)?:/.test(url)) return openPostgres({ ...options, url })
  throw new Error('the address of a journal is sqlite:PATH or postgres://…')
}
