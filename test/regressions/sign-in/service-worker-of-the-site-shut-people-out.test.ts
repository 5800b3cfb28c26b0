/** A service worker of the business's own site that passes page loads on, as those of installable pages do, made them look like calls of a script: signing in, signing out and the console were 403 for whoever had visited that site before. */
import { describe, expect, test } from '@jest/globals'
import type { RequestHandler } from 'express'
import { pageRoutes } from '../../../src/http/endpoint.ts'
import { chromiumInstalled, openBrowser } from '../../e2e/browser.ts'
import { ask } from '../../security/requests.ts'
import { startBff } from '../../support/bff.ts'
import { startProvider } from '../../support/provider.ts'
import { providerEnv } from '../../support/with-provider.ts'

const site = `<!doctype html><title>Shop</title>
<a id="in" href="/bff/auth/login?returnTo=/?back">Sign in</a> <a id="console" href="/bff/ops">Console</a>
<form method="post" action="/bff/auth/logout"><button id="out">Sign out</button></form>
<script>
window.controlled = navigator.serviceWorker.register('/worker.js').then(() => new Promise((resolve) => {
  if (navigator.serviceWorker.controller) resolve()
  navigator.serviceWorker.addEventListener('controllerchange', resolve)
}))
</script>`
const worker = `addEventListener('install', () => skipWaiting())
addEventListener('activate', (event) => event.waitUntil(clients.claim()))
addEventListener('fetch', (event) => event.respondWith(fetch(event.request)))`

const given = chromiumInstalled() ? describe : describe.skip
given('behind a service worker that passes on what it gets', () => {
  test('people sign in, read the console and sign out; what another site frames is refused as before', async () => {
    await using provider = await startProvider()
    provider.accounts.set('ada', { name: 'Ada Admin', roles: ['support-lead'] })
    const policy = "default-src 'self'; script-src 'self' 'unsafe-inline'; form-action 'self' http:"
    const says =
      (type: string, text: string): RequestHandler =>
      (_req, res) =>
        void res.set('Content-Security-Policy', policy).type(type).send(text)
    const root = pageRoutes({ '/': [says('html', site)], '/worker.js': [says('js', worker)] })
    await using bff = await startBff({ env: providerEnv(provider), extend: () => ({ root }) })
    const origin = bff.app.origins[0]!
    provider.register([origin], `${origin}/bff/auth/backchannel-logout`)
    await using browser = await openBrowser(origin)
    const { page } = browser
    await page.goto('/')
    await page.evaluate('window.controlled')

    await page.click('#in')
    await page.waitForURL((url) => url.origin === provider.issuer)
    await page.fill('input[name=login]', 'ada')
    await page.fill('input[name=password]', 'x')
    await page.click('button[type=submit]')
    await page.waitForURL(/\?back$/)
    await page.click('#console')
    await page.getByText('Ada Admin').first().waitFor()
    await page.goto('/')
    await page.click('#out')
    await page.waitForURL((url) => url.origin === provider.issuer)
    expect(await page.context().cookies(origin)).toEqual([])
  })
})

test.each([
  ['a page that a worker passes on', { 'Sec-Fetch-Mode': 'navigate', 'Sec-Fetch-Dest': 'empty' }, [302, 200]],
  ['a frame', { 'Sec-Fetch-Mode': 'navigate', 'Sec-Fetch-Dest': 'iframe' }, [403, 403]],
  ['a script', { 'Sec-Fetch-Mode': 'cors', 'Sec-Fetch-Dest': 'empty' }, [403, 403]],
  ['a link that fetches ahead', { 'Sec-Fetch-Mode': 'no-cors', 'Sec-Fetch-Dest': 'empty' }, [403, 403]],
])('%s is answered by its mode', async (_what, headers, statuses) => {
  await using provider = await startProvider()
  await using bff = await startBff({ env: providerEnv(provider) })
  const { cookie = '' } = await bff.signIn({ kind: 'cookie', roles: ['auditor'], actor: { id: 'iris' } })
  const send = async (path: string) =>
    (await ask(bff, { path, headers: { cookie, accept: 'text/html', 'Sec-Fetch-Site': 'same-origin', ...headers } })).status
  expect([await send('/auth/login'), await send('/ops')]).toEqual(statuses)
})
