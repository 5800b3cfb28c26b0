import { randomBytes } from 'node:crypto'
import { describe, expect, test } from '@jest/globals'
import { Secret } from '../../../config/secret.ts'
import { keyRing } from '../../../src/crypto/key-ring.ts'
import { signToken, type Token, verifyToken } from '../../../src/session/credentials/token.ts'
import { personKeysOf, type SessionRecord } from '../../../src/session/record.ts'
import { openRecord, sealRecord } from '../../../src/session/seal.ts'

const secret = (letter: string) => letter.repeat(40)
const keys = keyRing(new Secret(`k1:${secret('a')}`))
const now = Date.now()
const token: Token = {
  jti: randomBytes(32).toString('base64url'),
  kind: 'bearer',
  tag: 'T'.repeat(22),
  app: 'A'.repeat(22),
  scope: 'app',
  exp: Math.floor(now / 1000) + 60,
}

describe('the session token', () => {
  test('comes back as it was signed', () => {
    expect(verifyToken(keys, signToken(keys, token))).toEqual(token)
  })

  test('is refused with any one bit changed', () => {
    const good = Buffer.from(signToken(keys, token), 'latin1')
    const passed = []
    for (let bit = 0; bit < good.length * 8; bit++) {
      const bad = Buffer.from(good)
      bad[bit >> 3]! ^= 1 << (bit & 7)
      if (verifyToken(keys, bad.toString('latin1'))) passed.push(bit)
    }
    expect(passed).toEqual([])
  })

  test.each(['', '.', '..', 'a.b.c', 'x'.repeat(1024 * 1024), `${'e'.repeat(3000)}.a.b`])('junk is refused', (junk) => {
    expect(verifyToken(keys, junk)).toBeUndefined()
  })

  test('says nothing of its end: the record does', () => {
    expect(verifyToken(keys, signToken(keys, { ...token, exp: 1 }))?.jti).toBe(token.jti)
  })

  test('is refused with a header that names another algorithm', () => {
    const [, payload] = signToken(keys, token).split('.')
    const none = Buffer.from(JSON.stringify({ alg: 'none', typ: 'JWT', kid: 'k1' })).toString('base64url')
    expect(verifyToken(keys, `${none}.${payload}.`)).toBeUndefined()
  })

  test('is still taken after a rotation, signed by the new key, and refused once the old key is gone', () => {
    const source = new Secret(`k1:${secret('a')}`)
    const rotating = keyRing(source)
    const old = signToken(rotating, token)
    source.replace(`k2:${secret('b')},k1:${secret('a')}`)
    expect(verifyToken(rotating, old)).toEqual(token)
    const fresh = signToken(rotating, token)
    source.replace(`k2:${secret('b')}`)
    expect(verifyToken(rotating, old)).toBeUndefined()
    expect(verifyToken(rotating, fresh)).toEqual(token)
  })
})

describe('the sealed record', () => {
  const record: SessionRecord = {
    sid: 's_1',
    app: 'a',
    userId: 'u',
    actor: { id: 'u' },
    roles: ['user'],
    kind: 'bearer',
    scope: 'app',
    authTime: 1,
    method: 'mint:backend',
  }
  const peppers = keyRing(new Secret(`p1:${secret('p')}`))

  test('opens with its jti, and holds nothing in plain', () => {
    const blob = sealRecord(peppers, token.jti, token.tag, record)
    expect(openRecord(peppers, token.jti, token.tag, blob.toString('base64'))).toEqual(record)
    expect(blob.toString('latin1')).not.toContain('mint:backend')
  })

  test('stays shut with another jti, tag or pepper, or when a byte was changed', () => {
    const blob = sealRecord(peppers, token.jti, token.tag, record)
    const sealed = blob.toString('base64')
    expect(openRecord(peppers, token.jti, token.tag, sealed)).toEqual(record)
    expect(openRecord(peppers, `${token.jti}x`, token.tag, sealed)).toBeUndefined()
    expect(openRecord(peppers, token.jti, 'other', sealed)).toBeUndefined()
    expect(openRecord(keyRing(new Secret(`p1:${secret('q')}`)), token.jti, token.tag, sealed)).toBeUndefined()
    for (let at = 0; at < blob.length; at++) {
      const bad = Buffer.from(blob)
      bad[at]! ^= 1
      expect(openRecord(peppers, token.jti, token.tag, bad.toString('base64'))).toBeUndefined()
    }
  })

  test('opens under either of two live peppers', () => {
    const blob = sealRecord(peppers, token.jti, token.tag, record)
    const both = keyRing(new Secret(`p2:${secret('n')},p1:${secret('p')}`))
    expect(openRecord(both, token.jti, token.tag, blob.toString('base64'))).toEqual(record)
    expect(personKeysOf(both, record)).toContain(personKeysOf(peppers, record)[0])
  })

  test('a user and an actor of the same id have different tags, and so have equal ids in two apps', () => {
    const tags = [
      { app: 'a', userId: 'x', actor: { id: 'x' } },
      { app: 'a', actor: { id: 'x' } },
      { app: 'b', userId: 'x', actor: { id: 'x' } },
    ].map((person) => personKeysOf(peppers, person)[0])
    expect(new Set(tags).size).toBe(3)
  })
})
