/** What the audit console costs before 100,000 operations: `node test/bench/console.ts [OPERATIONS]`. One JSON line for each figure, in milliseconds since the navigation began. */
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { openBrowser } from '../e2e/browser.ts'
import { appId } from '../support/bff.ts'
import { canaryServiceKey } from '../support/canaries.ts'
import { fillJournal } from '../support/fill-journal.ts'
import { processEnv, type ServiceProcess, startProcess } from '../support/service-process.ts'

const say = (record: Record<string, unknown>): boolean => process.stdout.write(`${JSON.stringify(record)}\n`)
const count = Number(process.argv[2] ?? 100_000)
const coldRounds = 5
const warmRounds = 7
const directory = mkdtempSync(join(tmpdir(), 'bench-console-'))
const url = `sqlite:${join(directory, 'journal.db')}`
const since = (from: number): number => Math.round(performance.now() - from)

const spread = (values: number[]): { median: number; least: number; most: number } => {
  const sorted = values.toSorted((one, other) => one - other)
  return { median: sorted[Math.floor(sorted.length / 2)]!, least: sorted[0]!, most: sorted.at(-1)! }
}

interface Times {
  readonly paint: number
  readonly load: number
}

/** Opens a page and tells what the browser itself measured: when content was first painted, and when everything had been loaded. */
const times = async (page: Page, address: string): Promise<Times> => {
  await page.goto(address)
  const { paint, load } = await page.evaluate(async () => {
    const seen = await new Promise<PerformanceEntry>((resolve) => {
      const first = (entries: PerformanceEntry[]) => entries.filter(({ name }) => name === 'first-contentful-paint').forEach(resolve)
      new PerformanceObserver((list) => first(list.getEntries())).observe({ type: 'paint', buffered: true })
    })
    const [navigation] = performance.getEntriesByType('navigation') as PerformanceNavigationTiming[]
    return { paint: seen.startTime, load: navigation!.loadEventEnd }
  })
  return { paint: Math.round(paint), load: Math.round(load) }
}

const service = (): Promise<ServiceProcess> => startProcess({ ...processEnv, JOURNAL_URL: url, LIMIT_READS: '100000' })

/** A browser that nothing was opened in yet, signed in where there is a service. */
const freshBrowser = async (base: string, { privateUrl }: Partial<ServiceProcess> = {}) => {
  const browser = await openBrowser(base)
  if (privateUrl === undefined) return browser
  const answer = await fetch(`${privateUrl}/sessions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${canaryServiceKey}`, 'content-type': 'application/json' },
    body: JSON.stringify({ kind: 'cookie', roles: ['admin'], actor: { id: 'ada' } }),
  })
  const { setCookie } = (await answer.json()) as { setCookie: string }
  const [name = '', value = ''] = setCookie.split(';')[0]!.split(/=(.*)/s)
  await browser.page.context().addCookies([{ name, value, url: base, httpOnly: true, sameSite: 'Strict' }])
  return browser
}

/** What such a browser takes for a page with nothing on it, while no service runs. */
const emptyPage = async (): Promise<Times> => {
  const server = createServer((_request, response) => response.setHeader('Content-Type', 'text/html').end('<!doctype html><p>Empty.</p>'))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  await using browser = await freshBrowser(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)
  const found = await times(browser.page, '/')
  server.close().closeAllConnections()
  return found
}

/** While the process has just begun to count and is about to verify. */
const firstPage = async (): Promise<Times> => {
  await using started = await service()
  await using browser = await freshBrowser(started.publicUrl, started)
  return await times(browser.page, '/bff/ops')
}

/** In turns, so that what else the machine does meets both alike. */
const cold = async (measures: Record<string, () => Promise<Times>>): Promise<void> => {
  const found = Object.entries(measures).map(([what, measure]) => ({ what, measure, all: [] as Times[] }))
  for (let round = 0; round < coldRounds; round += 1) for (const { measure, all } of found) all.push(await measure())
  for (const { what, all } of found)
    say({ what, rounds: coldRounds, firstPaint: spread(all.map(({ paint }) => paint)), load: spread(all.map(({ load }) => load)) })
}

const reloadUntil = async (page: Page, there: () => Promise<boolean>): Promise<void> => {
  while (!(await there())) {
    await page.waitForTimeout(200)
    await page.reload()
  }
}

let from = performance.now()
await fillJournal({ url, tenant: appId, operations: count, days: 30 })
say({ what: 'filled', operations: count, seconds: Math.round(since(from) / 1000) })

await cold({ 'an empty page, in a fresh browser': emptyPage, 'the very first page of a fresh process, in a fresh browser': firstPage })

{
  from = performance.now()
  await using started = await service()
  say({ what: 'started', ms: since(from) })
  await using browser = await freshBrowser(started.publicUrl, started)
  const { page } = browser
  await page.goto('/bff/ops')
  await reloadUntil(page, async () => (await page.getByText('Counting…').count()) === 0)
  say({ what: 'counted all', ms: since(from) })
  await reloadUntil(page, async () => (await page.getByText('Verified', { exact: true }).count()) > 0)
  say({ what: 'verified all', ms: since(from) })

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
    const found: Times[] = []
    for (let round = 0; round < warmRounds; round += 1) found.push(await times(page, `/bff/ops${query}`))
    say({ what: 'warm', search, rows: await page.locator('#found .op').count(), firstPaint: spread(found.map(({ paint }) => paint)) })
  }
}
rmSync(directory, { recursive: true })
