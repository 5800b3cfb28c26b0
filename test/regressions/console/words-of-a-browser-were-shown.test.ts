/** When no answer came, or a file broke off, the console showed what the browser said of it: "Failed to fetch" in one, "NetworkError when attempting to fetch resource", "Load failed" or "Error in input stream" in others. */
import { expect, test } from '@jest/globals'
import { chromiumInstalled } from '../../e2e/browser.ts'
import { openConsole } from '../../e2e/console-page.ts'

const given = chromiumInstalled() ? test : test.skip
given('the console says in its own words that no answer came, and that a file broke off', async () => {
  await using it = await openConsole()
  await it.enterAsAdmin()
  await it.page.addInitScript(() => {
    const send = fetch
    globalThis.fetch = (input, options) => {
      if (String(input).endsWith('/verify')) return Promise.reject(new TypeError('words of a browser'))
      if (!String(input).includes('/export')) return send(input, options)
      const body = new ReadableStream({
        pull(controller) {
          controller.enqueue(new Uint8Array(10))
          controller.error(new TypeError('words of a browser'))
        },
      })
      return Promise.resolve(new Response(body))
    }
  })
  await it.page.goto('/bff/ops')
  await it.page.getByRole('button', { name: 'Verify the journal now' }).click()
  await it.page.getByText('No answer came.').waitFor()
  await it.page.getByRole('link', { name: 'CSV' }).click()
  await it.page.getByText('The file broke off, and is not saved.').waitFor()
  expect(await it.page.content()).not.toContain('words of a browser')
})
