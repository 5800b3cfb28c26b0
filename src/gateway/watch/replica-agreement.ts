/** The watch for replicas with different settings. With other session keys or peppers they refuse
 * each other's sessions and do not see them end; with other rules their answers differ. */
import type { App } from '../../../config/apps.ts'
import type { Settings } from '../../../config/load.ts'
import type { Provider } from '../../../config/providers.ts'
import { Secret } from '../../../config/secret.ts'
import type { KeyRing } from '../../crypto/key-ring.ts'
import { hmacWith } from '../../crypto/keyed-hash.ts'
import type { Journal } from '../../journal/append/journal.ts'
import type { Alarm } from '../../platform/alarms.ts'
import { repeated } from '../../platform/repeated.ts'
import type { SessionStore } from '../../session/store/session-store.ts'

/** TABLE: settings that each replica may have of its own. */
const own: readonly (keyof Settings)[] = [
  'NODE_ENV',
  'PORT',
  'HOST',
  'PRIVATE_PORT',
  'PRIVATE_HOST',
  'WORKERS',
  'LOG_LEVEL',
  'DRAIN_DELAY_SECONDS',
  'TRUSTED_PROXIES',
  'NODE_USE_ENV_PROXY',
  'APPS_FILE',
  'OIDC_PROVIDERS_FILE',
]

const agreementTimes = {
  everyMs: 3_000,
  /** How long keys may differ, as while a replaced file is read by one replica after the other. */
  keysMs: 15_000,
  /** How long rules may differ, as during a rolling update. */
  rulesMs: 600_000,
}

/** What a replica says of itself in the store: digests, by the name of the setting. */
interface Said {
  /** The key that signs or seals, and all that are known. */
  readonly keys: Readonly<Record<string, { readonly first: string; readonly all: readonly string[] }>>
  readonly rules: Readonly<Record<string, string>>
}

interface Parts {
  readonly store: Pick<SessionStore, 'now' | 'list' | 'addToList' | 'removeFromList'>
  /** Replicas are those that share it; this process has a name of its own in it. */
  readonly journal: Pick<Journal, 'instance'> & { readonly store: Pick<Journal['store'], 'journal'> }
  readonly settings: Settings
  /** Of SESSION_KEYS and of SESSION_PEPPERS. */
  readonly keys: KeyRing
  readonly peppers: KeyRing
  readonly apps: readonly App[]
  readonly providers: readonly Provider[]
  readonly alarm: Alarm
  readonly times?: typeof agreementTimes
}

/** Keyed, so that no reader of the store can guess a secret by trying. */
const digestsUnder = (secret: string) => {
  const hmac = hmacWith(secret)
  return (name: string, value: unknown): string => hmac(`smooch-bff ${name} ${JSON.stringify(value)}`, 'base64url').slice(0, 22)
}

const keysOf = (name: string, ring: KeyRing) => {
  const [first, ...others] = ring().map(({ id, secret }) => digestsUnder(secret)(name, id)) as [string, ...string[]]
  return { first, all: [first, ...others] }
}

const byId = <T>(rows: readonly T[], idOf: (row: T) => string): readonly T[] => rows.toSorted((a, b) => (idOf(a) < idOf(b) ? -1 : 1))

const rulesOf = ({ settings, apps, providers }: Parts, secret: string): Said['rules'] => {
  const plain = Object.entries(settings).filter(([name, value]) => !own.some((it) => it === name) && !(value instanceof Secret))
  const rules: readonly (readonly [string, unknown])[] = [
    ...plain,
    ['SERVICE_KEYS', settings.SERVICE_KEYS?.reveal()],
    ['apps', byId(apps, ({ appId }) => appId)],
    ['providers', byId(providers, ({ id }) => id)],
  ]
  const digest = digestsUnder(secret)
  return Object.fromEntries(rules.map(([name, value]) => [name, digest(name, value)]))
}

/** Names of what would go wrong between the two; one that only a later version knows is none. With
 * other keys the digests of rules cannot be compared. */
const differences = (mine: Said, other: Said): { keys: string[]; rules: string[] } => {
  const keys = Object.entries(mine.keys).flatMap(([name, { first, all }]) => {
    const theirs = other.keys[name]
    return theirs && !(theirs.all.includes(first) && all.includes(theirs.first)) ? [name] : []
  })
  const rules = Object.keys(mine.rules).filter((name) => other.rules[name] !== undefined && other.rules[name] !== mine.rules[name])
  return { keys, rules: keys.length > 0 ? [] : rules }
}

export const watchAgreement = (parts: Parts): AsyncDisposable => {
  const { store, journal, keys, peppers, alarm, times = agreementTimes } = parts
  const { instance } = journal
  const since = new Map<string, number>()
  const told = new Set<string>()

  const say = (): Said => ({
    keys: { SESSION_KEYS: keysOf('SESSION_KEYS', keys), SESSION_PEPPERS: keysOf('SESSION_PEPPERS', peppers) },
    rules: rulesOf(parts, peppers()[0].secret),
  })
  /** Where those that serve are listed, once the journal could be opened. */
  let tag: string | undefined
  const look = async (): Promise<void> => {
    tag = `replicas-${journal.store.journal}`
    const mine = say()
    const now = await store.now()
    const index = Buffer.from(JSON.stringify(mine)).toString('base64')
    await store.addToList(tag, { sid: instance, createdMs: now, expiresMs: now + 5 * times.everyMs, index })
    const others = (await store.list(tag)).filter(({ sid }) => sid !== instance)
    const found = others.map((it) => differences(mine, JSON.parse(Buffer.from(it.index, 'base64').toString()) as Said))
    hear(new Set(found.flatMap((it) => it.keys)), times.keysMs, Object.keys(mine.keys))
    hear(new Set(found.flatMap((it) => it.rules)), times.rulesMs, Object.keys(mine.rules))
  }
  const hear = (differing: ReadonlySet<string>, forMs: number, all: readonly string[]): void => {
    for (const name of all)
      if (differing.has(name)) since.set(name, since.get(name) ?? performance.now())
      else {
        since.delete(name)
        told.delete(name)
      }
    const late = [...differing].filter((name) => !told.has(name) && performance.now() - since.get(name)! >= forMs)
    for (const name of late) told.add(name)
    if (late.length > 0) alarm('replicas_differ', { settings: late })
  }
  const watch = repeated(times.everyMs, look)
  return {
    [Symbol.asyncDispose]: async () => {
      await watch[Symbol.asyncDispose]()
      if (tag !== undefined) await store.removeFromList(tag, instance).catch(() => {})
    },
  }
}
