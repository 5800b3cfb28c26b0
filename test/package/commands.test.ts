/** The commands of the package, packed and installed with what it depends on into an empty folder. */
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { parseEnv } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { parse } from 'yaml'
import { load } from '../../config/load.ts'
import { settings } from '../../config/settings.ts'
import { commands } from '../../src/cli/commands.ts'
import { redisInstalled, startRedis } from '../support/redis.ts'
import { type Installed, install, pack } from './install.ts'
import { linked, runIn, serveIn } from './run.ts'

let service: Installed
beforeAll(() => {
  using packed = pack()
  service = install(packed, { dependencies: true })
})
afterAll(() => service[Symbol.dispose]())

const secretFiles = ['secrets/session_keys', 'secrets/session_peppers', 'secrets/service_keys']

interface Compose {
  readonly services: Readonly<
    Record<string, { command: string[]; user: string; environment: Record<string, string>; volumes: string[] } | undefined>
  >
}
const composeIn = (folder: string): Compose => parse(readFileSync(join(folder, 'compose.yml'), 'utf8')) as Compose

describe('npx smooch-bff', () => {
  const npx = (...words: string[]) => runIn(service.folder, 'npx', ['--offline', 'smooch-bff', ...words])
  const run = (...words: string[]) => runIn(service.folder, linked(service.folder), words)
  const serves = 'serves (http:\\S+?)/bff to .*; health and sessions on (\\S+)\\n'

  test('tells its commands, and of each what it does, examples and exit codes', () => {
    const { status, stdout } = npx('--help')
    expect(status).toBe(0)
    for (const [name, { about }] of Object.entries(commands)) {
      expect(stdout).toMatch(new RegExp(`^ +${name} +\\S`, 'm'))
      const help = run(name, '--help')
      expect([name, help]).toEqual([name, { status: 0, stderr: '', stdout: expect.stringContaining(about) }])
      expect(help.stdout).toMatch(/\nExamples:\n {2}.*npx smooch-bff .+\n(.*\n)+Exit codes: 0 /)
    }
    expect(run('journal', 'init', '--help').stdout).toContain('Example:\n  npx smooch-bff journal init --role')
    expect(run('help', 'journal').stdout).toMatch(/npx smooch-bff journal verify\n(.*\n)+ {2}verify \[--checkpoint FILE\]/)
  })

  test('says which commands there are when it does not know one, and does nothing', () => {
    for (const word of ['serve', 'constructor', '-x']) {
      const stderr = `there is no command "${word}"; it is one of ${Object.keys(commands).join(', ')}\n`
      expect(run(word)).toEqual({ status: 2, stdout: '', stderr })
    }
    expect(npx('serve').status).toBe(2)
    expect(run().status).toBe(2)
  })

  test('refuses a word that a command does not take, and tells of one command of the journal alone', () => {
    for (const name of ['init', 'start', 'demo', 'sandbox'])
      expect(run(name, '--port')).toEqual({
        status: 2,
        stdout: '',
        stderr: expect.stringContaining(`${name} takes no words, and "--port" is one`),
      })
    for (const words of [
      ['help', 'journal', 'verify'],
      ['journal', 'help', 'verify'],
      ['journal', 'verify', '--help'],
    ])
      expect(run(...words)).toMatchObject({ status: 0, stdout: expect.stringMatching(/^verify \[--checkpoint/) })
    for (const word of ['--version', '-v', 'version']) expect(run(word).stdout).toMatch(/^\d+\.\d+\.\d+\n$/)
  })

  test('init writes settings with which start serves, and overwrites nothing', async () => {
    expect(npx('init')).toMatchObject({ status: 0, stdout: expect.stringContaining('Fill in SMOOCH_APP_ID') })
    const file = join(service.folder, '.env')
    const written = readFileSync(file, 'utf8')
    for (const own of ['.env', ...secretFiles]) expect([own, statSync(join(service.folder, own)).mode & 0o077]).toEqual([own, 0])
    const there =
      '.env and compose.yml and secrets/.gitignore and secrets/session_keys and secrets/session_peppers and secrets/service_keys'
    expect(run('init')).toEqual({ status: 1, stdout: '', stderr: `${there} exist already, and nothing was written\n` })
    expect(readFileSync(file, 'utf8')).toBe(written)
    expect(run('start')).toMatchObject({
      status: 1,
      stderr: expect.stringMatching(/3 faults:\n {2}- SMOOCH_KEY_SECRET_FILE cannot be read/),
    })

    writeFileSync(file, written.replace('APP_ID=', 'APP_ID=69f0100f2a3b4c5d6e7f8091').replace('KEY_ID=', 'KEY_ID=app_1'))
    writeFileSync(join(service.folder, 'secrets/smooch_key_secret'), 'a-secret-of-nobody\n')
    await using started = await serveIn(service.folder, ['start'], {}, new RegExp(serves))
    const [, publicUrl, privateUrl] = started.found
    expect((await fetch(`${privateUrl}/livez`)).status).toBe(200)
    expect((await fetch(`${publicUrl}/bff/docs`)).status).toBe(200)
    expect(await started.stop()).toBe(0)
    expect(run('journal', 'verify')).toMatchObject({ status: 0, stdout: expect.stringContaining('"size"') })
  })

  test('init writes a compose file whose service has no rights, writes only its journal, and names only settings', () => {
    const { bff } = composeIn(service.folder).services
    for (const name of Object.keys(bff!.environment)) expect([name, Object.hasOwn(settings, name)]).toEqual([name, true])
    expect(bff).toMatchObject({ read_only: true, cap_drop: ['ALL'], env_file: '.env' })
    const owner = statSync(join(service.folder, 'secrets/session_keys'))
    expect(bff!.user).toBe(`${owner.uid}:${owner.gid}`)
    expect(owner.uid).not.toBe(0)
    const mounts = bff!.volumes.map((volume) => volume.split(':'))
    for (const [from = '', to = '', mode] of mounts) {
      expect([from, existsSync(join(service.folder, from))]).toEqual([from, true])
      // The paths of .env are one and the same in the container.
      expect(to).toBe(join('/app', from))
      expect([from, mode]).toEqual([from, from === './data' ? undefined : 'ro'])
    }
  })

  const whenCompose = spawnSync('docker-compose', ['--version']).status === 0 ? test : test.skip
  whenCompose('docker-compose finds that file valid, and says that PUBLIC_ORIGIN is needed', () => {
    const words = ['-f', join(service.folder, 'compose.yml'), '--env-file', join(service.folder, '.env'), 'config', '-q']
    const config = (env: Record<string, string>) =>
      spawnSync('docker-compose', words, { encoding: 'utf8', env: { PATH: process.env['PATH'], ...env } })
    expect(config({ PUBLIC_ORIGIN: 'https://app.example.com' })).toMatchObject({ status: 0, stderr: '' })
    expect(config({}).stderr).toContain('PUBLIC_ORIGIN')
  })

  const whenRedis = redisInstalled() ? test : test.skip
  whenRedis('the command of that compose file serves under its environment, on the Redis that it is given', async () => {
    const redis = await startRedis()
    const { command, environment } = composeIn(service.folder).services['bff']!
    const env = { ...environment, PUBLIC_ORIGIN: 'https://app.example.com', REDIS_URL: redis.url, PRIVATE_HOST: '127.0.0.1' }
    const dotEnv = parseEnv(readFileSync(join(service.folder, '.env'), 'utf8')) as Record<string, string>
    try {
      await using started = await serveIn(service.folder, command.slice(1), { ...dotEnv, ...env }, new RegExp(serves), process.execPath)
      expect((await fetch(`${started.found[2]}/readyz`)).status).toBe(200)
      const [key] = readFileSync(join(service.folder, 'secrets/service_keys'), 'utf8').trim().split(':').slice(1)
      const minted = await fetch(`${started.found[2]}/sessions`, {
        method: 'POST',
        headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
        body: JSON.stringify({ kind: 'service', roles: ['agent'], actor: { id: 'crm' } }),
      })
      expect(minted.status).toBe(201)
      expect(await started.stop()).toBe(0)
    } finally {
      await redis.stop()
    }
  })

  whenRedis('start serves with several workers, and a signal ends them all', async () => {
    const redis = await startRedis()
    try {
      const both = new RegExp(`(?:${serves}[^]*){2}`)
      await using started = await serveIn(service.folder, ['start'], { WORKERS: '2', REDIS_URL: redis.url }, both)
      expect((await fetch(`${started.found[2]}/livez`)).status).toBe(200)
      expect(await started.stop()).toBe(0)
    } finally {
      await redis.stop()
    }
  })

  test('init gives everybody other keys', () => {
    const values = ['a', 'b'].flatMap((name) => {
      const folder = join(service.folder, name)
      mkdirSync(folder)
      expect(runIn(folder, linked(service.folder), ['init']).status).toBe(0)
      const keys = Object.fromEntries(
        secretFiles.map((path) => [basename(path).toUpperCase(), readFileSync(join(folder, path), 'utf8').trim()]),
      )
      const app = { SMOOCH_BASE_URL: 'https://a.example', SMOOCH_APP_ID: 'a', SMOOCH_KEY_ID: 'app_1', SMOOCH_KEY_SECRET: 'x'.repeat(20) }
      expect(() => load({ ...keys, ...app })).not.toThrow()
      return Object.values(keys)
    })
    expect(new Set(values).size).toBe(6)
  })

  test('demo brings the page, the service and the stand-in', async () => {
    await using demo = await serveIn(service.folder, ['demo'], {}, /page +(http:\S+)\/ /)
    for (const path of ['/', '/demo.css', '/demo.js', '/bff/openapi.json'])
      expect([path, (await fetch(`${demo.found[1]}${path}`)).status]).toEqual([path, 200])
    expect(await demo.stop()).toBe(0)
  })

  test('tells faults in the settings one a line, whichever command meets them', () => {
    writeFileSync(join(service.folder, '.env'), 'SESSION_KEYS=x\n')
    for (const words of [['start'], ['webhooks', 'list']])
      expect(run(...words).stderr).toMatch(/^The settings have \d+ faults:\n {2}- SESSION_KEYS is set, but /)
  })
})
