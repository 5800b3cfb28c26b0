/** Two repeats at once in a change of peppers: the second met the claim that the first held for a moment under the new pepper, and heard 409 `operation_pending`, although the answer was there under the former one. */
import { expect, test } from '@jest/globals'
import { Secret } from '../../../config/secret.ts'
import { keyRing } from '../../../src/crypto/key-ring.ts'
import { createIdempotency } from '../../../src/gateway/idempotency.ts'
import type { Reply } from '../../../src/gateway/reply.ts'
import { createUntilDone } from '../../../src/platform/until-done.ts'
import type { Session } from '../../../src/session/record.ts'
import { memoryStore } from '../../../src/session/store/memory.ts'
import type { SessionStore } from '../../../src/session/store/session-store.ts'
import { appId, pepper } from '../../support/bff.ts'

const sessionOf = (userId: string) => ({ app: appId, kind: 'bearer', userId, actor: { id: userId } }) as unknown as Session
const reply: Reply = { status: 201, body: { appUser: { userId: 'made' } } }

// By chance of the names either pepper comes first: one of several people meets each order.
test.each(['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'])('person %s: both hear the answer', async (person) => {
  using untilDone = createUntilDone()
  const memory = memoryStore()
  const at = (peppers: string, store: SessionStore = memory) => {
    const idempotency = createIdempotency({ untilDone, peppers: keyRing(new Secret(peppers)), store })
    return () =>
      idempotency(
        sessionOf(person),
        'key',
        ['pre_create_app_user', {}],
        () => Promise.resolve(reply),
        () => reply,
      )
  }
  expect(await at(`p1:${pepper}`)()).toMatchObject({ replayed: false })

  const both = `p2:${pepper}-next,p1:${pepper}`
  const { promise: claimed, resolve } = Promise.withResolvers<void>()
  const { promise: held, resolve: go } = Promise.withResolvers<void>()
  const slow = at(both, {
    ...memory,
    claim: async (...asked) => {
      const before = await memory.claim(...asked)
      resolve()
      await held
      return before
    },
  })
  const first = slow()
  await claimed
  const second = await at(both)().catch((error: unknown) => error)
  go()
  expect([await first, second]).toEqual([0, 1].map(() => expect.objectContaining({ replayed: true })))
  memory.close()
})
