/** The reference showed a long number of an answer rounded, where the service and the console keep its text. */
import { expect, test } from '@jest/globals'
import { chromiumInstalled, openBrowser } from '../../e2e/browser.ts'
import { startBff } from '../../support/bff.ts'

const withBrowser = chromiumInstalled() ? test : test.skip

withBrowser('a call that is tried shows each number of its answer as it came', async () => {
  await using bff = await startBff()
  await using browser = await openBrowser(bff.app.publicUrl)
  const { page } = browser
  const text = '{"appUser":{"properties":{"ticket":12345678901234567890,"rate":1.50}}}'
  await page.route('**/bff/v1.1/appusers/me', (route) => route.fulfill({ contentType: 'application/json', body: text }))
  await page.goto('/bff/docs')
  const article = page.locator('article[id="get_app_user"]')
  await article.getByText('Try get_app_user').click()
  await article.getByRole('button', { name: 'Send' }).click()
  await article.getByText(/^200 in/).waitFor()
  const shown = await article.locator('form pre').textContent()
  expect([shown?.includes('"ticket": 12345678901234567890'), shown?.includes('"rate": 1.50')]).toEqual([true, true])
})
