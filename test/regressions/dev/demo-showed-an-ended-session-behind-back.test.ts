/** WebKit keeps a page for its Back button over plain http, where the demo is: it showed the person whose session had ended since, and asked nobody. It also empties
 * fields with autocomplete="off", so that "Save changes" would have asked to clear the profile. Chromium does not keep this page: it is told that it does. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { chromiumInstalled } from '../../e2e/browser.ts'
import { type Demo, mina, openDemo } from '../../e2e/demo-page.ts'

const given = chromiumInstalled() ? describe : describe.skip
given('the demo page that a browser keeps for its Back button', () => {
  let demo: Demo
  beforeAll(async () => {
    demo = await openDemo()
  })
  afterAll(() => demo[Symbol.asyncDispose]())

  const pass = (name: 'pagehide' | 'pageshow') =>
    demo.page.evaluate((type) => void dispatchEvent(new PageTransitionEvent(type, { persisted: true })), name)

  test('is empty when it is left, and begun anew when it comes back', async () => {
    await demo.restart()
    await demo.signIn('customer')
    await demo.seen('mina@example.org')
    await pass('pagehide')
    expect(await demo.page.locator('body').textContent()).toBe('')
    await demo.bff.private('POST', '/sessions/end', { userId: mina })
    await pass('pageshow')
    await demo.card('Who would you like to be?').waitFor()
  })
})
