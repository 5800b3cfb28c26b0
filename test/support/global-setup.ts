/** Starts what all tests share: a real Redis, a cache of compiled code, a folder in memory, and one
 * for what is made once a run. A REDIS_URL or TMPDIR given by the caller wins. */
import { once } from 'node:events'
import { chmodSync, existsSync, mkdtempSync, statfsSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { BrowserServer } from 'playwright-core'
import { redisInstalled, startRedis, type TestRedis } from './redis.ts'

declare global {
  var testRedis: TestRedis | undefined
  var testFolder: string | undefined
  var testShared: string | undefined
  var endTestBrowser: (() => Promise<void>) | undefined
}

/** The cache of `src/main.ts`. Without it each thread of a journal loads a compiler of TypeScript of
 * its own, which takes six times as long as all else that it does to start. */
const compiled = fileURLToPath(new URL('../../node_modules/.cache/compile', import.meta.url))

const memory = '/dev/shm'
const hasRoom = (): boolean => {
  if (!existsSync(memory)) return false
  const { bavail, bsize } = statfsSync(memory)
  return bavail * bsize >= 2 ** 31
}

/** Thousands of journals are written to stable storage call by call, which takes a disk a hundred
 * times as long as memory and shows nothing more: no test cuts the power. */
const useMemory = (): void => {
  if (process.env['TMPDIR'] || !hasRoom()) return
  process.env['TEST_DISK'] = tmpdir()
  globalThis.testFolder = mkdtempSync(`${memory}/bff-`)
  // The user of PostgreSQL passes through it.
  chmodSync(globalThis.testFolder, 0o711)
  process.env['TMPDIR'] = globalThis.testFolder
}

let browser: Promise<BrowserServer> | undefined

const startBrowser = async (): Promise<BrowserServer> => {
  const { startSharedBrowser } = await import('../e2e/browser.ts')
  const started = await startSharedBrowser()
  started.once('close', () => {
    browser = undefined
  })
  return started
}

/** Answers with the address of the run's browser, which it starts for whoever asks first, and anew when it has died. */
const offerBrowser = async (): Promise<void> => {
  const server = createServer((_req, res) => {
    browser ??= startBrowser()
    browser.then(
      (started) => res.end(started.wsEndpoint()),
      (error: unknown) => res.writeHead(500).end(String(error)),
    )
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  server.unref()
  process.env['TEST_BROWSER_URL'] = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
  globalThis.endTestBrowser = async () => await (await browser?.catch(() => undefined))?.close()
}

const setUp = async (): Promise<void> => {
  process.env['NODE_COMPILE_CACHE'] ??= compiled
  useMemory()
  await offerBrowser()
  globalThis.testShared = mkdtempSync(join(tmpdir(), 'bff-shared-'))
  process.env['TEST_SHARED'] = globalThis.testShared
  const given = process.env['REDIS_URL']
  // The tests choose their own settings; what the shell holds must not leak into them.
  delete process.env['REDIS_URL']
  if (given) {
    process.env['TEST_REDIS_URL'] = given
    return
  }
  if (!redisInstalled()) {
    const line = 'redis-server is missing: install it with "apt-get install redis-server", or set REDIS_URL'
    if (process.env['CI']) throw new Error(line)
    process.stderr.write(`${line}; the tests that need it are skipped\n`)
    return
  }
  globalThis.testRedis = await startRedis()
  process.env['TEST_REDIS_URL'] = globalThis.testRedis.url
}

export default setUp
