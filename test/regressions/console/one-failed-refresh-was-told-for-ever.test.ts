/** A refresh of the live page that failed once, such as by a busy journal, was told in red for as long as the page was open, although the next ones succeeded and the page was live. */
import { expect, test } from '@jest/globals'
import { chromiumInstalled } from '../../e2e/browser.ts'
import { openConsole } from '../../e2e/console-page.ts'

const given = chromiumInstalled() ? test : test.skip
given('a refresh that succeeds takes back what was said of one that failed', async () => {
  await using it = await openConsole()
  await it.enterAsAdmin()
  await it.page.addInitScript(() => {
    const send = fetch
    let failures = 0
    globalThis.fetch = (input, options) => {
      if (!String(input).includes('/rows') || failures > 0) return send(input, options)
      failures += 1
      return Promise.reject(new TypeError('once'))
    }
  })
  await it.page.goto('/bff/ops')
  const live = it.page.locator('#live')
  await live.getByText('Live: new operations').waitFor()
  await it.remove(it.person()._id)
  await live.getByText('No answer came.').waitFor()
  const shown = await it.remove(it.person()._id)
  await it.page.locator(`#found .op[data-op="${shown}"]`).waitFor()
  await live.getByText('Live: new operations').waitFor()
  expect(await live.getAttribute('data-kind')).toBe('good')
})
