/** What was wrong with an address or with the journal's place was told in the words of the system, and two listeners on one port as a port that somebody else has. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from '@jest/globals'
import { load } from '../../../config/load.ts'
import { freePort } from '../../support/free-port.ts'
import { processEnv, startProcess } from '../../support/service-process.ts'

const folder = mkdtempSync(join(tmpdir(), 'bff-start-'))
const file = join(folder, 'file')
writeFileSync(file, 'x')
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const faults: readonly (readonly [fault: string, env: Record<string, string>])[] = [
  ['HOST is no address of this machine', { HOST: '203.0.113.1' }],
  ['PRIVATE_HOST cannot be looked up', { PRIVATE_HOST: 'nobody.invalid' }],
  [`JOURNAL_URL names the folder ${folder}, not a file: try sqlite:${join(folder, 'journal.db')}`, { JOURNAL_URL: `sqlite:${folder}` }],
  [`JOURNAL_URL puts the journal into ${file}, where nothing can be written`, { JOURNAL_URL: `sqlite:${join(file, 'journal.db')}` }],
]
test.each(faults)('%s', async (fault, env) => {
  await using service = await startProcess({ ...processEnv, ...env })
  expect(await service.ended).toBe(1)
  expect(service.output()).toContain(`smooch-bff could not start: ${fault}`)
})

test('one port for both listeners is a fault of the settings, but not at two addresses', async () => {
  const port = String(await freePort())
  const both = { ...processEnv, PORT: port, PRIVATE_PORT: port }
  for (const HOST of ['127.0.0.1', '0.0.0.0', '::'])
    expect(() => load({ ...both, HOST, PRIVATE_HOST: '127.0.0.1' })).toThrow('PRIVATE_PORT is the same as PORT')
  expect(load({ ...both, HOST: '127.0.0.2', PRIVATE_HOST: '127.0.0.1' }).settings.PORT).toBe(Number(port))
})
