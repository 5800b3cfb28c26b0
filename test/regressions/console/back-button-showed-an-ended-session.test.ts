/** Chromium keeps pages for its Back button although they say no-store, and lets go of them when a cookie changes. A session that had ended on the server, as by a sign-out everywhere or by idle time, changed none: Back showed the page of an operation, names and all, and nobody was asked. */
import { describe, expect, test } from '@jest/globals'
import type { RequestHandler } from 'express'
import { pageRoutes } from '../../../src/http/endpoint.ts'
import { chromiumInstalled, openBrowser } from '../../e2e/browser.ts'
import { appId, startBff } from '../../support/bff.ts'

const given = chromiumInstalled() ? describe : describe.skip
given('the page of an operation', () => {
  test('is gone with the session', async () => {
    const shop: RequestHandler = (_req, res) => void res.type('html').send('<!doctype html><title>Shop</title><main>shop</main>')
    await using bff = await startBff({ extend: () => ({ root: pageRoutes({ '/shop': [shop], '/elsewhere': [shop] }) }) })
    const origin = bff.app.origins[0]!
    const user = bff.sandbox.createUser(appId, { userId: 'anna-b' })
    const staff = await bff.signIn({ roles: ['admin'], actor: { id: 'ada' } })
    const deleted = await bff.call('DELETE', `/v1.1/appusers/${user._id}`, { headers: staff })
    const { cookie = '' } = await bff.signIn({ kind: 'cookie', roles: ['auditor'], actor: { id: 'iris' } })
    const [name = '', value = ''] = cookie.split(/=(.*)/s)

    await using browser = await openBrowser(origin, { withoutFlags: ['--disable-back-forward-cache'] })
    const { page } = browser
    await page.context().addCookies([{ name, value, url: origin, httpOnly: true, sameSite: 'Strict' }])
    /** Back, as a person goes: the driver waits for a load that a page that was kept does not have. */
    const leaveAndComeBack = async (meanwhile: () => Promise<unknown>) => {
      await page.goto('/elsewhere')
      await meanwhile()
      await page.evaluate(() => void setTimeout(() => history.back()))
    }
    // That this browser keeps pages at all.
    await page.goto('/shop')
    await page.locator('main').evaluate((main) => main.replaceChildren('kept'))
    await leaveAndComeBack(async () => undefined)
    await page.getByText('kept').waitFor()

    await page.goto(`/bff/ops/operations/${deleted.headers.get('audit-operation')}`)
    await page.getByText('anna-b').first().waitFor()
    await leaveAndComeBack(() => bff.private('POST', '/sessions/end', { actorId: 'iris' }))
    await page.getByText('You are not signed in').waitFor()
    expect(await page.content()).not.toContain('anna-b')
  })
})
