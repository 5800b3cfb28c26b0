/** A replica that had been cut off from Redis for more than ten seconds wrote its old time there when its network was back:
 * the others took that for a restored snapshot, and ended all sessions. */
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from '@jest/globals'
import { watchRollback } from '../../../src/gateway/watch/session-store-rollback.ts'
import { memoryStore } from '../../../src/session/store/memory.ts'
import { makePlace } from '../../journal/place.ts'
import { until } from '../../support/until.ts'

test('a time that arrives late ends no session', async () => {
  await using place = makePlace()
  await using opened = await place.open()
  let ahead = 0
  const store = memoryStore(() => Date.now() + ahead)
  const ended: string[] = []
  const told: string[] = []
  const parts = {
    journal: opened.journal,
    apps: new Map([['app1', {}]]),
    people: { endApp: async (app: string) => void ended.push(app) },
    alarm: (code: string) => void told.push(code),
  }
  const networkIsBack = Promise.withResolvers<void>()
  const late = { begun: 0, arrived: 0 }
  await using cutOff = watchRollback({
    ...parts,
    store: {
      ...store,
      raise: async (...asked) => {
        late.begun += 1
        await networkIsBack.promise
        await store.raise(...asked)
        late.arrived += 1
      },
    },
  })
  await until(() => late.begun > 0)
  ahead = 15_000
  await using other = watchRollback({ ...parts, store })
  void [cutOff, other]
  const written = async (): Promise<number> => Number(await store.get('clock-0', 'time'))
  await until(async () => (await written()) >= Date.now() + 14_000)
  // In the middle between two looks of the other one, which comes before the next of the late one.
  await sleep(1_000)
  networkIsBack.resolve()
  await until(() => late.arrived > 0)
  await sleep(2_500)
  expect([ended, told]).toEqual([[], []])
  store.close()
})
