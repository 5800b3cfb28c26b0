/** Browsers load pages ahead of a click where a site lets them (speculation rules). Each such load of the sign-in's address began a sign-in that nobody had asked for, and the sixth pushed the one out that somebody was at; the console's page, loaded ahead, counted as activity. */
import { describe, expect, test } from '@jest/globals'
import { type RequestHandler, Router } from 'express'
import { pageRoutes } from '../../../src/http/endpoint.ts'
import { chromiumInstalled, openBrowser } from '../../e2e/browser.ts'
import { ask } from '../../security/requests.ts'
import { startBff } from '../../support/bff.ts'
import { startProvider } from '../../support/provider.ts'
import { until } from '../../support/until.ts'
import { providerEnv, startWithProvider } from '../../support/with-provider.ts'

const rules = { prefetch: [{ urls: ['/bff/auth/login?returnTo=/'], eagerness: 'immediate' }] }
const site = `<!doctype html><title>Shop</title><a id="in" href="/bff/auth/login?returnTo=/">Sign in</a>
<script type="speculationrules">${JSON.stringify(rules)}</script>`

const given = chromiumInstalled() ? describe : describe.skip
given('a site that lets the browser load pages ahead', () => {
  test('begins a sign-in by the click alone', async () => {
    await using provider = await startProvider()
    const ahead = new Map<string, number>()
    const watch: RequestHandler = ({ path, headers }, res, next) => {
      if (headers['sec-purpose'] !== undefined) res.on('finish', () => ahead.set(path, res.statusCode))
      next()
    }
    const policy = "default-src 'self'; script-src 'self' 'unsafe-inline'"
    const page: RequestHandler = (_req, res) => void res.set('Content-Security-Policy', policy).type('html').send(site)
    const extend = () => ({ root: pageRoutes({ '/': [page] }), below: Router().use(watch) })
    await using bff = await startBff({ env: providerEnv(provider), extend })
    const origin = bff.app.origins[0]!
    provider.register([origin], `${origin}/bff/auth/backchannel-logout`)
    await using browser = await openBrowser(origin)
    await browser.page.goto('/')
    await until(() => ahead.size !== 0)
    expect(Object.fromEntries(ahead)).toEqual({ '/auth/login': 403 })
    expect(await browser.page.context().cookies(origin)).toEqual([])
    await browser.page.click('#in')
    await browser.page.waitForURL((url) => url.origin === provider.issuer)
  })
})

test('loads ahead of a click leave a sign-in under way alone, and tell nothing of the person as seen', async () => {
  await using it = await startWithProvider()
  const ahead = {
    'sec-fetch-site': 'same-origin',
    'sec-fetch-mode': 'navigate',
    'sec-fetch-dest': 'document',
    'sec-purpose': 'prefetch;prerender',
  }
  const { cookie = '' } = await it.bff.signIn({ kind: 'cookie', roles: ['auditor'], actor: { id: 'iris' } })
  for (let turn = 0; turn < 6; turn += 1) {
    const answer = await ask(it.bff, { path: '/auth/login', headers: { ...ahead, cookie } })
    expect([answer.status, answer.headers['set-cookie']]).toEqual([403, undefined])
  }
  expect((await ask(it.bff, { path: '/ops', headers: { ...ahead, cookie } })).status).toBe(403)
  const { 'sec-purpose': _, ...opened } = ahead
  expect((await ask(it.bff, { path: '/ops', headers: { ...opened, cookie } })).status).toBe(200)
})
