/** What a reader of the audit console chooses: zone and columns, a search and its charts, views under a name. */

import { mkdirSync } from 'node:fs'
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals'
import { chromiumInstalled } from './browser.ts'
import { type Console, openConsole } from './console-page.ts'

const withBrowser = chromiumInstalled() ? describe : describe.skip
const artifacts = new URL('../../test-artifacts/', import.meta.url).pathname

withBrowser('the choices of whoever reads the audit console', () => {
  let it: Console
  beforeAll(async () => {
    mkdirSync(artifacts, { recursive: true })
    it = await openConsole()
    const { bff } = it
    const grace = await bff.signIn({ roles: ['admin'], actor: { id: 'grace', name: 'Grace' } })
    const agent = await bff.signIn({ roles: ['agent'], actor: { id: 'alex' } })
    const [one, two] = [it.person(), it.person()]
    const merged = await bff.call('POST', '/v1.1/appusers/merge', {
      headers: { ...grace, 'audit-reason': 'duplicate', 'audit-ticket': 'OPS-4720' },
      json: { surviving: { _id: one._id }, discarded: { _id: two._id } },
    })
    expect(merged.status).toBe(200)
    await bff.call('DELETE', `/v1.1/appusers/${one._id}`, { headers: agent })
    for (let more = 0; more < 6; more += 1) await it.remove(it.person()._id)
    await it.enterAsAdmin()
  })
  afterAll(async () => {
    await it[Symbol.asyncDispose]()
  })
  afterEach(() => {
    expect(it.browser.complaints.splice(0).filter((line) => !line.endsWith('net::ERR_ABORTED'))).toEqual([])
  })

  test('tell times in the zone of the reader or in UTC, and search for days in the one they show', async () => {
    const { page } = it
    const clocks = await page.context().newCDPSession(page)
    await clocks.send('Emulation.setTimezoneOverride', { timezoneId: 'Asia/Tokyo' })
    const first = page.locator('#found .when').first()
    const shown = () => first.locator('time').first().textContent()
    const search = async (words: string): Promise<string | null> => {
      await page.getByLabel('Find operations').fill(words)
      await page.keyboard.press('Enter')
      await page.waitForURL((url) => url.searchParams.get('q')?.startsWith(words) === true)
      return new URL(page.url()).searchParams.get('q')
    }
    await page.goto('/bff/ops')
    await page.getByText('Times are in Asia/Tokyo.').waitFor()
    const instant = new Date((await first.locator('time').first().getAttribute('datetime'))!)
    expect(await shown()).toContain(instant.toLocaleTimeString('en-GB', { timeZone: 'Asia/Tokyo' }))
    expect(await first.locator('.ago').textContent()).toMatch(/^\d+ (s|min) ago$/)
    expect(await search('from:today')).toBe('from:today zone:Asia/Tokyo')
    expect(await page.getByRole('link', { name: 'zone Asia/Tokyo' }).count()).toBe(1)
    expect(await search('from:24h')).toBe('from:24h')
    await page.locator('#found .open').first().click()
    await page.getByText('Events and proofs').waitFor()
    await page.getByText('Times are in Asia/Tokyo.').waitFor()
    await page.getByRole('button', { name: 'Show them in UTC' }).click()
    await page.goto('/bff/ops')
    await page.getByText('Times are in UTC.').waitFor()
    expect(await shown()).toContain((await first.locator('time').first().getAttribute('title'))!.slice(11, 19))
    expect(await search('from:yesterday')).toBe('from:yesterday')
    expect(await page.locator('.remark').textContent()).toContain('are in UTC')
    await page.getByRole('button', { name: 'Show them in Asia/Tokyo' }).click()
    await clocks.detach()
  })

  test('chart what a search finds, by day and by who acted, with the numbers as text', async () => {
    const { page } = it
    const actorsOn = async (q: string) => {
      await page.goto(`/bff/ops?q=${encodeURIComponent(q)}`)
      const table = page.getByRole('table', { name: 'Operations by who acted' })
      const names = await table.getByRole('rowheader').allTextContents()
      const counts = (await table.locator('td:not(.bar)').allTextContents()).filter(Boolean).map(Number)
      const hits = Number.parseInt((await page.locator('.hits').textContent()) ?? '', 10)
      return { names, sum: counts.reduce((sum, count) => sum + count, 0), hits, counts }
    }
    const all = await actorsOn('action:delete')
    expect(all.names).toEqual(expect.arrayContaining(['ada', 'alex']))
    expect(all.counts.slice(0, 6)).toEqual(all.counts.slice(0, 6).toSorted((one, other) => other - one))
    expect([all.sum, await page.locator('#charts figcaption span').first().textContent()]).toEqual([all.hits, `${all.hits} operations`])
    const hers = await actorsOn('action:delete actor:ada')
    expect([hers.names, hers.sum]).toEqual([['ada'], all.counts[all.names.indexOf('ada')]])
    await page.getByText('As a table').click()
    const byDay = (await page.locator('#charts details td').allTextContents()).map(Number)
    expect(byDay.reduce((sum, count) => sum + count, 0)).toBe(hers.sum)
    await page.goto('/bff/ops?q=nobody')
    expect(await page.locator('#charts').count()).toBe(0)
  })

  test('show the columns that the reader wants, on the next page too', async () => {
    const { page } = it
    const seen = () =>
      page
        .locator('#found .op')
        .first()
        .locator('.when .ago, .state, .why, .took')
        .evaluateAll((parts) => parts.flatMap((part) => (part.checkVisibility() ? [part.className] : [])))
    await page.goto('/bff/ops?q=action:delete')
    expect(await seen()).toEqual(['ago', 'state', 'why', 'took'])
    await page.getByText('Columns', { exact: true }).click()
    expect(await it.axe()).toEqual([])
    await page.getByLabel('Outcome').uncheck()
    await page.getByLabel('Why').uncheck()
    expect(await seen()).toEqual(['ago', 'took'])
    await page.goto('/bff/ops?q=action:merge')
    expect(await seen()).toEqual(['ago', 'took'])
    const widths = await page
      .locator('#found .op')
      .first()
      .evaluate((row) => getComputedStyle(row).gridTemplateColumns.split(' ').length)
    expect(widths).toBe(3)
    await page.screenshot({ path: `${artifacts}console-columns.png` })
    await page.getByText('Columns', { exact: true }).click()
    for (const name of ['Outcome', 'Why']) await page.getByLabel(name).check()
    expect(await seen()).toEqual(['ago', 'state', 'why', 'took'])
  })

  test('keep a search with its columns under a name, open it, and let it go', async () => {
    const { page } = it
    const views = page.locator('#views')
    const firstRow = page.locator('#found .op').first()
    await page.goto('/bff/ops')
    expect(await views.locator('form').count()).toBe(0)
    await page.goto('/bff/ops?q=action:merge')
    await page.getByText('Columns', { exact: true }).click()
    await page.getByLabel('Why').uncheck()
    await views.getByLabel('Save this view as').fill('Merges, briefly')
    expect(await it.axe()).toEqual([])
    await views.getByRole('button', { name: 'Save' }).click()
    const saved = views.getByRole('link', { name: 'Merges, briefly' })
    await saved.waitFor()
    await page.getByText('Columns', { exact: true }).click()
    await page.getByLabel('Why').check()
    await page.goto('/bff/ops')
    await page.screenshot({ path: `${artifacts}console-views.png` })
    await saved.click()
    await page.waitForURL(/action%3Amerge/)
    expect([await firstRow.locator('.why').isVisible(), await firstRow.locator('.took').isVisible()]).toEqual([false, true])
    await views.getByRole('button', { name: 'Remove the view Merges, briefly' }).click()
    await saved.waitFor({ state: 'detached' })
    await page.getByText('Columns', { exact: true }).click()
    await page.getByLabel('Why').check()
  })
})
