/** Verifies the journal on a thread of its own, with a connection of its own and at the lowest priority: nobody who is being served waits for it. */
import { platform, setPriority } from 'node:os'
import { parentPort, workerData } from 'node:worker_threads'
import { newId } from '../journal/event/event.ts'
import type { Mark } from '../journal/log/anchor.ts'
import { openCheckpoint, publicKey } from '../journal/log/checkpoint.ts'
import { acceptances, acceptedSince } from '../journal/store/continuity.ts'
import { keysOf, openStore, type Secrets } from '../journal/store/open.ts'
import { type Report, verify } from '../journal/verify/verify.ts'

/** What was found whole must still be there the next time, unless a person has accepted since that it is not. */
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

// On Linux a priority belongs to the thread that sets it; elsewhere it would slow the whole process.
if (platform() === 'linux') setPriority(19)

const { url, secrets, seen } = workerData as VerifyTask
const { keys, sealer } = keysOf(url, secrets)
const store = await openStore(url, { keys, instance: newId('i'), threads: false, readOnly: true, make: false })
/** Here, too: threads of the pool would take over the priority of who wakes them first, and resolve names and open tokens with it from then on. */
const check = (note: string, key: string): boolean => openCheckpoint(note, [key]) !== undefined
try {
  // A log that cannot be asked is for the verification to describe.
  const accepted = await acceptances(store).catch(() => [])
  const anchors = seen && !acceptedSince(seen.accepted, accepted) ? [seen] : []
  const report = await verify(store, { trusted: keys.map((key) => publicKey(key)), anchors, sealer, check })
  parentPort!.postMessage({ report, accepted } satisfies Verified)
} finally {
  await store.close()
}
