/** Until the script of an operation's page had come, its buttons made the browser send the form itself: "Reveal" did nothing, and a note stood in the address. */
import { expect, test } from '@jest/globals'
import { chromiumInstalled } from '../../e2e/browser.ts'
import { openConsole } from '../../e2e/console-page.ts'

const withBrowser = chromiumInstalled() ? test : test.skip // Chromium is not installed

withBrowser('what only a script can do cannot be asked for before it has come', async () => {
  await using it = await openConsole()
  await it.enterAsAdmin()
  const { page } = it
  const user = it.person()
  it.bff.sandbox.fault({ operation: 'delete_app_user', status: 500, times: 1 })
  const id = await it.remove(user._id)
  const script = Promise.withResolvers<void>()
  await page.route('**/operation.js', async (route) => {
    await script.promise
    await route.continue()
  })
  await page.goto(`/bff/ops/operations/${id}`, { waitUntil: 'commit' })
  const reveal = page.getByRole('button', { name: 'Reveal personal data' })
  const note = page.getByLabel('Note')
  await page.getByLabel('It took effect').check()
  await note.fill('Grace asked by telephone')
  expect(await reveal.isDisabled()).toBe(true)
  expect(await page.getByRole('button', { name: 'Record the verdict' }).isDisabled()).toBe(true)
  const before = page.url()
  await page.getByLabel('It took effect').press('Enter')
  await page.evaluate(() => new Promise((resolve) => requestAnimationFrame(resolve)))
  expect(page.url()).toBe(before)

  script.resolve()
  await reveal.click()
  await page.getByText('That you looked is in the journal').waitFor()
  expect(page.url()).toBe(before)
  expect(await note.inputValue()).toBe('Grace asked by telephone')
})
