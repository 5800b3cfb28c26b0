/** A name in a script that is written from right to left took the numbers and signs behind it along: what stood after it was shown before it. */
import { describe, expect, test } from '@jest/globals'
import { chromiumInstalled } from '../../e2e/browser.ts'
import { openConsole } from '../../e2e/console-page.ts'

const given = chromiumInstalled() ? describe : describe.skip
given('the console', () => {
  test('shows what follows a name behind it, whichever way the name is written', async () => {
    await using it = await openConsole({ env: { ALERT_BURST: '1/1' } })
    const headers = await it.bff.signIn({ roles: ['admin'], actor: { id: 'אבג' } })
    for (const user of [it.person(), it.person(), it.person()]) await it.remove(user._id, headers)
    await it.enterAsAdmin()
    await it.page.goto('/bff/ops')
    const tile = it.page.locator('.tile', { hasText: 'Bursts' }).locator('.detail')
    await tile.getByRole('link').waitFor()
    const places = await tile.evaluate((detail) => {
      const leftOf = (node: Node, length: number) => {
        const range = document.createRange()
        range.setStart(node, 0)
        range.setEnd(node, length)
        return range.getBoundingClientRect()
      }
      const name = detail.querySelector('a')!
      return { text: name.textContent, name: leftOf(name.firstChild!, 3), count: leftOf(name.nextSibling!, 3) }
    })
    expect(places.text).toBe('אבג')
    expect(places.count.left).toBeGreaterThanOrEqual(places.name.right - 1)
  })
})
