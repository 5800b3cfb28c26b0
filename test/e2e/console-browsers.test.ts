/** The console where browsers differ: many tabs over HTTP/1.1, an engine that cannot iterate a stream, plain http on an address of the local network. */
import { readFileSync } from 'node:fs'
import { text } from 'node:stream/consumers'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import type { Page } from 'playwright-core'
import { appId, startBff } from '../support/bff.ts'
import { freePort } from '../support/free-port.ts'
import { sendRaw } from '../support/raw.ts'
import { chromiumInstalled, openBrowser } from './browser.ts'
import { type Console, openConsole } from './console-page.ts'

const withBrowser = chromiumInstalled() ? describe : describe.skip

/** A browser without a screen shows every tab; this says of one what a screen would. */
const show = (page: Page, shown: boolean) =>
  page.evaluate((is) => {
    Object.defineProperty(document, 'hidden', { value: !is, configurable: true })
    document.dispatchEvent(new Event('visibilitychange'))
  }, shown)

withBrowser('tabs of the console', () => {
  let it: Console
  beforeAll(async () => {
    it = await openConsole()
    await it.enterAsAdmin()
  })
  afterAll(() => it[Symbol.asyncDispose]())

  test('seven of them leave the origin free: a hidden one holds no connection, and shows what came meanwhile when it is shown', async () => {
    const tabs: Page[] = []
    for (let i = 0; i < 7; i += 1) {
      for (const tab of tabs.slice(-1)) await show(tab, false)
      const tab = i === 0 ? it.page : await it.page.context().newPage()
      tab.setDefaultTimeout(40_000)
      await tab.goto('/bff/ops')
      await tab.getByText('Live: new operations').waitFor()
      tabs.push(tab)
    }
    const last = tabs[6]!
    const operation = await it.remove(it.person()._id)
    const row = (tab: Page) => tab.locator(`#found .op[data-op="${operation}"]`)
    await row(last).waitFor()
    expect(await row(tabs[0]!).count()).toBe(0)
    await show(last, false)
    await show(tabs[0]!, true)
    await row(tabs[0]!).waitFor()
    const later = await it.remove(it.person()._id)
    await tabs[0]!.locator(`#found .op[data-op="${later}"]`).waitFor()
    for (const tab of tabs.slice(1)) await tab.close()
  })

  test('a tab that was opened behind another goes live when it is shown', async () => {
    const tab = await it.page.context().newPage()
    tab.setDefaultTimeout(40_000)
    await tab.addInitScript(() => Object.defineProperty(document, 'hidden', { value: true, configurable: true }))
    const asked: string[] = []
    tab.on('request', (request) => asked.push(request.url()))
    await tab.goto('/bff/ops')
    await tab.waitForLoadState('load')
    expect(asked.filter((url) => url.includes('/api/stream'))).toEqual([])
    await show(tab, true)
    await tab.getByText('Live: new operations').waitFor()
    await tab.close()
  })

  test('an export is saved by an engine that cannot iterate a stream, as WebKit', async () => {
    await it.remove(it.person()._id)
    await it.page.addInitScript(() => {
      delete (ReadableStream.prototype as { [Symbol.asyncIterator]?: unknown })[Symbol.asyncIterator]
      delete (ReadableStream.prototype as { values?: unknown }).values
    })
    await it.page.goto('/bff/ops')
    const [saved] = await Promise.all([it.page.waitForEvent('download'), it.page.getByRole('link', { name: 'NDJSON' }).click()])
    expect(saved.suggestedFilename()).toMatch(/^journal-.*\.ndjson$/)
    expect(await text(await saved.createReadStream())).toContain('delete_app_user')
    await it.page.getByText('Saved: journal-').waitFor()
  })
})

withBrowser('the console over plain http on an address of the local network', () => {
  test('works, and says what browsers do not allow there', async () => {
    const port = await freePort()
    const origin = `http://console.lan:${port}`
    await using bff = await startBff({ env: { PUBLIC_ORIGIN: origin, PORT: String(port) } })
    await using browser = await openBrowser(origin, { flags: ['--host-resolver-rules=MAP console.lan 127.0.0.1'] })
    const { page } = browser
    const { cookie = '' } = await bff.signIn({ kind: 'cookie', roles: ['admin'], actor: { id: 'ada', name: 'Ada' } })
    const [name = '', value = ''] = cookie.split(/=(.*)/s)
    await page.context().addCookies([{ name, value, url: origin, httpOnly: true, sameSite: 'Strict' }])
    const user = bff.sandbox.createUser(appId, { userId: 'lan', givenName: 'Grace' })
    const admin = await bff.signIn({ roles: ['admin'], actor: { id: 'ada' } })
    const { first } = await sendRaw(
      { port },
      `DELETE /bff/v1.1/appusers/${user._id} HTTP/1.1\r\nHost: console.lan:${port}\r\nAuthorization: ${admin['authorization']}\r\n\r\n`,
    )
    expect(first.status).toBe(200)

    const asked: string[] = []
    page.on('request', (request) => asked.push(request.url()))
    await page.goto('/bff/ops')
    expect(await page.evaluate(() => isSecureContext)).toBe(false)
    await page.getByText('Renewed every 15 seconds').waitFor()
    const [saved] = await Promise.all([page.waitForEvent('download'), page.getByRole('link', { name: 'CSV' }).click()])
    expect(readFileSync(await saved.path(), 'utf8')).toContain('delete_app_user')

    await page.locator(`#found .op[data-op="${first.headers['audit-operation']}"] .open`).click()
    await page.getByRole('button', { name: 'Reveal personal data' }).click()
    await page.getByText('That you looked is in the journal').waitFor()
    await page.getByRole('button', { name: 'Copy as pre-create body' }).click()
    await page.getByText('Browsers allow copying over https and on localhost only').waitFor()
    expect(await page.locator('#reveal output pre').textContent()).toContain('"userId": "lan"')
    const [proof] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('link', { name: 'Download the proof' }).first().click(),
    ])
    expect(proof.suggestedFilename()).toMatch(/^evt_.*\.tlog-proof$/)
    expect(asked.filter((url) => url.includes('/api/export'))).toHaveLength(1)
    // Headers that only https can give, and a stream that is read to its end by script.
    expect(browser.complaints.filter((line) => !/untrustworthy|Origin-Agent-Cluster|ERR_ABORTED/.test(line))).toEqual([])
  })
})
