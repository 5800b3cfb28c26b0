/** The demo put the id of its integration into the field for link requests, and emptied the form in the same breath: a visitor had no id to try. */
import { expect, test } from '@jest/globals'
import { chromiumInstalled } from '../../e2e/browser.ts'
import { integration, openDemo } from '../../e2e/demo-page.ts'

const given = chromiumInstalled() ? test : test.skip
given('the id of an integration stands in the field for link requests, also for the next person', async () => {
  await using demo = await openDemo()
  await demo.restart()
  for (const person of ['customer', 'agent', 'customer'] as const) {
    await demo.signIn(person)
    expect(await demo.page.locator('[name=integration]').inputValue()).toBe(integration)
    await demo.signOut()
  }
})
