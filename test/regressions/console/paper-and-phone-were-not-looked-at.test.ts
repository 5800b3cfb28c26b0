/** On paper Firefox began an operation on the second sheet, a legend had no colours, and there were buttons; in a window of less than 60rem, which paper is too, a bar beside a name was as high as a chart. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { chromiumInstalled } from '../../e2e/browser.ts'
import { type Console, openConsole } from '../../e2e/console-page.ts'

const given = chromiumInstalled() ? describe : describe.skip
given('the console', () => {
  let it: Console
  let id: string
  beforeAll(async () => {
    it = await openConsole()
    id = await it.remove(it.person()._id)
    await it.enterAsAdmin()
  })
  afterAll(() => it[Symbol.asyncDispose]())

  test('has bars of one line beside the names of who acted, in a narrow window too', async () => {
    await it.page.setViewportSize({ width: 390, height: 844 })
    await it.page.goto('/bff/ops?q=action:delete')
    const heights = await it.page.locator('.actors svg').evaluateAll((bars) => bars.map((bar) => bar.getBoundingClientRect().height))
    expect(heights.length).toBeGreaterThan(0)
    expect(Math.max(...heights)).toBeLessThan(20)
    await it.page.setViewportSize({ width: 1440, height: 900 })
  })

  test('prints what was found, with its colours, and nothing to press', async () => {
    for (const path of ['/bff/ops?q=action:delete', `/bff/ops/operations/${id}`]) {
      await it.page.goto(path)
      await it.page.emulateMedia({ media: 'print' })
      expect(await it.page.locator('button:visible, input:visible').count()).toBe(0)
      expect(await it.page.locator('main').evaluate((main) => getComputedStyle(main).display)).toBe('block')
      expect(await it.page.getByText('person-1').first().isVisible()).toBe(true)
      await it.page.emulateMedia({ media: 'screen' })
    }
    const inks = () =>
      it.page
        .locator('.tag')
        .first()
        .evaluate((tag) => getComputedStyle(tag).printColorAdjust)
    expect(await inks()).toBe('economy')
    await it.page.emulateMedia({ media: 'print' })
    expect(await inks()).toBe('exact')
    await it.page.emulateMedia({ media: 'screen' })
  })
})
