/** What axe finds wrong with a page, in a few words each: all of its rules in light, and in dark those about colours, which alone depend on the scheme. */
import axe from 'axe-core'
import type { Page } from 'playwright-core'

export const axeIn = async (page: Page): Promise<string[]> => {
  const found: string[] = []
  // Half a megabyte, which is there until the page is left.
  if ((await page.evaluate('typeof axe')) === 'undefined') await page.evaluate(`${axe.source};0`)
  for (const [colorScheme, runOnly] of [['light'], ['dark', ['color-contrast', 'link-in-text-block']]] as const) {
    await page.emulateMedia({ colorScheme })
    const { violations } = (await page.evaluate(
      `axe.run(document, ${JSON.stringify({ resultTypes: ['violations'], ...(runOnly && { runOnly }) })})`,
    )) as {
      violations: { id: string; nodes: { html: string; failureSummary: string }[] }[]
    }
    found.push(...violations.map(({ id, nodes }) => `${colorScheme} ${id}: ${nodes[0]?.html} ${nodes[0]?.failureSummary}`))
  }
  await page.emulateMedia({ colorScheme: 'light' })
  return found
}
