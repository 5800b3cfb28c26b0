/** The audit console in a real browser: each thing that operators come for. */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals'
import { journalCli, type Ran } from '../support/journal-cli.ts'
import { chromiumInstalled } from './browser.ts'
import { type Console, openConsole } from './console-page.ts'

const withBrowser = chromiumInstalled() ? describe : describe.skip

withBrowser('the audit console', () => {
  let it: Console
  beforeAll(async () => {
    it = await openConsole({}, { clipboard: true })
    await it.enterAsAdmin()
  })
  afterAll(() => it[Symbol.asyncDispose]())
  afterEach(() => {
    // A stream that is left with its page is not a fault.
    expect(it.browser.complaints.splice(0).filter((line) => !line.endsWith('net::ERR_ABORTED'))).toEqual([])
  })

  test.each(['userId', '_id'] as const)('finds a deleted person by %s: type, Enter', async (name) => {
    const user = it.person()
    await it.remove(user._id)
    await it.page.goto('/bff/ops')
    await it.page.getByLabel('Find operations').fill(user[name]!)
    await it.page.keyboard.press('Enter')
    await it.page.waitForURL(/q=/)
    const rows = it.page.locator('#found .op')
    await rows.first().waitFor()
    expect(await rows.count()).toBe(1)
    const text = await rows.textContent()
    for (const part of ['ada', `deleted ${user.userId}`, 'gdpr request', 'OPS-4711', 'success', 'ms'])
      expect(text?.replace(/\s+/g, ' ')).toContain(part)
    expect(await rows.getByText('OPS-4711').getAttribute('href')).toBe('https://tickets.example.com/OPS-4711')
  })

  test('shows what stood there only when asked, and that somebody looked', async () => {
    const user = it.person({ properties: { plan: 'gold' } })
    const id = await it.remove(user._id)
    await it.page.goto(`/bff/ops/operations/${id}`)
    expect(await it.page.content()).not.toContain('Grace')
    expect(await it.page.locator('tr[data-field="givenName"] .before').textContent()).toBe('sealed')
    expect(await it.page.locator('tr[data-field="givenName"] .after').textContent()).toBe('gone')
    await it.page.getByRole('button', { name: 'Reveal personal data' }).click()
    await it.page.getByText('That you looked is in the journal').waitFor()
    expect(await it.page.locator('tr[data-field="givenName"] .before').textContent()).toBe('Grace')
    expect(await it.page.locator('#personal').textContent()).toContain(user.userId)
    await it.page.getByRole('button', { name: 'Copy as pre-create body' }).click()
    await it.page.getByText('Copied').waitFor()
    const copied = JSON.parse(await it.page.evaluate(() => navigator.clipboard.readText())) as Record<string, unknown>
    expect(copied).toMatchObject({ userId: user.userId, givenName: 'Grace', properties: { plan: 'gold' } })
    expect((await it.bff.call('POST', '/v1.1/appusers', { headers: it.admin, json: copied })).status).toBe(201)
    await it.page.reload()
    expect(await it.page.locator('#viewed').textContent()).toContain('ada saw the personal data')
  })

  test('gives a proof that the command line checks', async () => {
    const id = await it.remove(it.person()._id)
    await it.page.goto(`/bff/ops/operations/${id}`)
    const [download] = await Promise.all([
      it.page.waitForEvent('download'),
      it.page.getByRole('link', { name: 'Download the proof' }).first().click(),
    ])
    const file = await download.path()
    const check = (path: string): Promise<Ran> =>
      journalCli({ JOURNAL_URL: `sqlite:${it.bff.journalFile}` }, ['check', path], { people: true })
    expect(await it.page.locator('.proofs code').first().textContent()).toBe(`npm run journal -- check ${download.suggestedFilename()}`)
    const { code, text } = await check(file)
    expect([code, text]).toEqual([0, expect.stringMatching(/^holds: event \d+ of smooch-bff/)])
    expect(text).toContain(id)
    const forged = join(file, '..', 'forged.tlog-proof')
    const [, extra = ''] = /^extra (.+)$/m.exec(readFileSync(file, 'utf8')) ?? []
    const other = Buffer.from(Buffer.from(extra, 'base64').toString().replace('"ada"', '"eve"')).toString('base64')
    writeFileSync(forged, readFileSync(file, 'utf8').replace(extra, other))
    expect(await check(forged)).toEqual({ code: 1, text: 'DOES NOT HOLD: its event is not in the log that was signed\n' })
  })

  test('lets an admin resolve an unknown by hand', async () => {
    it.bff.sandbox.fault({ operation: 'delete_app_user', status: 500, times: 1 })
    const id = await it.remove(it.person()._id)
    await it.page.goto('/bff/ops')
    await it.page
      .locator('#summary')
      .getByRole('link', { name: /unknown/ })
      .click()
    await it.page.locator('#found .open').first().click()
    await it.page.getByLabel('It took effect').check()
    await it.page.getByLabel('Note').fill('seen to be gone')
    await it.page.getByRole('button', { name: 'Record the verdict' }).click()
    await it.page.getByText('Found to have taken effect').waitFor()
    const { events } = (await it.bff.call('GET', `/ops/api/operations/${id}`, { headers: it.admin })).json
    expect(events.at(-1)).toMatchObject({ kind: 'resolved', verdict: 'applied', by: 'ada' })
  })

  test('shows a new operation soon, without a reload', async () => {
    await it.page.goto('/bff/ops')
    await it.page.getByText('Live: new operations').waitFor()
    const times: number[] = []
    for (let round = 0; round < 5; round += 1) {
      const id = await it.remove(it.person()._id)
      const from = performance.now()
      await it.page.locator(`[data-op="${id}"]`).getByText('success').waitFor()
      times.push(Math.round(performance.now() - from))
    }
    expect(Math.max(...times)).toBeLessThan(20_000)
    const ids = await it.page.locator('#found .op').evaluateAll((rows) => rows.map((row) => (row as HTMLElement).dataset['op']))
    expect(new Set(ids).size).toBe(ids.length)
  })

  test('goes back to the search it came from, and a sign-in leads on to the page that was asked for', async () => {
    const user = it.person()
    const id = await it.remove(user._id)
    const search = `/bff/ops?q=target%3A${user.userId}`
    await it.page.goto(search)
    await it.page.locator('#found .open').click()
    await it.page.getByRole('link', { name: 'Back to the search' }).click()
    await it.page.waitForURL(`**${search}`)
    await it.page.locator('#found .open').click()
    await it.page.waitForURL(`**/operations/${id}?*`)
    const deep = it.page.url()
    for (const enter of ['customer', 'auditor'] as const) {
      // Nobody at first, then somebody whose role may not read.
      if (enter === 'customer') await it.signOut()
      await it.page.goto(deep)
      await it.page.getByRole('link', { name: enter === 'customer' ? 'Sign in' : 'Sign in as somebody else' }).click()
      await it.page.getByRole('button', { name: enter === 'customer' ? 'Mina Okafor' : 'Iris Auditor' }).click()
      await it.page.waitForURL(deep)
    }
    await it.page.getByText('Events and proofs').waitFor()
    it.expectRefusals(3)
    await it.enterAsAdmin()
  })

  test('tells an ended session, with the way back, where rows come live and where a button was pressed', async () => {
    await it.page.goto('/bff/ops?q=state:open')
    await it.page.context().clearCookies()
    await it.page.getByRole('button', { name: 'Verify the journal now' }).click()
    const link = it.page.locator('#verify').getByRole('link', { name: 'Sign in' })
    expect(await link.getAttribute('href')).toBe('/bff/auth/login?returnTo=%2Fbff%2Fops%3Fq%3Dstate%3Aopen')
    await it.page.goto('about:blank')
    it.browser.complaints.splice(0)
    await it.enterAsAdmin()
  })

  test('exports what the search finds', async () => {
    const user = it.person()
    const id = await it.remove(user._id)
    await it.page.goto(`/bff/ops?q=target:${user.userId}`)
    const [download] = await Promise.all([
      it.page.waitForEvent('download'),
      it.page.locator('#export').getByText('CSV', { exact: true }).click(),
    ])
    const lines = readFileSync(await download.path(), 'utf8')
      .trim()
      .split('\r\n')
    expect(lines[0]).toMatch(/^index,id,time,kind/)
    expect(lines.filter((line) => line.includes(id))).toHaveLength(2)
    await it.page.getByText(/^Saved: journal-\w+-target-.*\.csv/).waitFor()
  })

  test('is harmless with hostile names', async () => {
    const hostile = `</script><img src=x onerror="document.title='owned'">`
    const headers = await it.bff.signIn({ roles: ['admin'], actor: { id: hostile, name: '=HYPERLINK("https://evil.example")' } })
    const user = it.person({ userId: '=HYPERLINK("x")', givenName: hostile, surname: '\u202egnp.exe' })
    const id = await it.remove(user._id, headers)
    await it.page.goto(`/bff/ops?q=${encodeURIComponent(`target:"=HYPERLINK("x")" actor:${hostile}`)}`)
    await it.page.goto(`/bff/ops?q=target:${user._id}`)
    expect(await it.page.locator('#found .who').textContent()).toBe(hostile)
    await it.page.goto(`/bff/ops/operations/${id}`)
    await it.page.getByRole('button', { name: 'Reveal personal data' }).click()
    await it.page.locator('tr[data-field="givenName"] .before').getByText(hostile).waitFor()
    expect(await it.page.locator('img').count()).toBe(0)
    expect(await it.page.title()).toContain(id)
    const csv = (await it.bff.call('GET', `/ops/api/export?format=csv&target=${user._id}`, { headers: it.admin })).text
    // The last cell is a checkpoint of several lines, of which one is base64 and may begin with a plus: a cell is what a spreadsheet looks at.
    expect(csv.replace(/^checkpoint,"[^"]*"/m, '')).not.toMatch(/(^|,)"?[=+@-]/m)
  })

  test('is one click away from the demo, for its admin', async () => {
    await it.signOut()
    await it.page.goto('/')
    await it.page.getByRole('button', { name: 'Sign in as admin' }).click()
    await it.page.getByRole('link', { name: 'Audit console' }).click()
    await it.page.getByText('Ada Admin').waitFor()
    await it.page.locator('#summary').waitFor()
    await it.enterAsAdmin()
  })

  test('is not for agents, and tells those who are not signed in', async () => {
    await it.enter({ roles: ['agent'], actor: { id: 'al' } })
    expect((await it.page.goto('/bff/ops'))?.status()).toBe(403)
    await it.page.getByText('This is not for your role').waitFor()
    await it.signOut()
    expect((await it.page.goto('/bff/ops'))?.status()).toBe(401)
    expect(await it.page.getByRole('link', { name: 'Sign in' }).getAttribute('href')).toBe('/bff/auth/login?returnTo=%2Fbff%2Fops')
    it.expectRefusals(2)
    await it.enter({ roles: ['auditor'], actor: { id: 'aud' } })
    const id = await it.remove(it.person()._id)
    await it.page.goto(`/bff/ops/operations/${id}`)
    expect(await it.page.getByRole('button', { name: 'Reveal personal data' }).count()).toBe(0)
    await it.enterAsAdmin()
  })

  test('verifies on demand, and says when the journal was changed', async () => {
    await using own = await openConsole()
    await own.remove(own.person()._id)
    await own.enterAsAdmin()
    await own.page.goto('/bff/ops')
    await own.page.getByRole('button', { name: 'Verify the journal now' }).click()
    await own.page.getByText(/events are intact/).waitFor()
    await own.page.locator('#summary').getByText('Verified', { exact: true }).waitFor()
    const file = new DatabaseSync(own.bff.journalFile, { timeout: 5_000 })
    file.exec("DROP TRIGGER event_no_update; UPDATE event SET body = replace(body, 'OPS-4711', 'OPS-4712')")
    file.close()
    await own.page.getByRole('button', { name: 'Verify the journal now' }).click()
    await own.page.locator('#summary').getByText('Not intact').waitFor()
    await own.page.locator('#alerts').getByText('The journal is not intact').first().waitFor()
    expect(await own.axe()).toEqual([])
    expect(own.browser.complaints.filter((line) => !line.endsWith('net::ERR_ABORTED'))).toEqual([])
  })
})
