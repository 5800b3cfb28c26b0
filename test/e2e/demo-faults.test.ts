/** "Make it fail" on the demo page: each button, clicked in a real browser, shows what the table of docs/use.md says. */
import { readFileSync } from 'node:fs'
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals'
import { faults } from '../../src/dev/demo/faults.ts'
import { until } from '../support/until.ts'
import { chromiumInstalled } from './browser.ts'
import { type Demo, openDemo } from './demo-page.ts'

const section = readFileSync('docs/use.md', 'utf8').split('\n### Make it fail\n')[1]!.split('\n## ')[0]!
/** What the messaging service does, and what a read and a change then get. */
const rows = [...section.matchAll(/^\| (\S[^|]*?) +\| (\S[^|]*?) +\| (\S[^|]*?) +\|$/gm)]
  .slice(2)
  .map(([, button, read, change]) => [button!, read!.replaceAll('`', ''), change!.replaceAll('`', '')] as const)

const withBrowser = chromiumInstalled() ? describe : describe.skip
withBrowser('"Make it fail" shows a front end', () => {
  let demo: Demo
  beforeAll(async () => {
    demo = await openDemo()
    await demo.restart()
    await demo.signIn('customer')
  })
  afterAll(() => demo[Symbol.asyncDispose]())
  afterEach(() => {
    // A refused call is a line in the browser's console.
    expect(demo.browser.complaints.splice(0).filter((line) => !line.includes('Failed to load resource'))).toEqual([])
  })

  test('each fault of the table, and the table has each', () => {
    expect(rows.map(([button]) => button)).toEqual(['401', '403', '429', '503', '3 s late', 'cut off'])
    expect(rows).toHaveLength(Object.keys(faults).length)
  })

  test.each(rows)('%s: %s to a read, %s to a change', async (button, read, change) => {
    for (const [form, expected] of [
      ['A read fails', read],
      ['A change fails', change],
    ] as const) {
      const part = demo.page.getByRole('form', { name: form })
      await part.getByRole('button', { name: button, exact: true }).click()
      const output = part.locator('output:not([data-kind="busy"]):not(:empty)')
      await output.waitFor()
      const [status = '', code = ''] = expected.split(' ')
      expect(await output.textContent()).toMatch(
        code.startsWith('late') ? /the same: 200 in (?:[3-9]\d{3}|\d{5,}) ms/ : new RegExp(`^${status} ${code}: `),
      )
      if (expected.includes('Retry-After')) expect(await output.textContent()).toMatch(/Try again in \d+ s/)
      // The pause that the messaging service asked for is waited for, so that the next fault is met.
      if (button === '429') await demo.page.waitForTimeout(2_500)
    }
  })

  test('and all is well again once the service has seen that it is', async () => {
    await demo.picture('faults')
    const output = demo.card('Channels').locator('output:not([data-kind="busy"]):not(:empty)')
    // So many failures in so short a time make the service leave the other side alone for a while.
    const asked = async () => {
      await demo.press('Ask for the channel ids')
      await output.waitFor()
      return await output.textContent()
    }
    expect(await until(asked, (said) => !said?.includes('503 upstream_unavailable'), 500)).toMatch(/^Done\. 200/)
  })
})
