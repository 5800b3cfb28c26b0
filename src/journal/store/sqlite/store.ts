/** The default store: one SQLite file (`node:sqlite`), written by one worker thread, read by a
 * second for the guard and a third for people. */
import { existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { setTimeout as sleep } from 'node:timers/promises'
import { Worker } from 'node:worker_threads'
import type { Committed, JournalThread, Store, StoreOptions } from '../journal-store.ts'
import type { Rows } from '../queries/source.ts'
import { dispatch, type FileCommand } from './dispatch.ts'
import { openFile } from './file.ts'
import type { FileOptions, Identity } from './reading.ts'

const gone = 'the thread of the journal has ended'
/** One that could not even begin is not started with every call. */
const pauseMs = 1_000

interface Thread {
  call(verb: FileCommand, ...args: unknown[]): Promise<unknown>
  end(): Promise<void>
}

interface Running extends Thread {
  /** By itself: memory ran out, or nobody caught an error. */
  hasEnded(): boolean
  /** It ended a moment ago and has answered nothing. */
  hasJustFailed(): boolean
}

/** What is told when a thread ends by itself. */
type Ended = (cause: Error) => void

function startThread(options: FileOptions, tell: Ended): Running {
  const worker = new Worker(new URL('./worker.ts', import.meta.url), {
    workerData: options,
    // A small nursery: rows are short-lived, and a long export would grow the process.
    resourceLimits: { maxYoungGenerationSizeMb: 8 },
  })
  const waiting = new Map<number, PromiseWithResolvers<unknown>>()
  let last = 0
  let cause: Error | undefined
  let endedAt: number | undefined
  let [answered, asked] = [false, false]
  worker.on('message', ({ id, result, error }: { id: number; result?: unknown; error?: string }) => {
    const call = waiting.get(id)
    if (!call) return
    answered = true
    waiting.delete(id)
    if (waiting.size === 0) worker.unref()
    if (error === undefined) call.resolve(result)
    else call.reject(new Error(error))
  })
  worker.on('error', (error: Error) => {
    cause = error
  })
  worker.on('exit', (code) => {
    endedAt = performance.now()
    if (!asked) tell(cause ?? new Error(`its exit code is ${code}`))
    for (const { reject } of waiting.values()) reject(new Error(gone, { cause }))
    waiting.clear()
  })
  worker.unref()
  return {
    call: (verb, ...args) => {
      const call = Promise.withResolvers<unknown>()
      last += 1
      waiting.set(last, call)
      // Only an open call keeps the process alive.
      worker.ref()
      worker.postMessage({ id: last, verb, args })
      return call.promise
    },
    end: async () => {
      asked = true
      await worker.terminate()
    },
    hasEnded: () => endedAt !== undefined,
    hasJustFailed: () => endedAt !== undefined && !answered && performance.now() - endedAt < pauseMs,
  }
}

/** For the command line: it may block, and stays small. */
function inThisThread(options: FileOptions): Thread {
  const answer = dispatch(options, openFile)
  return { call: async (verb, ...args) => answer(verb, args), end: () => Promise.resolve() }
}

/** Started at once or at the first call, and once more at the call after it has ended by itself. */
function restartable(start: () => Running, atOnce: boolean): Thread {
  let thread = atOnce ? start() : undefined
  let ended = false
  return {
    call: async (verb, ...args) => {
      if (ended || thread?.hasJustFailed()) throw new Error(gone)
      if (thread?.hasEnded()) thread = undefined
      if (!thread && (verb === 'close' || verb === 'reopen')) return
      thread ??= start()
      return thread.call(verb, ...args)
    },
    end: async () => {
      ended = true
      await thread?.end()
    },
  }
}

/** A lock that the operating system releases when its holder dies. */
function holdLock(file: string): DatabaseSync {
  const db = new DatabaseSync(file, { timeout: 0 })
  db.exec('BEGIN EXCLUSIVE')
  return db
}

/** True when another process holds the lock; a free one is deleted. */
function isHeld(file: string): boolean {
  if (!existsSync(file)) return false
  try {
    holdLock(file).close()
    rmSync(file, { force: true })
    return false
  } catch {
    return true
  }
}

/** Repeated: another process that starts may delete our file before we lock it. */
async function holdOwnLock(file: string): Promise<DatabaseSync> {
  for (let tries = 0; ; tries += 1) {
    try {
      const lock = holdLock(file)
      if (existsSync(file)) return lock
      lock.close()
    } catch (error) {
      if (tries === 20) throw error
    }
    await sleep(10)
  }
}

/** Takes the lock of this process, and deletes those of dead ones. */
async function begin(livenessLocks: string, instance: string): Promise<DatabaseSync> {
  mkdirSync(livenessLocks, { recursive: true, mode: 0o700 })
  const lock = await holdOwnLock(join(livenessLocks, instance))
  for (const name of readdirSync(livenessLocks)) if (name !== instance) isHeld(join(livenessLocks, name))
  return lock
}

export async function openSqlite({
  threads = true,
  onThreadEnd,
  ...options
}: FileOptions & StoreOptions & { threads?: boolean }): Promise<Store> {
  const started: Thread[] = []
  let known: Identity | undefined
  const start = (name: JournalThread, more: Partial<FileOptions> = {}, atOnce = true): Thread => {
    const given = { ...options, ...more }
    const begin = (): Running => startThread({ ...given, mustBe: known }, (cause) => onThreadEnd?.(name, cause))
    const thread = threads ? restartable(begin, atOnce) : inThisThread(given)
    started.push(thread)
    return thread
  }
  const toRead = { readOnly: true, keys: [] }
  const livenessLocks = `${options.path}-living`
  const begun = async () => {
    const writer = start('writer')
    // At once: an opening reads the end first, and threads started together are there sooner.
    const reader = options.readOnly ? writer : start('reader', toRead)
    const identity = (await writer.call('identity')) as Identity
    known = identity
    return { writer, reader, journal: identity.journal, lock: options.readOnly ? undefined : await begin(livenessLocks, options.instance) }
  }
  const { writer, reader, journal, lock } = await begun().catch(async (error: unknown) => {
    await Promise.all(started.map((thread) => thread.end()))
    throw error
  })
  // At the first read: a thread takes 9 MB and 70 ms of processor, and many a service ends before
  // anybody has read in its journal.
  const readers = threads ? start('console', { ...toRead, background: true }, false) : reader

  return {
    kind: 'sqlite',
    journal,
    readers: { kind: 'sqlite', select: (sql, params = []) => readers.call('select', sql, params) as Promise<Rows> },
    commit: (entries, after) => writer.call('commit', entries, after) as Promise<Committed>,
    select: (sql, params = []) => reader.call('select', sql, params) as Promise<Rows>,
    reopen: async () => {
      await writer.call('reopen')
      await Promise.all([reader.call('reopen'), readers.call('reopen')])
    },
    isAlive: (instance) =>
      Promise.resolve(instance === options.instance || (/^i_[\w-]+$/.test(instance) && isHeld(join(livenessLocks, instance)))),
    mayRemove: () => Promise.resolve(true),
    erase: (tokens) => writer.call('erase', tokens) as ReturnType<Store['erase']>,
    expire: (now) => writer.call('expire', now) as Promise<number>,
    prune: (cut, nodes) => writer.call('prune', cut, nodes) as Promise<number>,
    backup: async (path) => {
      await writer.call('backup', path)
    },
    inspect: () => reader.call('inspect') as ReturnType<Store['inspect']>,
    close: async () => {
      // The writer last: SQLite then moves the log into the file, which people copy.
      await Promise.all([reader, readers].map((thread) => thread.call('close').catch(() => {})))
      await writer.call('close').catch(() => {})
      await Promise.all([writer.end(), reader.end(), readers.end()])
      lock?.close()
      if (lock) rmSync(join(livenessLocks, options.instance), { force: true })
    },
  }
}
