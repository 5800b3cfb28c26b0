/** The OpenAPI document showed a session cookie by a name that it has not borne since __Host-Http-, and an entry that stays fresh for longer than any does. */
import { expect, test } from '@jest/globals'
import { lifetimes } from '../../../src/cache/lifetimes.ts'
import { startBff } from '../../support/bff.ts'

const nameOf = (cookie: string): string => cookie.slice(0, cookie.indexOf('='))
const attributesOf = (cookie: string): string => cookie.slice(cookie.indexOf(';'))

test('the examples of headers are what the service sends over https', async () => {
  await using bff = await startBff({ env: { PUBLIC_ORIGIN: 'https://app.example.com' } })
  await using onThisMachine = await startBff()
  const { json } = await onThisMachine.call('GET', '/openapi.json')
  const { headers } = json.components as { headers: Readonly<Record<string, { example: string }>> }
  const shown = headers['Set-Cookie']!.example
  const { json: minted } = await bff.private('POST', '/sessions', { kind: 'cookie', userId: 'cust-20481' })
  expect([nameOf(shown), attributesOf(shown)]).toEqual([nameOf(minted.setCookie), attributesOf(minted.setCookie)])
})

test('an entry is shown to stay fresh no longer than one does', async () => {
  await using bff = await startBff()
  const { json } = await bff.call('GET', '/openapi.json')
  const { example } = json.components.headers['Cache-Status']
  expect(Number(/ttl=(\d+)/.exec(example)![1]) * 1000).toBeLessThanOrEqual(lifetimes.freshMs)
})
