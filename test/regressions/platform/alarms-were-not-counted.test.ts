/** Four alarms were lines alone: whoever watched the metrics heard nothing of a dropped session key, an unfit secret file, an undelivered alert or a lost log. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from '@jest/globals'
import { canarySessionKey } from '../../support/canaries.ts'
import { scrape } from '../../support/metrics.ts'
import { processEnv, startProcess } from '../../support/service-process.ts'
import { until } from '../../support/until.ts'

test('a dropped session key and an unfit secret file are counted', async () => {
  await using all = new AsyncDisposableStack()
  const folder = mkdtempSync(join(tmpdir(), 'bff-counted-'))
  all.defer(() => rmSync(folder, { recursive: true, force: true }))
  const file = join(folder, 'session-keys')
  writeFileSync(file, `k1:${canarySessionKey}`)
  const { SESSION_KEYS: _, ...env } = processEnv
  const service = all.use(await startProcess({ ...env, SESSION_KEYS_FILE: file, JOURNAL_URL: `sqlite:${join(folder, 'journal.db')}` }))
  const counted = async (code: string) => (await scrape(service.privateUrl)).get(`smooch_bff_alarms_total{code="${code}"}`)
  expect([await counted('secret_file'), await counted('session_key_dropped')]).toEqual([0, 0])
  writeFileSync(file, 'too-short')
  await until(async () => (await counted('secret_file')) !== 0)
  writeFileSync(file, `k2:${canarySessionKey}-2`)
  await until(async () => (await counted('session_key_dropped')) !== 0)
  expect([await counted('secret_file'), await counted('session_key_dropped')]).toEqual([1, 1])
})

test('no line is an alarm but by the one way, which counts it', () => {
  const raising = readdirSync('src', { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .filter((name) => /\.error\(\{ ?(\.\.\.\w+, )?alarm:/.test(readFileSync(`src/${name}`, 'utf8')))
  expect(raising).toEqual(['platform/alarms.ts'])
})
