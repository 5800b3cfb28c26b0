/** Each view of the audit console: nothing that axe objects to, in light and in dark, usable by keyboard alone, light, and pictures of it for the documents. */

import { once } from 'node:events'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals'
import { appId } from '../support/bff.ts'
import { fillJournal } from '../support/fill-journal.ts'
import { chromiumInstalled } from './browser.ts'
import { type Console, openConsole } from './console-page.ts'

const withBrowser = chromiumInstalled() ? describe : describe.skip
const artifacts = new URL('../../test-artifacts/', import.meta.url).pathname

withBrowser('the views of the audit console', () => {
  let it: Console
  let directory: string
  let unknown: string
  let merge: string
  let removed: string
  beforeAll(async () => {
    mkdirSync(artifacts, { recursive: true })
    directory = mkdtempSync(join(tmpdir(), 'console-'))
    const url = `sqlite:${join(directory, 'journal.db')}`
    await fillJournal({ url, tenant: appId, operations: 1_500, days: 30 })
    it = await openConsole({ env: { JOURNAL_URL: url, ALERT_BURST: '8/5' }, hangMs: 400 })
    const { bff } = it
    const grace = await bff.signIn({ roles: ['admin'], actor: { id: 'grace', name: 'Grace' }, onBehalfOf: 'lena' })
    const agent = await bff.signIn({ roles: ['agent'], actor: { id: 'alex' } })
    const [one, two, three] = [it.person({ email: 'grace@example.org', properties: { plan: 'gold', seats: 3 } }), it.person(), it.person()]
    await bff.call('PUT', `/v1.1/appusers/${one._id}`, { headers: agent, json: { givenName: 'Grace' } })
    const merged = await bff.call('POST', '/v1.1/appusers/merge', {
      headers: { ...grace, 'audit-reason': 'duplicate', 'audit-ticket': 'OPS-4720' },
      json: { surviving: { _id: one._id }, discarded: { _id: two._id } },
    })
    merge = merged.headers.get('audit-operation') ?? ''
    await bff.call('DELETE', `/v1.1/appusers/${one._id}/channels/twilio`, { headers: { ...grace, 'audit-reason': 'customer_request' } })
    await bff.call('DELETE', `/v1.1/appusers/${three._id}`, { headers: agent })
    bff.sandbox.fault({ operation: 'delete_app_user', hang: true, times: 1 })
    unknown = await it.remove(three._id)
    for (let more = 0; more < 6; more += 1)
      await it.remove(it.person()._id, { 'audit-ticket': `OPS-48${more}1`, 'audit-reason': more % 2 ? 'fraud' : 'gdpr_request' })
    removed = await it.remove(one._id)
    await it.enterAsAdmin()
    await it.page.goto('/bff/ops')
    await it.page.locator('#summary').getByText('Verified', { exact: true }).waitFor()
    await it.page.reload()
  })
  afterAll(async () => {
    await it[Symbol.asyncDispose]()
    rmSync(directory, { recursive: true, force: true })
  })
  afterEach(() => {
    expect(it.browser.complaints.splice(0).filter((line) => !line.endsWith('net::ERR_ABORTED'))).toEqual([])
  })

  const views = ['timeline', 'search', 'nothing', 'operation', 'unknown', 'merge'] as const
  const pathOf = (view: (typeof views)[number]): string =>
    ({
      timeline: '/bff/ops',
      search: '/bff/ops?q=target:person-1+state:maybe',
      nothing: '/bff/ops?q=nobody',
      operation: `/bff/ops/operations/${removed}`,
      unknown: `/bff/ops/operations/${unknown}`,
      merge: `/bff/ops/operations/${merge}`,
    })[view]
  /** The page that stands there, in windows of these widths. */
  const inWidths = async <T>(widths: readonly number[], look: (width: number) => Promise<T>): Promise<[width: number, T][]> => {
    const found: [number, T][] = []
    for (const width of widths) {
      await it.page.setViewportSize({ width, height: 900 })
      found.push([width, await look(width)])
    }
    await it.page.setViewportSize({ width: 1440, height: 900 })
    return found
  }
  /** A wide window, the same at 200 %, a phone. */
  const windows = [1440, 720, 390]
  const unfaulted = windows.map((width) => [width, []])

  test.each(views)('%s has no fault that axe finds, in light and in dark, in a wide window, at 200 %% and on a phone', async (view) => {
    await it.page.goto(pathOf(view))
    for (const summary of await it.page.locator('summary').all()) await summary.click()
    const reveal = it.page.getByRole('button', { name: 'Reveal personal data' })
    if (await reveal.count()) {
      await reveal.click()
      await it.page.getByText('That you looked is in the journal').waitFor()
    }
    expect(await inWidths(windows, () => it.axe())).toEqual(unfaulted)
  })

  test('nor has the page of who is signed out', async () => {
    await it.signOut()
    await it.page.goto('/bff/ops')
    const found = await inWidths(windows, () => it.axe())
    it.expectRefusals(1)
    await it.enterAsAdmin()
    expect(found).toEqual(unfaulted)
  })

  test.each(views)('%s fits a phone and a wide screen, without scrolling sideways', async (view) => {
    await it.page.goto(pathOf(view))
    const found = await inWidths([320, 390, 800, 1440, 2200], (width) =>
      it.page.evaluate((limit) => {
        const far = [...document.querySelectorAll('main *, header *')].find(
          (element) => element.getBoundingClientRect().right > limit && !element.closest('.scroll, pre, .unseen'),
        )
        return document.documentElement.scrollWidth > limit ? (far?.outerHTML.slice(0, 200) ?? 'something') : ''
      }, width),
    )
    expect(found.filter(([, wide]) => wide !== '')).toEqual([])
  })

  test('show on a phone what stood there after, in words that are not broken', async () => {
    await it.page.setViewportSize({ width: 390, height: 844 })
    await it.page.goto(`/bff/ops/operations/${merge}`)
    await it.page.getByRole('button', { name: 'Reveal personal data' }).click()
    await it.page.getByText('That you looked is in the journal').waitFor()
    const narrowest = await it.page.locator('#diff td').evaluateAll((cells) => Math.min(...cells.map((cell) => cell.clientWidth)))
    expect(narrowest).toBeGreaterThan(250)
    expect(await it.page.getByRole('rowheader', { name: 'discarded' }).count()).toBe(1)
    await it.page.screenshot({ path: `${artifacts}console-diff-phone.png`, fullPage: true })
    await it.page.setViewportSize({ width: 1440, height: 900 })
  })

  test('weigh at most 60 KB before data', async () => {
    await using empty = await openConsole()
    await empty.enterAsAdmin()
    await empty.page.goto('/bff/ops')
    await empty.page.getByText('Live: new operations').waitFor()
    await empty.browser.settled()
    // The sign-in is an event, too: rows that come live are data.
    const bodies = empty.browser.bodies.filter(({ url }) => !url.includes('/ops/rows'))
    const bytes = bodies.reduce((sum, { text }) => sum + Buffer.byteLength(text), 0)
    expect([bodies.length, bytes < 60_000]).toEqual([8, true])
  })

  const tabTo = async (selector: string): Promise<void> => {
    for (let presses = 0; presses < 150; presses += 1) {
      await it.page.keyboard.press('Tab')
      if (await it.page.evaluate((wanted) => document.activeElement?.matches(wanted) ?? false, selector)) return
    }
    throw new Error(`Tab does not lead to ${selector}`)
  }

  test('can be used by keyboard alone', async () => {
    const { page, person, remove } = it
    const user = person()
    await remove(user._id)
    await page.goto('/bff/ops')
    await page.keyboard.press('Tab')
    expect(await page.evaluate(() => document.activeElement?.textContent)).toBe('Skip to the content')
    await tabTo('#q')
    await page.keyboard.type(user.userId!)
    await page.keyboard.press('Enter')
    await page.waitForURL(/q=/)
    const [csv] = await Promise.all([page.waitForEvent('download'), tabTo('#export a').then(() => page.keyboard.press('Enter'))])
    expect(csv.suggestedFilename()).toMatch(/^journal-\w+-person-\d+-start-to-[\d-]{10}\.csv$/)
    await tabTo('#found .open')
    await page.keyboard.press('Enter')
    await page.waitForURL(/operations/)
    await tabTo('#reveal button')
    await page.keyboard.press('Enter')
    await page.getByText('That you looked is in the journal').waitFor()
    await tabTo('#copy')
    await page.keyboard.press('Enter')
    await page.getByText('Copied').waitFor()
    const [proof] = await Promise.all([page.waitForEvent('download'), tabTo('.proofs a').then(() => page.keyboard.press('Enter'))])
    expect(proof.suggestedFilename()).toMatch(/^evt_.*\.tlog-proof$/)

    it.bff.sandbox.fault({ operation: 'delete_app_user', status: 500, times: 1 })
    const open = await remove(person()._id)
    await page.goto('/bff/ops')
    await tabTo('#found .open')
    await page.keyboard.press('ArrowDown')
    await page.keyboard.press('ArrowUp')
    await page.keyboard.press('Enter')
    await page.waitForURL(new RegExp(open))
    await tabTo('#resolve [type=radio]')
    await page.keyboard.press('ArrowDown')
    await tabTo('#resolve textarea')
    await page.keyboard.type('still there')
    await tabTo('#resolve button')
    await page.keyboard.press('Enter')
    await page.getByText('Found not to have taken effect').waitFor()
  })

  test('page back in time, and forth', async () => {
    await it.page.goto('/bff/ops?q=from:14d')
    const idsOnPage = () => it.page.locator('#found .op').evaluateAll((rows) => rows.map((row) => (row as HTMLElement).dataset['op']))
    const first = await idsOnPage()
    await it.page.getByRole('link', { name: 'Older' }).click()
    await it.page.waitForURL(/cursor=/)
    const second = await idsOnPage()
    expect([first.length, second.length, new Set([...first, ...second]).size]).toEqual([50, 50, 100])
    await it.page.getByRole('link', { name: 'Newest' }).click()
    await it.page.getByText('Live: new operations').waitFor()
    expect(await idsOnPage()).toEqual(first)
  })

  test('can be read without script', async () => {
    const page = await it.page.context().newPage()
    await page.route('**/*.js', (route) => route.abort())
    await page.goto('/bff/ops')
    await page.getByLabel('Find operations').fill('action:merge')
    await page.getByRole('button', { name: 'Search', exact: true }).click()
    await page.waitForURL(/q=/)
    expect(await page.locator('#found .op').count()).toBeGreaterThan(0)
    await page.locator('#found .open').first().click()
    await page.getByText('Events and proofs').waitFor()
    await page.close()
  })

  test('open from a link on another site, where the Strict cookie does not travel', async () => {
    const address = `${it.bff.app.publicUrl}/bff/ops?q=action%3Amerge`
    const chat = createServer((_request, response) =>
      response.setHeader('Content-Type', 'text/html').end(`<a href="${address}">look at this</a>`),
    )
    chat.listen(0, '127.0.0.1')
    await once(chat, 'listening')
    const asked: string[] = []
    const heard = (request: { url(): string; isNavigationRequest(): boolean }) => request.isNavigationRequest() && asked.push(request.url())
    await it.page.goto(`http://localhost:${(chat.address() as AddressInfo).port}/`)
    it.page.on('request', heard)
    await it.page.getByText('look at this').click()
    await it.page.getByLabel('Find operations').waitFor()
    it.page.off('request', heard)
    chat.closeAllConnections()
    chat.close()
    it.browser.complaints.splice(0)
    expect(asked).toEqual([address, address])
    expect(it.page.url()).toBe(address)
  })

  test('are pictured', async () => {
    const picture = async (name: string, path: string, width: number, height: number, colorScheme: 'light' | 'dark' = 'light') => {
      await it.page.setViewportSize({ width, height })
      await it.page.emulateMedia({ colorScheme })
      await it.page.goto(path)
      const reveal = it.page.getByRole('button', { name: 'Reveal personal data' })
      if (await reveal.count()) {
        await reveal.click()
        await it.page.getByText('That you looked is in the journal').waitFor()
        await it.page.evaluate(() => scrollTo(0, 0))
      }
      await it.page.waitForTimeout(400)
      await it.page.screenshot({ path: `${artifacts}console-${name}.png`, animations: 'disabled' })
    }
    await picture('timeline', '/bff/ops', 1280, 860)
    await picture('timeline-dark', '/bff/ops', 1280, 860, 'dark')
    await picture('timeline-phone', '/bff/ops', 390, 844)
    await picture('operation', `/bff/ops/operations/${removed}`, 1280, 1000)
    await picture('merge', `/bff/ops/operations/${merge}`, 1280, 1000)
    await picture('search', '/bff/ops?q=action:delete+actor:grace+from:14d', 1280, 700)
    await picture('unknown-dark', `/bff/ops/operations/${unknown}`, 1280, 900, 'dark')
    await picture('operation-phone', `/bff/ops/operations/${merge}`, 390, 844)
    await it.page.emulateMedia({ colorScheme: 'light' })
  })
})
