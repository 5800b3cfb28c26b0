/** `npm run fuzz -- [--requests N] [--seed N]`: made-up requests against the whole service and the stand-in, one after the other. Exit code 1 when anything is wrong. */
import { parseArgs } from 'node:util'
import { fuzz } from './requests.ts'

const { values } = parseArgs({ options: { requests: { type: 'string', default: '20000' }, seed: { type: 'string', default: '1' } } })
const began = performance.now()
const { statuses, vendor, faults } = await fuzz(Number(values.requests), Number(values.seed), (done) =>
  process.stderr.write(`\r${done} of ${values.requests}`),
)
process.stderr.write('\n')
console.log({ statuses, vendor, seconds: Math.round((performance.now() - began) / 1000), faults: faults.length })
for (const fault of [...new Set(faults)].slice(0, 40)) console.log(fault)
process.exitCode = faults.length > 0 ? 1 : 0
