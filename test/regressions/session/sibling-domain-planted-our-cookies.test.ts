/** A Unicode trim took U+00A0 off a cookie's name, so that a sibling domain could set `__Host-…` past the browser's rule. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { type Bff, mina, startBff } from '../../support/bff.ts'
import { sendRaw } from '../../support/raw.ts'

const modes = [
  { origin: 'https://app.example.com', session: '__Host-Http-bff', signIn: '__Host-bff-tx-Abcdefgh_123' },
  { origin: 'http://localhost', session: 'bff-dev', signIn: 'bff-dev-tx-Abcdefgh_123' },
]

describe.each(modes)('at $origin', ({ origin, session, signIn }) => {
  let bff: Bff
  let token: string
  beforeAll(async () => {
    bff = await startBff({ env: { PUBLIC_ORIGIN: origin } })
    token = (await bff.private('POST', '/sessions', { kind: 'cookie', userId: mina.userId })).json.token
  })
  afterAll(async () => {
    await bff[Symbol.asyncDispose]()
  })

  const ask = async (...cookies: string[]) => {
    const lines = ['GET /bff/auth/session HTTP/1.1', `Host: ${new URL(origin).host}`, 'X-BFF-CSRF: 1', 'Sec-Fetch-Site: same-origin']
    const text = [...lines, ...cookies.map((it) => `Cookie: ${it}`), 'Connection: close', '', ''].join('\r\n')
    const { first } = await sendRaw({ port: Number(new URL(bff.app.publicUrl).port) }, text)
    return [first.status, first.status === 200 && (first.json() as { signedIn: boolean }).signedIn]
  }
  const signedIn = [200, true]
  const refused = [400, false]

  test('the exact name signs in, with SP and HTAB around the pair', async () => {
    for (const cookie of [`${session}=${token}`, `a=b;\t ${session}=${token}\t ;c=d`, `a=b;${session}=${token};`])
      expect(await ask(cookie)).toEqual(signedIn)
  })

  const odd = Array.from({ length: 256 }, (_, code) => String.fromCharCode(code)).filter((it) => !/[!-~\r\n]/.test(it))
  test.each([
    ['session', session],
    ['sign-in', signIn],
  ])('no odd byte in the name of the %s cookie is overlooked', async (_what, name) => {
    const passed: string[] = []
    for (const byte of odd) {
      const blank = byte === ' ' || byte === '\t'
      const middle = `${name.slice(0, 5)}${byte}${name.slice(5)}`
      const answers = await Promise.all([...(blank ? [] : [`${byte}${name}`]), `${name}${byte}`, middle].map((it) => ask(`${it}=${token}`)))
      if (answers.some(([status]) => status !== 400)) passed.push(byte)
    }
    expect(passed).toEqual([])
  })

  const latin1 = (text: string) => Buffer.from(text).toString('latin1')
  test.each([
    ['a zero-width space', (name: string) => `${latin1('\u200b')}${name}`],
    ['an en quad', (name: string) => `${latin1('\u2000')}${name}`],
    ['a byte order mark', (name: string) => `${latin1('\ufeff')}${name}`],
    ['capitals', (name: string) => name.toUpperCase()],
    ['a percent-encoded letter', (name: string) => name.replace('-', '%2d')],
    ['a percent-encoded blank', (name: string) => `%20${name}`],
    ['no name before it', (name: string) => `=${name}`],
    ['two empty names before it', (name: string) => `==${name}`],
    ['an odd byte for a name before it', (name: string) => `\xa0=${name}`],
    ['quotation marks', (name: string) => `"${name}"`],
  ])('%s: refused, alone and beside the true one', async (_what, change) => {
    for (const name of [session, signIn]) {
      expect(await ask(`${change(name)}=${token}`)).toEqual(refused)
      expect(await ask(`${session}=${token}; ${change(name)}=x`)).toEqual(refused)
      expect(await ask(`a=b; ${change(name)}=x`, `${session}=${token}`)).toEqual(refused)
    }
  })

  test('our name without a value is a nameless cookie that holds it: refused', async () => {
    expect(await ask(session)).toEqual(refused)
  })

  test('a cookie of ours may come once, also that of a sign-in', async () => {
    for (const name of [session, signIn]) expect(await ask(`${name}=${token}; ${name}=${token}`)).toEqual(refused)
  })

  test("others' cookies are none of our business", async () => {
    const others = [
      `theme=\xa0dark`,
      `caf\xe9=1`,
      `note=${session}=x`,
      `x${session}=1`,
      `${session}2=1`,
      '__Host-other=1',
      'a',
      '=b',
      `q="${session}=1"`,
      '%zz=1',
    ]
    for (const other of others) expect(await ask(`${other}; ${session}=${token}`)).toEqual(signedIn)
  })
})
