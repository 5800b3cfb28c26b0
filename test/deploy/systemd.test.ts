/** The systemd unit: sound to systemd itself, true to the package that it starts. */
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { describe, expect, test } from '@jest/globals'
import { load } from '../../config/load.ts'
import { settings } from '../../config/settings.ts'

const unit = 'deploy/systemd/smooch-bff.service'
const text = readFileSync(unit, 'utf8')
const fieldOf = (name: string): string => new RegExp(`^${name}=(.*)$`, 'm').exec(text)![1]!
const page = readFileSync('docs/deploy.md', 'utf8')

describe('the unit', () => {
  test('starts what the package holds, with settings that exist, from the file that docs/deploy.md writes', () => {
    const { name, files } = JSON.parse(readFileSync('package.json', 'utf8')) as { name: string; files: string[] }
    expect(files).toContain('dist')
    expect(fieldOf('ExecStart')).toBe(`/usr/bin/node /opt/smooch-bff/node_modules/${name}/dist/src/main.js`)
    expect(page).toContain(fieldOf('EnvironmentFile'))
    const [, written = ''] = /```ini systemd\n([\s\S]+?)```/.exec(page)!
    const lines = written
      .trim()
      .split('\n')
      .map((line) => line.split('='))
    const secret = (name: string): boolean => name.endsWith('_FILE')
    for (const [setting = '', value] of lines.filter(([setting = '']) => secret(setting)))
      expect(value).toBe(`/etc/smooch-bff/secrets/${setting.replace(/_FILE$/, '').toLowerCase()}`)
    const given = Object.fromEntries(
      lines.map(([setting = '', value]) => (secret(setting) ? [setting.replace(/_FILE$/, ''), secretOf(setting)] : [setting, value])),
    )
    expect(load({ ...given, NODE_ENV: 'production' }).settings.PUBLIC_ORIGIN).toEqual(['https://app.example.com'])
  })

  test('has more time to stop than it drains', () => {
    // While calls still come, for what is in flight, and a rest for log and journal, as src/service/serve.ts has it.
    expect(Number(fieldOf('TimeoutStopSec')) - Number(settings.DRAIN_DELAY_SECONDS.default)).toBeGreaterThanOrEqual(5 + 25 + 5)
  })

  test('keeps from the engine nothing that it needs: the code that it writes, and the priority of its threads', () => {
    expect(text).not.toMatch(/^MemoryDenyWriteExecute/m)
    expect(text.match(/^SystemCallFilter=~.*$/gm)).toEqual(['SystemCallFilter=~@privileged'])
  })

  const installed = spawnSync('systemd-analyze', ['--version']).status === 0
  // Systemd is not installed on every machine of a developer.
  const whenInstalled = installed ? test : test.skip
  whenInstalled('is valid to systemd, which finds it little exposed', () => {
    const verify = spawnSync('systemd-analyze', ['verify', unit], { encoding: 'utf8' })
    // The program and the manual are on the machine where it runs.
    expect(verify.stderr.split('\n').filter((line) => line.includes(unit) && !/is not executable|not found/.test(line))).toEqual([])
    const security = spawnSync('systemd-analyze', ['security', '--offline=true', '--threshold=15', '--no-pager', unit], {
      encoding: 'utf8',
    })
    expect([security.status, security.stderr]).toEqual([0, ''])
  })
})

const secretOf = (setting: string): string => {
  if (setting === 'REDIS_URL_FILE') return 'redis://127.0.0.1:6379'
  return /KEYS|PEPPERS/.test(setting) ? `k1:${setting.padEnd(40, 'x')}` : 'a-secret-of-nobody'
}
