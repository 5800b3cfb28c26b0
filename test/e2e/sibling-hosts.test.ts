/** Signing out at a staff origin beside the provider's, in Chromium: Clear-Site-Data with "cookies" reached all hosts of the domain, the provider's session among them, so that it told nobody else of the sign-out. */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { describe, expect, test } from '@jest/globals'
import { startBff } from '../support/bff.ts'
import { freePort } from '../support/free-port.ts'
import { chromiumInstalled, openBrowser } from './browser.ts'

const given = chromiumInstalled() ? describe : describe.skip

given('two hosts of one domain', () => {
  test('what signs out at the staff host leaves the cookies of its sibling alone, and forgets its own storage', async () => {
    const sibling = createServer((req, res) => {
      if (req.url === '/set') res.setHeader('set-cookie', 'provider-session=kept; Path=/; HttpOnly')
      res.setHeader('content-type', 'text/html').end(`<!doctype html><title>id</title><p>${req.headers.cookie ?? 'nothing'}</p>`)
    }).listen(0, '127.0.0.1')
    await new Promise((resolve) => sibling.once('listening', resolve))
    const id = `http://id.corp.localhost:${(sibling.address() as AddressInfo).port}`
    const port = await freePort()
    const staff = `http://staff.corp.localhost:${port}`
    await using bff = await startBff({ env: { PORT: String(port), PUBLIC_ORIGIN: `http://localhost:${port}`, STAFF_ORIGIN: staff } })
    const minted = await bff.private('POST', '/sessions', { kind: 'cookie', roles: ['admin'], actor: { id: 'ada' } })
    await using browser = await openBrowser(staff)
    const { page } = browser
    await page.goto(`${id}/set`)
    const [name = '', value = ''] = String(minted.json.setCookie).split(';')[0]!.split('=')
    await page.context().addCookies([{ name, value, url: staff, httpOnly: true, sameSite: 'Strict' }])
    await page.goto(`${staff}/bff/ops`)
    await page.getByText('Audit console').first().waitFor()
    await page.evaluate(() => localStorage.setItem('left', 'behind'))
    const status = await page.evaluate(
      async () => (await fetch('/bff/auth/session', { method: 'DELETE', headers: { 'X-BFF-CSRF': '1' } })).status,
    )
    expect(status).toBe(204)
    expect(await page.evaluate(() => localStorage.length)).toBe(0)
    expect((await page.goto(`${staff}/bff/ops`))?.status()).toBe(401)
    await page.goto(id)
    expect(await page.locator('p').textContent()).toBe('provider-session=kept')
    sibling.close()
    sibling.closeAllConnections()
  })
})
