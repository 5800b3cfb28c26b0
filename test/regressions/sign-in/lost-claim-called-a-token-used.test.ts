/** When the answer to the claim of a token came too late, its caller heard 503 and to try again shortly, and then for a minute that the token was exchanged before. */
import { expect, test } from '@jest/globals'
import { Secret } from '../../../config/secret.ts'
import { Problem } from '../../../src/contract/problems.ts'
import { keyRing } from '../../../src/crypto/key-ring.ts'
import { memoryStore } from '../../../src/session/store/memory.ts'
import { createReplayGuard } from '../../../src/sign-in/replay.ts'
import { pepper } from '../../support/bff.ts'

test.each([1, 2])('the answer of claim %d is lost: the next use is the first', async (which) => {
  const store = memoryStore()
  let claims = 0
  const late: typeof store.claim = async (...asked) => {
    const before = await store.claim(...asked)
    claims += 1
    if (claims === which) throw new Problem('session_store_unavailable')
    return before
  }
  const { once } = createReplayGuard({ store: { ...store, claim: late }, peppers: keyRing(new Secret(`p2:${pepper}-next,p1:${pepper}`)) })
  await expect(once('exchange', 'token', 60_000)).rejects.toThrow('Sessions cannot be read')
  expect(await once('exchange', 'token', 60_000)).toBeDefined()
  expect(await once('exchange', 'token', 60_000)).toBeUndefined()
  store.close()
})

test('who comes second gives nothing free', async () => {
  const store = memoryStore()
  const { once } = createReplayGuard({ store, peppers: keyRing(new Secret(`p1:${pepper}`)) })
  expect(await once('exchange', 'token', 60_000)).toBeDefined()
  for (let tries = 0; tries < 2; tries += 1) expect(await once('exchange', 'token', 60_000)).toBeUndefined()
  store.close()
})
