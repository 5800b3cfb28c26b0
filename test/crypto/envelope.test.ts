/** What is sealed stays readable: the bytes of each of its three kinds are those of the first version. */
import { expect, test } from '@jest/globals'
import * as cached from '../../src/cache/seal.ts'
import { decrypt, deriveKey, encrypt } from '../../src/crypto/envelope.ts'
import type { KeyRing } from '../../src/crypto/key-ring.ts'
import { createSealer } from '../../src/journal/event/seal.ts'
import { openFor } from '../../src/session/seal.ts'

const peppers: KeyRing = () => [{ id: 'k1', secret: 'an example of a secret, 32 bytes long' }]

test('what the first version sealed is opened', () => {
  const entry = 'k1:l6qavHGbf0H7HJ/VG327XxSiER0r6lACfK2jdzUL1gKcgqhFQ96xj9HPwg=='
  const transaction = 'AgJrMcFYFv64ma5KFBRFD2CIYY84-15fw1264YyKRzrFx6-7U-Os9WAMAUb1vSo'
  const name = Buffer.from('DfOJFZ9vt8D8wsxkCYIT5Nq5h95zXDsOQhM3P1ch0B5ZZKzr', 'base64')
  expect(cached.open(peppers, 'user:1', entry)).toBe('{"name":"Mina"}')
  expect(openFor(peppers, 'sign-in', 'here', transaction)).toEqual({ name: 'Mina' })
  expect(
    createSealer([Buffer.alloc(32, 7)])
      .open(name, 'sub_1')
      ?.toString(),
  ).toBe('Mina')
})

const key = deriveKey('a secret', 'a test')
const noHeader = Buffer.alloc(0)

test.each(['first', 'last'] as const)('with the tag %s: no other key, place or byte opens it, and nothing that was cut', (tag) => {
  const sealed = encrypt(key, 'here', 'text', noHeader, tag)
  expect(decrypt(key, 'here', sealed, tag)?.toString()).toBe('text')
  expect(decrypt(deriveKey('a secret', 'another'), 'here', sealed, tag)).toBeUndefined()
  expect(decrypt(key, 'elsewhere', sealed, tag)).toBeUndefined()
  for (let at = 0; at < sealed.length; at += 1) {
    const changed = Buffer.from(sealed)
    changed[at]! ^= 1
    expect(decrypt(key, 'here', changed, tag)).toBeUndefined()
    expect(decrypt(key, 'here', sealed.subarray(0, at), tag)).toBeUndefined()
  }
})

test('the same text is never sealed to the same bytes, and an empty one is sealed too', () => {
  expect(encrypt(key, 'here', 'text', noHeader)).not.toEqual(encrypt(key, 'here', 'text', noHeader))
  expect(decrypt(key, 'here', encrypt(key, 'here', '', noHeader))).toEqual(Buffer.alloc(0))
})
