/** Who loaded the page of the callback again, or went back to it, was told that the sign-in was too old or of another browser, and ten such visits stopped everybody at that address. And a provider that was away for a moment used the sign-in up. */
import { randomUUID } from 'node:crypto'
import { expect, test } from '@jest/globals'
import type { ProviderSetUp } from '../../support/provider.ts'
import { createWalker } from '../../support/walk.ts'
import { startWithProvider, type WithProvider } from '../../support/with-provider.ts'

/** As far as the address at which the provider, which knows the person, sends the browser back. */
const almost = async (it: WithProvider) => {
  const walker = await it.signIn('mina')
  const { headers } = await walker.visit(`${it.origin}/bff/auth/login?returnTo=/chat`)
  return { walker, back: (await walker.visit(headers.get('location')!)).headers.get('location')! }
}

test('a second visit is told that the sign-in is finished, and leads on', async () => {
  await using it = await startWithProvider()
  const { walker, back } = await almost(it)
  expect((await walker.visit(back)).status).toBe(200)
  const again = await walker.visit(back)
  expect([again.status, again.text]).toEqual([400, expect.stringContaining('sign_in_finished')])
  expect(again.text).toContain('<a href="/">Go on</a>')
  expect(again.headers.getSetCookie()).toEqual([])
  expect(await it.who(walker.headers(it.origin))).toMatchObject({ signedIn: true })
})

test('one that never came back is told as such, in a browser that did not begin it', async () => {
  await using it = await startWithProvider()
  const { back } = await almost(it)
  const stranger = await createWalker().visit(back)
  expect([stranger.status, stranger.text]).toEqual([400, expect.stringContaining('in another browser')])
})

test('visits with a state of ours are no guesses, others are', async () => {
  await using it = await startWithProvider({ LIMIT_FAILURES: '3', SESSION_PEPPERS: `p1:${randomUUID()}` })
  const { walker, back } = await almost(it)
  for (let turn = 0; turn < 6; turn += 1) expect((await walker.visit(back)).status).toBe(turn === 0 ? 200 : 400)
  const forged = (state: string) => walker.visit(`${it.origin}/bff/auth/callback?code=x&state=${state}`)
  const ours = new URL(back).searchParams.get('state')!
  const answers = []
  for (const state of [`${ours.slice(0, -1)}${ours.endsWith('A') ? 'B' : 'A'}`, '', 'x'.repeat(43), ours])
    answers.push((await forged(state)).status)
  expect(answers).toEqual([400, 400, 400, 429])
})

test('a provider that is away for a moment does not use the sign-in up: the same page, loaded again, signs in', async () => {
  const token: { away: boolean } = { away: false }
  const answer: NonNullable<ProviderSetUp['answer']> = (req, res) => {
    if (!token.away || !req.url?.startsWith('/token')) return false
    res.writeHead(503).end()
    return true
  }
  await using it = await startWithProvider({}, { answer })
  const { walker, back } = await almost(it)
  token.away = true
  const first = await walker.visit(back)
  expect([first.status, first.headers.getSetCookie()]).toEqual([503, []])
  expect(first.text).toContain('href="/bff/auth/login?provider=default&amp;returnTo=%2Fchat"')
  token.away = false
  expect((await walker.visit(back)).status).toBe(200)
})
