/** The default store: one SQLite file (`node:sqlite`), written by one worker thread, read by a
 * second for the guard and a third for people. */
import { existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { setTimeout } from 'node:timers/promises'
import { Worker } from 'node:worker_threads'
import type { Committed, Store, StoreOptions } from '../journal-store.ts'
import type { Rows } from '../queries/source.ts'
import { dispatch, type Verb } from './dispatch.ts'
import { openFile } from './file.ts'
import type { FileOptions } from './reading.ts'

const gone = 'the thread of the journal has ended'

interface Thread {
  call(verb: Verb, ...args: unknown[]): Promise<unknown>
  end(): Promise<void>
}

function startThread(options: FileOptions): Thread {
  const worker = new Worker(new URL('./worker.ts', import.meta.url), {
    workerData: options,
    // A small nursery: rows are short-lived, and a long export or verification would grow the
    // process.
    resourceLimits: { maxYoungGenerationSizeMb: 8 },
  })
  const waiting: Record<number, { resolve: (value: unknown) => void; reject: (error: Error) => void }> = {}
  let open = 0
  let last = 0
  let ended: Error | undefined
  const end = (error: Error): void => {
    ended = error
    for (const [id, { reject }] of Object.entries(waiting)) {
      delete waiting[Number(id)]
      reject(error)
    }
    open = 0
  }
  worker.on('message', ({ id, result, error }: { id: number; result?: unknown; error?: string }) => {
    const call = waiting[id]
    if (!call) return
    delete waiting[id]
    open -= 1
    if (open === 0) worker.unref()
    if (error === undefined) call.resolve(result)
    else call.reject(new Error(error))
  })
  worker.on('error', end)
  worker.on('exit', () => end(new Error(gone)))
  worker.unref()
  return {
    call: (verb, ...args) =>
      new Promise((resolve, reject) => {
        if (ended) return reject(ended)
        last += 1
        waiting[last] = { resolve, reject }
        open += 1
        // Only an open call keeps the process alive.
        worker.ref()
        worker.postMessage({ id: last, verb, args })
      }),
    end: async () => {
      await worker.terminate()
    },
  }
}

/** For the command line: it may block, and stays small. */
function inThisThread(options: FileOptions): Thread {
  const answer = dispatch(options, openFile)
  return { call: async (verb, ...args) => answer(verb, args), end: () => Promise.resolve() }
}

/** Starts at the first read: a thread takes 9 MB and 70 ms of processor, and many a service ends
 * before anybody has read in its journal. */
function startAtFirstRead(start: () => Thread): Thread {
  let thread: Thread | undefined
  let ended = false
  return {
    call: async (verb, ...args) => {
      if (ended) throw new Error(gone)
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
    await setTimeout(10)
  }
}

/** Takes the lock of this process, and deletes those of dead ones. */
async function begin(livenessLocks: string, instance: string): Promise<DatabaseSync> {
  mkdirSync(livenessLocks, { recursive: true, mode: 0o700 })
  const lock = await holdOwnLock(join(livenessLocks, instance))
  for (const name of readdirSync(livenessLocks)) if (name !== instance) isHeld(join(livenessLocks, name))
  return lock
}

export async function openSqlite({ threads = true, ...options }: FileOptions & StoreOptions & { threads?: boolean }): Promise<Store> {
  const started: Thread[] = []
  const start = (more: Partial<FileOptions> = {}): Thread => {
    const thread = (threads ? startThread : inThisThread)({ ...options, ...more })
    started.push(thread)
    return thread
  }
  const toRead = (background: boolean) => start({ readOnly: true, keys: [], background })
  const livenessLocks = `${options.path}-living`
  const begun = async () => {
    const writer = start()
    // At once: who opens a journal reads its end first, and threads that start together are there sooner.
    const reader = options.readOnly ? writer : toRead(false)
    const journal = await writer.call('journal')
    return { writer, reader, journal, lock: options.readOnly ? undefined : await begin(livenessLocks, options.instance) }
  }
  const { writer, reader, journal, lock } = await begun().catch(async (error: unknown) => {
    await Promise.all(started.map((thread) => thread.end()))
    throw error
  })
  const readers = threads ? startAtFirstRead(() => toRead(true)) : reader

  return {
    kind: 'sqlite',
    journal: journal as string,
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
      // The writer last: then SQLite moves the write-ahead log into the file, which people copy
      // when the service is stopped.
      await Promise.all([reader, readers].map((thread) => thread.call('close').catch(() => {})))
      await writer.call('close').catch(() => {})
      await Promise.all([writer.end(), reader.end(), readers.end()])
      lock?.close()
      if (lock) rmSync(join(livenessLocks, options.instance), { force: true })
    },
  }
}
