/** `npm run fuzz -- [--requests N] [--seed N] [--redis]`: made-up requests against the whole service and the stand-in. Exit code 1 when anything is wrong. */
import { flagsOf, toggle, whole } from '../../scripts/flags.ts'
import { startRedis } from '../support/redis.ts'
import { fuzz } from './fuzz.ts'

const values = flagsOf('fuzz', { requests: whole(20_000, 100_000), seed: whole(undefined, 2 ** 31, 0), redis: toggle })
const { requests: count, seed = Math.floor(Math.random() * 2 ** 31) } = values
console.log(`seed ${seed}`)
await using stack = new AsyncDisposableStack()
const redis = values.redis ? await startRedis() : undefined
if (redis) stack.defer(() => redis.stop())
const began = performance.now()
const { statuses, vendor, faults } = await fuzz({
  ...{ count, seed, redis: redis?.url },
  progress: (done) => process.stderr.write(`\r${done} of ${count}`),
})
process.stderr.write('\n')
console.log({ statuses, vendor, seconds: Math.round((performance.now() - began) / 1000), faults: faults.length })
for (const fault of [...new Set(faults)].slice(0, 40)) console.log(JSON.stringify(fault))
process.exitCode = faults.length > 0 ? 1 : 0
