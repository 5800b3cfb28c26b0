/** The page of an update whose values were kept: sealed on both sides until an admin looks. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { chromiumInstalled } from './browser.ts'
import { type Console, openConsole } from './console-page.ts'

const withBrowser = chromiumInstalled() ? describe : describe.skip

withBrowser('an update with AUDIT_UPDATE_VALUES', () => {
  let it: Console
  beforeAll(async () => {
    it = await openConsole({ env: { AUDIT_UPDATE_VALUES: 'on' } })
  })
  afterAll(async () => {
    await it[Symbol.asyncDispose]()
  })

  test('shows both values after a reveal, and says that somebody looked', async () => {
    const { bff, page } = it
    const person = it.person({ givenName: 'Perpetua', properties: { plan: 'gold' } })
    const json = { givenName: 'Philomena', properties: { plan: 'silver' } }
    expect((await bff.call('PUT', `/v1.1/appusers/${person._id}`, { headers: it.admin, json })).status).toBe(200)
    await it.enterAsAdmin()
    await page.goto('/bff/ops?q=action:update')
    await page.locator('#found .op .open').first().click()
    // Until it has been read: cells that have not come yet are none.
    await page.waitForURL('**/operations/*')
    const cells = () => page.locator('#diff td').allTextContents()
    expect(await cells()).toEqual(['sealed', 'sealed', 'sealed', 'sealed'])
    await page.getByRole('button', { name: 'Reveal personal data' }).click()
    await page.getByText('That you looked is in the journal').waitFor()
    expect(await cells()).toEqual(['Perpetua', 'Philomena', 'gold', 'silver'])
    await page.reload()
    expect(await cells()).toEqual(['sealed', 'sealed', 'sealed', 'sealed'])
    await page.getByText('saw the personal data').first().waitFor()
    // A page that is left ends its stream.
    expect(it.browser.complaints.filter((line) => !line.includes('ERR_ABORTED'))).toEqual([])
  })
})
