/** What a step-up must not pass for: a provider that asked nobody, a session that has ended, one way back that is gone twice; and whose address it is. */
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from '@jest/globals'
import { forStaffOrigin } from '../../src/sign-in/claims.ts'
import { startWithProvider } from '../support/with-provider.ts'

test('does not count where the provider lets the person through unasked, as it does when it ignores prompt and max_age', async () => {
  await using it = await startWithProvider(
    {},
    {
      answer: (req) => {
        if (req.url?.startsWith('/auth?')) req.url = req.url.replace(/&prompt=[^&]*/, '').replace(/max_age=\d+/, 'max_age=31536000')
        return false
      },
    },
  )
  const walker = await it.signIn('ada')
  const before = await it.who(walker.headers(it.origin))
  // More than the slack for times in whole seconds.
  await sleep(4_100)
  const { last } = await walker.signIn(`${it.origin}/bff/auth/login?stepUp=1`, 'ada')
  expect([last.status, last.text]).toEqual([401, expect.stringContaining('did not ask you to sign in again')])
  expect(await it.who(walker.headers(it.origin))).toEqual(before)
})

test('brings no session back that ended meanwhile', async () => {
  await using it = await startWithProvider()
  const walker = await it.signIn('ada')
  const begun = await walker.visit(`${it.origin}/bff/auth/login?stepUp=1`)
  const headers = walker.headers(it.origin)
  expect((await it.bff.call('DELETE', '/auth/session', { headers })).status).toBe(200)
  const { last } = await walker.signIn(begun.headers.get('location')!, 'ada')
  expect([last.status, last.text]).toEqual([400, expect.stringContaining('Your session has ended meanwhile')])
  expect(await it.who(walker.headers(it.origin))).toEqual({ signedIn: false })
})

test('one way back that is gone twice at once signs in once', async () => {
  await using it = await startWithProvider()
  const walker = await it.signIn('ada')
  let at = await walker.visit(`${it.origin}/bff/auth/login`)
  while (!at.headers.get('location')!.startsWith(`${it.origin}/bff/auth/callback`)) at = await walker.visit(at.headers.get('location')!)
  const way = at.headers.get('location')!
  const both = await Promise.all([walker.visit(way), walker.visit(way)])
  expect(both.map(({ status }) => status).sort()).toEqual([200, 400])
  expect(both.find(({ status }) => status === 400)!.text).toContain('sign_in_finished')
})

test('with a staff origin staff who are no customers have nothing to sign in to elsewhere', () => {
  const staff = { actor: { id: 'ada' }, roles: ['agent'] } satisfies Parameters<typeof forStaffOrigin>[0]
  expect(() => forStaffOrigin(staff, false)).toThrow('Staff sign in at their own address.')
  expect(() => forStaffOrigin({ ...staff, roles: ['user'] }, true)).toThrow('Only staff sign in here.')
  expect(forStaffOrigin({ ...staff, userId: 'ada', roles: ['user', 'agent'] }, true)).toEqual({ ...staff, userId: undefined })
})
