/** Chromium for a test: a fresh profile, nothing that calls home, and a record of whatever goes wrong on a page. */
import { existsSync } from 'node:fs'
import { type BrowserContextOptions, type BrowserServer, chromium, type Page } from 'playwright-core'

const executablePath = process.env['CHROMIUM'] ?? '/usr/bin/chromium'

/** False, with a line that says why, when there is no browser; in continuous integration that is a failure. */
export const chromiumInstalled = (): boolean => {
  if (existsSync(executablePath)) return true
  const line = 'Chromium is missing: install it with "apt-get install chromium", or set CHROMIUM to its path'
  if (process.env['CI']) throw new Error(line)
  process.stderr.write(`${line}; the tests of the pages are skipped\n`)
  return false
}

/** Of two lists Chromium takes the last: those of the driver that matter here, and the menus below the address bar, drawn by a process for each
 * window that nobody sees. */
const features = [
  'AimEnabled',
  'DestroyProfileOnBrowserClose',
  'HttpsFirstBalancedModeAutoEnable',
  'HttpsUpgrades',
  'MediaRouter',
  'NetworkTimeServiceQuerying',
  'OptimizationHints',
  'PaintHolding',
  'PreconnectToSearch',
  'ThirdPartyStoragePartitioning',
  'WebUIOmniboxAimPopup',
  'WebUIOmniboxFullPopup',
  'WebUIOmniboxPopup',
]

const launch = {
  executablePath,
  args: [
    '--no-sandbox',
    '--disable-gpu',
    '--disable-quic',
    '--no-first-run',
    '--disable-background-networking',
    '--disable-component-update',
    '--disable-sync',
    `--disable-features=${features}`,
  ],
}

/** One for all test files of a run, begun by jest's own process when the first of them asks. */
export const startSharedBrowser = (): Promise<BrowserServer> => chromium.launchServer(launch)

export interface Browser extends AsyncDisposable {
  readonly page: Page
  /** Errors and warnings of the console, script errors, violated policies, requests that failed. */
  readonly complaints: string[]
  /** Every body that an answer brought, beside its address. */
  readonly bodies: { url: string; text: string }[]
  /** Until the bodies of all answers so far are in `bodies`. */
  settled(): Promise<void>
}

export interface BrowserOptions {
  /** More of Chromium's flags, and those that a test takes from the driver. */
  readonly flags?: readonly string[]
  readonly withoutFlags?: readonly string[]
  /** Whether the test reads it: all pages of one browser have the same. */
  readonly clipboard?: boolean
}

const connectTo = async (shared: string) => {
  const answer = await fetch(shared)
  if (!answer.ok) throw new Error(await answer.text())
  return chromium.connect(await answer.text())
}

/** In a run of tests a profile of the shared browser, where nothing speaks for another one. */
const newProfile = async (settings: BrowserContextOptions, { flags = [], withoutFlags = [], clipboard = false }: BrowserOptions) => {
  await using starting = new AsyncDisposableStack()
  const shared = clipboard || flags.length + withoutFlags.length > 0 ? undefined : process.env['TEST_BROWSER_URL']
  const browser = starting.use(
    await (shared === undefined
      ? chromium.launch({ ...launch, args: [...launch.args, ...flags], ignoreDefaultArgs: [...withoutFlags] })
      : connectTo(shared)),
  )
  const context = starting.use(await browser.newContext(settings))
  return { context, leave: starting.move() }
}

export const openBrowser = async (baseURL: string, options: BrowserOptions = {}): Promise<Browser> => {
  const { context, leave } = await newProfile(
    { baseURL, viewport: { width: 1440, height: 900 }, permissions: ['clipboard-read', 'clipboard-write'] },
    options,
  )
  const page = await context.newPage()
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
    [Symbol.asyncDispose]: () => leave.disposeAsync(),
  }
}
