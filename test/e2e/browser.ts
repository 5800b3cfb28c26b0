/** A Chromium of its own for a test: a fresh profile, nothing that calls home, and a record of whatever goes wrong on a page. */
import { existsSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type BrowserContext, chromium, type Page } from 'playwright-core'

const executablePath = process.env['CHROMIUM'] ?? '/usr/bin/chromium'

/** False, with a line that says why, when there is no browser; in continuous integration that is a failure. */
export const chromiumInstalled = (): boolean => {
  if (existsSync(executablePath)) return true
  const line = 'Chromium is missing: install it with "apt-get install chromium", or set CHROMIUM to its path'
  if (process.env['CI']) throw new Error(line)
  process.stderr.write(`${line}; the tests of the pages are skipped\n`)
  return false
}

const args = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]

export interface Browser extends AsyncDisposable {
  readonly page: Page
  /** Errors and warnings of the console, script errors, violated policies, requests that failed. */
  readonly complaints: string[]
  /** Every body that an answer brought, beside its address. */
  readonly bodies: { url: string; text: string }[]
  /** Until the bodies of all answers so far are in `bodies`. */
  settled(): Promise<void>
}

/** `without`: what the driver gives it by itself, and a test takes away. */
export const openBrowser = async (baseURL: string, more: readonly string[] = [], without: readonly string[] = []): Promise<Browser> => {
  const profile = await mkdtemp(join(tmpdir(), 'smooch-bff-chromium-'))
  const context: BrowserContext = await chromium.launchPersistentContext(profile, {
    executablePath,
    args: [...args, ...more],
    ignoreDefaultArgs: [...without],
    baseURL,
    viewport: { width: 1440, height: 900 },
    permissions: ['clipboard-read', 'clipboard-write'],
  })
  const page = context.pages()[0] ?? (await context.newPage())
  page.setDefaultTimeout(40_000)
  const complaints: string[] = []
  const bodies: { url: string; text: string }[] = []
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) complaints.push(`${message.type()}: ${message.text()}`)
  })
  page.on('pageerror', (error) => complaints.push(`script: ${error.message}`))
  page.on('requestfailed', (request) => complaints.push(`request: ${request.url()} ${request.failure()?.errorText}`))
  const reading = new Set<Promise<unknown>>()
  page.on('response', (response) => {
    const read = response.text().then(
      (text) => bodies.push({ url: response.url(), text }),
      () => undefined,
    )
    // A stream's text comes when it ends, which nobody waits for.
    if (response.headers()['content-type']?.startsWith('text/event-stream')) return
    reading.add(read)
    void read.finally(() => reading.delete(read))
  })
  return {
    page,
    complaints,
    bodies,
    /** Until the bodies of all answers so far are in `bodies`. */
    settled: async (): Promise<void> => void (await Promise.all(reading)),
    [Symbol.asyncDispose]: async () => {
      await context.close()
      await rm(profile, { recursive: true, force: true, maxRetries: 3 })
    },
  }
}
