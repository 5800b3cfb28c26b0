/** What the audit console costs before 100,000 operations: `node test/bench/console.ts [OPERATIONS]`. One JSON line for each figure, in milliseconds. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openBrowser } from '../e2e/browser.ts'
import { appId, startBff } from '../support/bff.ts'
import { fillJournal } from '../support/fill-journal.ts'

const say = (record: Record<string, unknown>): boolean => process.stdout.write(`${JSON.stringify(record)}\n`)
const count = Number(process.argv[2] ?? 100_000)
const directory = mkdtempSync(join(tmpdir(), 'bench-console-'))
const url = `sqlite:${join(directory, 'journal.db')}`
let from = performance.now()
await fillJournal({ url, tenant: appId, operations: count, days: 30 })
say({ what: 'filled', operations: count, seconds: Math.round((performance.now() - from) / 1000) })

{
  await using bff = await startBff({ env: { JOURNAL_URL: url } })
  await using browser = await openBrowser(bff.app.publicUrl)
  const { page } = browser
  const { cookie = '' } = await bff.signIn({ kind: 'cookie', roles: ['admin'], actor: { id: 'ada' } })
  const [name = '', value = ''] = cookie.split(/=(.*)/s)
  await page.context().addCookies([{ name, value, url: bff.app.publicUrl, httpOnly: true, sameSite: 'Strict' }])
  from = performance.now()
  await page.goto('/bff/ops')
  say({ what: 'the very first page', ms: Math.round(performance.now() - from) })
  while ((await page.getByText('Counting…').count()) > 0) await page.reload()
  say({ what: 'counted all', ms: Math.round(performance.now() - from) })
  while ((await page.getByText('Verified', { exact: true }).count()) === 0) {
    await page.waitForTimeout(200)
    await page.reload()
  }
  say({ what: 'verified all', ms: Math.round(performance.now() - from) })

  const searches: Record<string, string> = {
    none: '',
    target: `?q=${await page.locator('#found .person').first().textContent()}`,
    actor: '?q=actor:ada',
    action: '?q=action:merge',
    'action, actor, state': '?q=action:delete+actor:grace+state:failure',
    denied: '?q=state:denied',
    ticket: '?q=ticket:OPS-4711',
    'last 24 h': '?q=from:24h',
    'a week ago': '?q=from:14d+to:7d',
  }
  for (const [search, query] of Object.entries(searches)) {
    const paints: number[] = []
    for (let round = 0; round < 7; round += 1) {
      await page.goto(`/bff/ops${query}`)
      const paint = await page.evaluate(
        () =>
          new Promise<number>((resolve) => {
            const seen = performance.getEntriesByName('first-contentful-paint')[0]
            if (seen) resolve(seen.startTime)
            else new PerformanceObserver((list) => resolve(list.getEntries()[0]!.startTime)).observe({ type: 'paint', buffered: true })
          }),
      )
      paints.push(Math.round(paint))
    }
    paints.sort((a, b) => a - b)
    say({ what: 'first paint', search, rows: await page.locator('#found .op').count(), p50: paints[3], max: paints.at(-1) })
  }
}
rmSync(directory, { recursive: true })
