/** Each operation that appeared on the live page took the keyboard's focus away, and so did each age that changed in the summary bar: who read by keyboard or screen reader was at the top of the page again. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { chromiumInstalled } from '../../e2e/browser.ts'
import { type Console, openConsole } from '../../e2e/console-page.ts'

const given = chromiumInstalled() ? describe : describe.skip
given('the focus on the live timeline', () => {
  let it: Console
  let kept: string
  beforeAll(async () => {
    it = await openConsole()
    kept = await it.remove(it.person()._id)
    await it.remove(it.person()._id)
    await it.enterAsAdmin()
    await it.page.goto('/bff/ops')
    await it.page.getByText('Live: new operations').waitFor()
  })
  afterAll(() => it[Symbol.asyncDispose]())

  const seen = async (operation: string) => await it.page.locator(`#found .op[data-op="${operation}"]`).waitFor()
  const orderOf = () => it.page.locator('#found .op').evaluateAll((rows) => rows.map((row) => row.getAttribute('data-op')))

  test('stays on its row when others appear above it, in their order', async () => {
    const row = it.page.locator(`#found .op[data-op="${kept}"]`)
    await row.locator('.open').focus()
    const before = await orderOf()
    const news: string[] = []
    for (let times = 0; times < 3; times += 1) {
      news.unshift(await it.remove(it.person()._id))
      await seen(news[0]!)
      expect(await row.locator('.open:focus').count()).toBe(1)
    }
    expect(await orderOf()).toEqual([...news, ...before])
    await it.page.keyboard.press('ArrowUp')
    expect(await it.page.locator(`#found .op[data-op="${before[before.indexOf(kept) - 1]}"] .open:focus`).count()).toBe(1)
  })

  test.each(['#summary a', '#charts summary'])('stays in %s', async (place) => {
    await it.page.locator(place).first().focus()
    await seen(await it.remove(it.person()._id))
    expect(await it.page.locator(`${place}:focus`).count()).toBe(1)
  })
})
