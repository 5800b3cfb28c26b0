/** A service worker of the business's own site that passes page loads on. Firefox gives them the mode `same-origin`, which looked like a call of a script, so that nobody could sign in or open the console (request as
 * Firefox 153 sends it). A form that came without our cookie took the cookie from the browser all the same, and wiped the site's data. */
import { describe, expect, test } from '@jest/globals'
import { ask } from '../../security/requests.ts'
import { type Bff, startBff } from '../../support/bff.ts'
import { startProvider } from '../../support/provider.ts'
import { providerEnv } from '../../support/with-provider.ts'

const accept = 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8'
const site = { accept, 'Sec-Fetch-Site': 'same-origin', 'Sec-Fetch-Dest': 'empty' }
const firefox = { ...site, 'Sec-Fetch-Mode': 'same-origin' }
const passedOn = { ...site, 'Sec-Fetch-Mode': 'navigate' }

const withProvider = async (run: (bff: Bff) => Promise<void>) => {
  await using provider = await startProvider()
  await using bff = await startBff({ env: { ...providerEnv(provider), CLEAR_SITE_DATA: 'always' } })
  await run(bff)
}

describe('behind a service worker', () => {
  test('a page opens in Firefox, and a sign-in begins; nothing else of that mode is let in', () =>
    withProvider(async (bff) => {
      const { cookie = '' } = await bff.signIn({ kind: 'cookie', roles: ['auditor'], actor: { id: 'iris' } })
      const statuses = async (headers: Record<string, string>) => [
        (await ask(bff, { path: '/auth/login', headers: { cookie, ...headers } })).status,
        (await ask(bff, { path: '/ops', headers: { cookie, ...headers } })).status,
      ]
      expect(await statuses(firefox)).toEqual([302, 200])
      for (const other of [
        { 'Sec-Fetch-Site': 'cross-site' },
        { 'Sec-Fetch-Site': 'same-site' },
        { 'Sec-Fetch-Dest': 'iframe' },
        { 'Sec-Fetch-Mode': 'cors' },
        { 'Sec-Purpose': 'prefetch' },
      ])
        expect([other, await statuses({ ...firefox, ...other })]).toEqual([other, [403, 403]])
    }))

  test.each(['null', 'ours'])('a form in Firefox could be of another site, and is refused in words that help: Origin %s', (origin) =>
    withProvider(async (bff) => {
      const { cookie = '' } = await bff.signIn({ kind: 'cookie', userId: 'mina' })
      const headers = { cookie, ...firefox, Origin: origin === 'ours' ? bff.app.origins[0]! : origin }
      const answer = await ask(bff, { method: 'POST', path: '/auth/logout', headers })
      expect(answer.status).toBe(403)
      expect(answer.body).toContain('a service worker has to leave it alone')
      expect(answer.headers['set-cookie']).toBeUndefined()
    }),
  )

  test('a form that comes without our cookie ends and wipes nothing; with it the person is signed out', () =>
    withProvider(async (bff) => {
      const { cookie = '' } = await bff.signIn({ kind: 'cookie', userId: 'mina' })
      const headers = { ...passedOn, Origin: bff.app.origins[0]! }
      const leave = async (more: Record<string, string>) => {
        const answer = await ask(bff, { method: 'POST', path: '/auth/logout', headers: { ...headers, ...more } })
        return [answer.status, 'set-cookie' in answer.headers, 'clear-site-data' in answer.headers]
      }
      expect(await leave({})).toEqual([303, false, false])
      expect(await leave({ cookie })).toEqual([303, true, true])
    }))
})
