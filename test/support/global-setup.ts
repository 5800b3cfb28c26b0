/** Starts what all tests share: a real Redis, and a cache of compiled code. A REDIS_URL given by the
 * caller wins. */
import { fileURLToPath } from 'node:url'
import { redisInstalled, startRedis, type TestRedis } from './redis.ts'

declare global {
  var testRedis: TestRedis | undefined
}

/** The cache of `src/main.ts`. Without it each thread of a journal loads a compiler of TypeScript of
 * its own, which takes six times as long as all else that it does to start. */
const compiled = fileURLToPath(new URL('../../node_modules/.cache/compile', import.meta.url))

const setUp = async (): Promise<void> => {
  process.env['NODE_COMPILE_CACHE'] ??= compiled
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
