/** A journal of a test's own, in a temporary directory. */
import { generateKeyPairSync, type KeyObject } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Journal, type JournalOptions, openJournal } from '../../src/journal/append/journal.ts'
import { newId } from '../../src/journal/event/event.ts'
import { createSealer, type Sealer } from '../../src/journal/event/seal.ts'
import type { Guard, GuardedCall } from '../../src/journal/guard/call-guard.ts'
import { createGuard } from '../../src/journal/guard/guard.ts'
import { type Anchor, anchorInMemory } from '../../src/journal/log/anchor.ts'
import type { Store } from '../../src/journal/store/journal-store.ts'
import type { FileOptions } from '../../src/journal/store/sqlite/reading.ts'
import { openSqlite } from '../../src/journal/store/sqlite/store.ts'

export interface Place extends AsyncDisposable {
  readonly directory: string
  readonly path: string
  readonly key: KeyObject
  readonly sealer: Sealer
  readonly anchor: Anchor
  /** For the command line. */
  readonly env: Readonly<Record<string, string>>
  store(more?: Partial<FileOptions> & { threads?: boolean }): Promise<Store>
  open(
    more?: Partial<JournalOptions>,
    limits?: Parameters<typeof createGuard>[0]['limits'],
    file?: Partial<FileOptions>,
  ): Promise<{ journal: Journal; guard: Guard; store: Store } & AsyncDisposable>
}

export function makePlace(parent = tmpdir()): Place {
  const directory = mkdtempSync(join(parent, 'journal-'))
  const path = join(directory, 'journal.db')
  const { privateKey: key } = generateKeyPairSync('ed25519')
  const sealing = Buffer.alloc(32, 7)
  const sealer = createSealer([sealing])
  const anchor = anchorInMemory()
  const store: Place['store'] = (more) => openSqlite({ path, keys: [key], instance: newId('i'), ...more })
  return {
    directory,
    path,
    key,
    sealer,
    anchor,
    env: {
      JOURNAL_URL: `sqlite:${path}`,
      JOURNAL_SIGNING_KEY: key.export({ type: 'pkcs8', format: 'pem' }).toString(),
      JOURNAL_SEALING_KEY: sealing.toString('base64'),
    },
    store,
    open: async (more = {}, limits = {}, file = {}) => {
      const instance = newId('i')
      const opened = more.store ?? (await store({ instance, ...file }))
      const journal = await openJournal({ sealer, keys: [key], instance, anchor, ...more, store: opened })
      const guard = createGuard({ journal, limits })
      return { journal, guard, store: opened, [Symbol.asyncDispose]: () => guard.close() }
    },
    [Symbol.asyncDispose]: () => {
      rmSync(directory, { recursive: true, force: true })
      return Promise.resolve()
    },
  }
}

/** A store that can be away: what is asked then is refused. */
export const leaving = (store: Store) => {
  const away = new Set<Store>()
  const reach = (): Promise<Store> => (away.has(store) ? Promise.reject(new Error('away')) : Promise.resolve(store))
  return {
    leave: () => void away.add(store),
    comeBack: () => away.clear(),
    store: {
      ...store,
      select: async (...asked) => (await reach()).select(...asked),
      commit: async (...asked) => (await reach()).commit(...asked),
      reopen: async () => (await reach()).reopen(),
    } satisfies Store,
  }
}

let last = 0
export const deletion = (more: Partial<GuardedCall> = {}): GuardedCall => {
  last += 1
  return {
    action: 'delete_app_user',
    tenant: 'app1',
    actor: { type: 'staff', id: 'idp1|00u5x', name: 'Ada Admin', email: 'ada@example.org', roles: ['admin'] },
    targets: [{ role: 'subject', userId: `cust-${last}`, smoochId: (0x6a1f0c2be84d + last).toString(16).padStart(24, '0') }],
    reason: { code: 'gdpr_request', ticket: 'OPS-4711', note: 'asked by letter' },
    request: { method: 'DELETE', path: `/v1.1/apps/app1/appusers/${last}` },
    before: { state: 'captured', image: { givenName: 'Mina', email: 'mina@example.org' }, fields: ['givenName', 'email'] },
    context: { requestId: 'r_1', ip: '203.0.113.77', userAgent: 'curl/8' },
    ...more,
  }
}

export const success = {
  outcome: 'success',
  upstream: { status: 200, code: null, durationMs: 3, sent: true },
  response: { status: 200, body: { ok: true } },
} as const
