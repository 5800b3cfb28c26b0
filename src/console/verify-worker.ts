/** Verification on a thread and connection of its own, at the lowest priority: nobody waits. */
import { platform, setPriority } from 'node:os'
import { parentPort, workerData } from 'node:worker_threads'
import type { Mark } from '../journal/log/anchor.ts'
import { openCheckpoint, publicKey } from '../journal/log/checkpoint.ts'
import { acceptances, acceptedSince } from '../journal/store/continuity.ts'
import { openFor, type Secrets } from '../journal/store/open.ts'
import { type Report, verify } from '../journal/verify/verify.ts'

/** The last good result, which the log must still hold, unless a rollback was accepted since. */
export interface Seen extends Mark {
  readonly accepted: readonly string[]
}

export interface Verified {
  readonly report: Report
  readonly accepted: readonly string[]
}

export interface VerifyTask {
  readonly url: string
  readonly secrets: Secrets
  readonly seen: Seen | undefined
}

// Only on Linux, where priority belongs to a thread; elsewhere it would slow the whole process.
if (platform() === 'linux') setPriority(19)

const { url, secrets, seen } = workerData as VerifyTask
const { keys, sealer, store } = await openFor('reader', url, secrets)
/** On this thread: threads of the pool inherit the priority of who starts them, and later resolve
 * names and open tokens with it. */
const check = (note: string, key: string): boolean => openCheckpoint(note, [key]) !== undefined
try {
  // A log that cannot be read is reported by the verification.
  const accepted = await acceptances(store).catch(() => [])
  const anchors = seen && !acceptedSince(seen.accepted, accepted) ? [seen] : []
  const report = await verify(store, { trusted: keys.map((key) => publicKey(key)), anchors, sealer, check })
  parentPort!.postMessage({ report, accepted } satisfies Verified)
} finally {
  await store.close()
}
