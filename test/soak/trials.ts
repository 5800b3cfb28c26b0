/** Two more long trials: the same Idempotency-Key from many callers on three replicas, and clean journals that must raise no alarm. */
import { rmSync } from 'node:fs'
import { openJournal } from '../../src/journal/append/journal.ts'
import { newId } from '../../src/journal/event/event.ts'
import type { OpenOperation } from '../../src/journal/guard/call-guard.ts'
import { createGuard } from '../../src/journal/guard/guard.ts'
import { spendPermit } from '../../src/journal/guard/permit.ts'
import { publicKey } from '../../src/journal/log/checkpoint.ts'
import type { Store } from '../../src/journal/store/journal-store.ts'
import { verify } from '../../src/journal/verify/verify.ts'
import { deletion, makePlace, type Place, success } from '../journal/place.ts'

/** Each key from two replicas of three at once: how many keys were sent more than once. */
export async function pairs(
  place: Place,
  open: (instance: string) => Promise<Store>,
  count: number,
): Promise<{ pairs: number; sentTwice: number; notSent: number }> {
  const replicas = await Promise.all(
    [1, 2, 3].map(async () => {
      const instance = newId('i')
      return createGuard({ journal: await openJournal({ store: await open(instance), instance, keys: [place.key], sealer: place.sealer }) })
    }),
  )
  const sends = new Map<number, number>()
  const one = async (pair: number, replica: number): Promise<void> => {
    const call = deletion({ idempotencyKey: `pair-${pair}`, request: { method: 'DELETE', path: `/${pair}` } })
    const op = await replicas[replica % 3]!.begin(call).catch(() => undefined)
    if (!op || op.replay) return
    spendPermit(op.permit, 'delete_app_user')
    sends.set(pair, (sends.get(pair) ?? 0) + 1)
    await op.end(success)
  }
  for (let from = 0; from < count; from += 50)
    await Promise.all(Array.from({ length: Math.min(50, count - from) }, (_, at) => [one(from + at, at), one(from + at, at + 1)]).flat())
  for (const guard of replicas) await guard.close()
  return { pairs: count, sentTwice: [...sends.values()].filter((times) => times > 1).length, notSent: count - sends.size }
}

/** Journals of random length and content, each verified with its anchor and its sealed parts. */
export async function cleanJournals(count: number): Promise<{ journals: number; falseAlarms: number }> {
  let falseAlarms = 0
  for (let at = 0; at < count; at += 1) {
    await using place = makePlace()
    const it = await place.open()
    const calls = Array.from({ length: Math.floor(Math.random() * 12) }, async () => {
      const dice = Math.random()
      if (dice < 0.2) return it.guard.denied(deletion())
      if (dice < 0.4) return it.guard.recorded(deletion({ action: 'update_app_user' }), success)
      const op = (await it.guard.begin(deletion(dice < 0.6 ? { idempotencyKey: `k${dice}` } : {}))) as OpenOperation
      if (dice < 0.9) spendPermit(op.permit, 'delete_app_user')
      if (dice < 0.95) await op.end(dice < 0.8 ? success : undefined)
    })
    await Promise.all(calls)
    const anchor = await place.anchor.highest(it.store.journal)
    const report = await verify(it.store, { trusted: [publicKey(place.key)], sealer: place.sealer, anchors: anchor ? [anchor] : [] })
    if (!report.ok || report.warnings.length > 0) {
      falseAlarms += 1
      process.stderr.write(`${JSON.stringify(report.findings)} ${report.warnings}\n`)
    }
    await it.guard.close()
    rmSync(place.directory, { recursive: true, force: true })
  }
  return { journals: count, falseAlarms }
}
