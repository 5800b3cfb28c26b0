import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import type { RequestHandler } from 'express'
import type { BrowserContext, Page } from 'playwright-core'
import { pageRoutes } from '../../src/http/endpoint.ts'
import { asPage } from '../../src/http/response-headers.ts'
import { appId } from '../support/bff.ts'
import { startProvider, type TestProvider } from '../support/provider.ts'
import { type Replicas, startReplicas } from '../support/replicas.ts'
import { until } from '../support/until.ts'
import { providerEnv } from '../support/with-provider.ts'
import { type Browser, chromiumInstalled, openBrowser } from './browser.ts'

const redisUrl = process.env['TEST_REDIS_URL']
const given = chromiumInstalled() && redisUrl ? describe : describe.skip

const html = `<!doctype html><title>Shop</title><p>A page of the customer's</p>
<a id="in" href="/bff/auth/login?returnTo=/?back">Sign in</a> <a id="up" href="/bff/auth/login?stepUp=1&amp;returnTo=/?stepped">Prove it is you</a>
<form method="post" action="/bff/auth/logout"><button id="out">Sign out</button></form>`

given('a person with a browser, a real provider and two replicas', () => {
  let provider: TestProvider
  let replicas: Replicas
  let browser: Browser
  let context: BrowserContext
  beforeAll(async () => {
    provider = await startProvider()
    provider.accounts.set('ada', { name: 'Ada Admin', roles: ['support-lead'] })
    const policy = `default-src 'self'; form-action 'self' ${provider.issuer}`
    const page: RequestHandler = (_req, res) => void res.set('Content-Security-Policy', policy).type('html').send(html)
    const root = pageRoutes({ '/': [asPage, page] })
    replicas = await startReplicas({ env: { ...providerEnv(provider), REDIS_URL: redisUrl! }, extend: () => ({ root }) })
    provider.register([replicas.origin], `${replicas.origin}/bff/auth/backchannel-logout`)
    browser = await openBrowser(replicas.origin)
    context = browser.page.context()
  })
  afterAll(async () => {
    await browser[Symbol.asyncDispose]()
    await replicas[Symbol.asyncDispose]()
    await provider.stop()
  })

  /** A call as the page's own script makes it. */
  const call = (page: Page, method: string, path: string): Promise<{ status: number; body: Record<string, unknown> }> =>
    page.evaluate(
      async ([method, path]) => {
        const answer = await fetch(`/bff${path}`, { method: method!, headers: { 'X-BFF-CSRF': '1' } })
        const text = await answer.text()
        return { status: answer.status, body: text ? (JSON.parse(text) as Record<string, unknown>) : {} }
      },
      [method, path],
    )
  const fillIn = async (page: Page, login: string, then: RegExp) => {
    await page.fill('input[name=login]', login)
    await page.fill('input[name=password]', 'x')
    await page.click('button[type=submit]')
    await page.waitForURL(then)
  }
  const signIn = async (page: Page, login: string) => {
    await context.clearCookies()
    await page.goto(replicas.origin)
    await page.click('#in')
    await fillIn(page, login, /\?back$/)
  }
  const sessionCookie = async () => (await context.cookies(replicas.origin)).find(({ name }) => name === 'bff-dev')

  test('signs in, uses the API, steps up for what cannot be undone, and signs out', async () => {
    const page = await context.newPage()
    await signIn(page, 'ada')
    expect(await sessionCookie()).toMatchObject({ httpOnly: true, sameSite: 'Strict', path: '/', domain: 'localhost' })
    expect(await page.evaluate(() => document.cookie)).toBe('')
    expect((await call(page, 'GET', '/v1.1/appusers/me')).body).toMatchObject({ appUser: { userId: 'ada' } })
    expect((await call(page, 'GET', '/auth/session')).body).toMatchObject({ signedIn: true, roles: ['user', 'admin'], userId: 'ada' })
    expect((await call(page, 'GET', '/auth/sessions')).body).toMatchObject({ sessions: [{ current: true, device: 'Chrome, Linux' }] })

    // A session whose person proved who they are long ago.
    const authTime = Math.floor(Date.now() / 1000) - 3_600
    const minted = await replicas.each[0].signIn({ kind: 'cookie', userId: 'ada', roles: ['user', 'admin'], authTime })
    const value = minted['cookie']!.slice('bff-dev='.length)
    await context.addCookies([{ name: 'bff-dev', value, url: replicas.origin, httpOnly: true, sameSite: 'Strict' }])
    for (const { sandbox } of replicas.each) sandbox.createUser(appId, { userId: 'to-clear', givenName: 'Gone' })
    expect(await call(page, 'DELETE', '/v1.1/appusers/to-clear/profile')).toMatchObject({
      status: 401,
      body: { error: { code: 'step_up_required' } },
    })
    await page.click('#up')
    await fillIn(page, 'ada', /\?stepped$/)
    expect((await call(page, 'DELETE', '/v1.1/appusers/to-clear/profile')).status).toBe(200)
    expect((await sessionCookie())?.value).not.toBe(value)

    // No script reads where the form leads.
    const seen = await page.evaluate(async () => {
      const answer = await fetch('/bff/auth/logout', { method: 'POST', redirect: 'manual', body: new URLSearchParams() })
      return [answer.status, answer.url, await answer.text()].join(' ')
    })
    expect(seen).toMatch(/^403 .*csrf/)
    await page.click('#out')
    await page.waitForURL((url) => url.origin === provider.issuer)
    expect(new URL(page.url()).searchParams.has('id_token_hint')).toBe(true)
    expect(await sessionCookie()).toBeUndefined()
    await page.click('button[value=yes], button[type=submit]')
    await page.waitForURL(`${replicas.origin}/`)
    expect((await call(page, 'GET', '/auth/session')).body).toEqual({ signedIn: false })

    await signIn(page, 'ada')
    const out = await call(page, 'DELETE', '/auth/session')
    expect(out).toMatchObject({ status: 200, body: { endSession: expect.stringContaining(provider.issuer) } })
    expect(await sessionCookie()).toBeUndefined()
    await page.goto(String(out.body['endSession']))
    await page.click('button[value=yes], button[type=submit]')
    await page.waitForURL(`${replicas.origin}/`)
    expect(Math.min(...replicas.served)).toBeGreaterThan(0)
    await page.close()
  })

  test("a logout at the provider ends the tab's session", async () => {
    const tab = await context.newPage()
    await signIn(tab, 'ada')
    expect((await call(tab, 'GET', '/auth/session')).body['signedIn']).toBe(true)
    const elsewhere = await context.newPage()
    await elsewhere.goto(`${provider.issuer}/session/end`)
    await elsewhere.click('button[value=yes], button[type=submit]')
    await elsewhere.waitForURL(/success|end/)
    await until(async () => !(await call(tab, 'GET', '/auth/session')).body['signedIn'])
    expect((await call(tab, 'GET', '/v1.1/appusers/me')).status).toBe(401)
    await elsewhere.close()
    await tab.close()
  })
})
