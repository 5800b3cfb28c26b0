/** The three ways to say who we are, and the two keys that may be live. */
import { createHmac } from 'node:crypto'
import { describe, expect, test } from '@jest/globals'
import { Secret } from '../../config/secret.ts'
import { authorization, createKeyring, holdsCredential } from '../../src/upstream/credentials.ts'
import { appAt, keyIds, secrets } from './vendor.ts'

const now = Date.parse('2026-03-02T10:00:00.900Z')

const tokenOf = (auth: 'signed' | 'basic' | 'jwt') => {
  const app = appAt('https://api.smooch.io', { auth })
  return authorization(app, app.keys[0]!, now)
}

describe('credentials', () => {
  test('a signed call carries a JWT of two minutes in the scope app', () => {
    const [header, claims, signature] = tokenOf('signed')!.replace('Bearer ', '').split('.')
    const decode = (part = '') => JSON.parse(Buffer.from(part, 'base64url').toString()) as unknown
    const iat = Math.floor(now / 1000)
    expect(decode(header)).toEqual({ alg: 'HS256', typ: 'JWT', kid: keyIds[0] })
    expect(decode(claims)).toEqual({ scope: 'app', iat, exp: iat + 120 })
    expect(signature).toBe(createHmac('sha256', secrets[0]).update(`${header}.${claims}`).digest('base64url'))
  })

  test('basic and a given JWT are passed as they are', () => {
    expect(tokenOf('basic')).toBe(`Basic ${btoa(`${keyIds[0]}:${secrets[0]}`)}`)
    expect(tokenOf('jwt')).toBe(`Bearer ${secrets[0]}`)
  })

  test('a secret that was replaced counts at once', () => {
    const app = appAt('https://api.smooch.io', { auth: 'jwt' })
    ;(app.keys[0]!.secret as Secret).replace('NEW')
    expect(authorization(app, app.keys[0]!)).toBe('Bearer NEW')
  })

  test.each(['a\nb', 'a b', 'é', ''])('a given JWT like %j is not put into a header', (value) => {
    const app = { ...appAt('https://api.smooch.io', { auth: 'jwt' }), keys: [{ id: 'k', secret: new Secret(value) }] }
    expect(authorization(app, app.keys[0]!)).toBeUndefined()
  })

  test('ids, secrets and the basic blob of every key are recognised', () => {
    const app = appAt('https://api.smooch.io', { keys: 2 })
    for (const it of [...keyIds, ...secrets, btoa(`${keyIds[1]}:${secrets[1]}`)]) expect(holdsCredential(app, `so: ${it}!`)).toBe(true)
    expect(holdsCredential(app, 'Authorization is required')).toBe(false)
  })

  test('a refused key gives way to the other, once for all that were refused together', () => {
    const app = appAt('https://api.smooch.io', { keys: 2 })
    const keyring = createKeyring()
    const [first, second] = app.keys
    expect(keyring.current(app)).toBe(first)
    expect([keyring.refuse(app, first!), keyring.refuse(app, first!)]).toEqual([second, second])
    expect(keyring.current(app)).toBe(second)
    keyring.refuse(app, second!)
    expect(keyring.current(app)).toBe(first)
  })

  test('a key that was taken out of the settings is forgotten', () => {
    const app = appAt('https://api.smooch.io', { keys: 2 })
    const keyring = createKeyring()
    keyring.refuse(app, app.keys[0]!)
    expect(keyring.current({ ...app, keys: [app.keys[0]!] })).toBe(app.keys[0])
    expect(keyring.refuse({ ...app, keys: [app.keys[0]!] }, app.keys[0]!)).toBeUndefined()
  })
})
