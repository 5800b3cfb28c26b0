import { expect, test } from '@jest/globals'
import { Secret } from '../../config/secret.ts'
import { keyRing } from '../../src/crypto/key-ring.ts'
import { memoryStore } from '../../src/session/store/memory.ts'
import { createReplayGuard } from '../../src/sign-in/replay.ts'
import { isOurNonce, newNonce } from '../../src/sign-in/transaction.ts'
import { canaryPepper } from '../support/canaries.ts'

const [before, added] = [`p1:${canaryPepper}`, `p2:${canaryPepper}-new`]
const peppers = (text: string) => keyRing(new Secret(text))

test('what was used is known until the window ends, and can be used again when its use failed', async () => {
  let at = 1_000
  const store = memoryStore(() => at)
  const { once } = createReplayGuard({ store, peppers: peppers(before) })
  const release = await once('token', 'a', 500)
  expect(await once('token', 'a', 500)).toBeUndefined()
  expect(await once('token', 'b', 500)).toBeDefined()
  expect(await once('other', 'a', 500)).toBeDefined()
  await release!()
  expect(await once('token', 'a', 500)).toBeDefined()
  at += 499
  expect(await once('token', 'a', 500)).toBeUndefined()
  at += 1
  expect(await once('token', 'a', 500)).toBeDefined()
  store.close()
})

test('a use that broke off half-way is held for a minute, one that was remembered until its window ends', async () => {
  let at = 1_000
  const store = memoryStore(() => at)
  const { once, remember } = createReplayGuard({ store, peppers: peppers(before) })
  for (const id of ['broken off', 'done']) expect(await once('token', id, 600_000)).toBeDefined()
  await remember('token', 'done', 600_000)
  at += 59_999
  for (const id of ['broken off', 'done']) expect(await once('token', id, 600_000)).toBeUndefined()
  at += 1
  expect(await once('token', 'broken off', 600_000)).toBeDefined()
  at += 539_999
  expect(await once('token', 'done', 600_000)).toBeUndefined()
  at += 1
  expect(await once('token', 'done', 600_000)).toBeDefined()
  store.close()
})

test('a changed pepper forgets no use', async () => {
  const store = memoryStore()
  const guard = (text: string) => createReplayGuard({ store, peppers: peppers(text) })
  expect(await guard(before).once('token', 'a', 60_000)).toBeDefined()
  expect(await guard(`${added},${before}`).once('token', 'a', 60_000)).toBeUndefined()
  expect(await guard(`${added},${before}`).once('token', 'b', 60_000)).toBeDefined()
  for (const later of [before, added]) expect(await guard(later).once('token', 'b', 60_000)).toBeUndefined()
  store.close()
})

test('our own nonces are known, under an older pepper too, and no others', () => {
  const nonce = newNonce(peppers(before))
  expect(isOurNonce(peppers(before), nonce)).toBe(true)
  expect(isOurNonce(peppers(`${added},${before}`), nonce)).toBe(true)
  expect(isOurNonce(peppers(added), nonce)).toBe(false)
  for (const other of [undefined, 7, '', '.', 'n-0S6_WzA2Mj', `x${nonce}`, nonce.split('.')[0]])
    expect(isOurNonce(peppers(before), other)).toBe(false)
})
