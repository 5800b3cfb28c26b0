/** What the image holds, without an engine to build it: what the Dockerfile copies and production dependencies alone must start, answer the health check, write nothing and stop. */
import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process'
import { type Dirent, existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from '@jest/globals'
import { parse } from 'yaml'
import { settings } from '../config/settings.ts'
import { dockerfile, ignored, stage, variables } from './support/image.ts'

const commands = [...dockerfile.matchAll(/^ *CMD (\[.+\])$/gm)].map(([, json]) => JSON.parse(json!) as string[])
/** The health check's stands first in the file. */
const [healthCheck, start] = commands as [string[], string[]]

const line = (child: ChildProcess, pattern: RegExp): Promise<RegExpExecArray> =>
  new Promise((resolve, reject) => {
    let text = ''
    child.stderr!.on('data', (chunk) => {
      text += String(chunk)
      const found = pattern.exec(text)
      if (found) resolve(found)
    })
    child.once('close', () => reject(new Error(`ended: ${text}`)))
  })

const run = ([, ...args]: string[], folder: string, env: Record<string, string>): ChildProcess =>
  spawn(process.execPath, args, { cwd: folder, env, stdio: ['ignore', 'ignore', 'pipe'] })

/** The journal's folder, which the Dockerfile makes a volume. */
const isVolume = (path: string): boolean => path === 'data' || path.startsWith('data/')

const files = (folder: string): string[] =>
  (readdirSync(folder, { recursive: true }) as string[]).filter((path) => !path.startsWith('node_modules/') && !isVolume(path))

describe('the image', () => {
  test('starts with production dependencies only, answers its health check, writes nothing, and stops on SIGTERM', async () => {
    const folder = stage()
    try {
      expect(existsSync(join(folder, 'node_modules/jest'))).toBe(false)
      writeFileSync(join(folder, 'secret'), `k1:${'0123456789'.repeat(4)}\n`)
      const before = files(folder)
      const env = {
        ...variables(),
        NODE_COMPILE_CACHE: join(folder, 'node_modules/.cache'),
        PORT: '0',
        PRIVATE_PORT: '0',
        PUBLIC_ORIGIN: 'https://app.example.com',
        IN_PROCESS_STORE: 'on',
        SMOOCH_BASE_URL: 'https://vendor.invalid',
        SMOOCH_APP_ID: 'app',
        SMOOCH_KEY_ID: 'app_1',
        SMOOCH_KEY_SECRET: 'a-secret-of-nobody',
        SESSION_KEYS_FILE: join(folder, 'secret'),
        SESSION_PEPPERS_FILE: join(folder, 'secret'),
        SERVICE_KEYS_FILE: join(folder, 'secret'),
        DRAIN_DELAY_SECONDS: '0',
      }
      const child = run(start, folder, env)
      const ended = new Promise<number | null>((resolve) => child.once('exit', resolve))
      const [, port = ''] = await line(child, /health and sessions on http:\/\/127\.0\.0\.1:(\d+)/)
      const health = run(healthCheck, folder, { PRIVATE_PORT: port })
      expect(await new Promise((resolve) => health.once('exit', resolve))).toBe(0)
      child.kill('SIGTERM')
      expect(await ended).toBe(0)
      const sick = run(healthCheck, folder, { PRIVATE_PORT: port })
      expect(await new Promise((resolve) => sick.once('exit', resolve))).toBe(1)
      expect(files(folder)).toEqual(before)
    } finally {
      rmSync(folder, { recursive: true, force: true })
    }
  })

  test('holds nothing that an operator keeps beside the code: of config only what is code', () => {
    const own = 'config/apps.of-a-test.yaml'
    writeFileSync(own, '- appId: a\n')
    const folder = stage()
    try {
      expect(readdirSync(join(folder, 'config')).filter((name) => !name.endsWith('.ts'))).toEqual([])
      expect(
        readFileSync('.dockerignore', 'utf8')
          .split('\n')
          .filter((one) => one.startsWith('!config')),
      ).toEqual(['!config/*.ts'])
    } finally {
      rmSync(own)
      rmSync(folder, { recursive: true, force: true })
    }
  })

  test('is labelled with what package.json says, and is small: what is added to the base is under 40 MB', () => {
    const own = JSON.parse(readFileSync('package.json', 'utf8')) as Record<string, string>
    const labels = Object.fromEntries(
      [...dockerfile.matchAll(/org\.opencontainers\.image\.([\w.]+)="([^"]*)"/g)].map(([, name, value]) => [name!, value!]),
    )
    const { name: title, version, description, license: licenses } = own
    expect(labels).toEqual({
      title,
      version,
      description,
      licenses,
      revision: '$REVISION',
      'base.name': expect.stringContaining(/^FROM (\S+)$/m.exec(dockerfile)![1]!),
    })
    const folder = stage()
    try {
      const bytes = (readdirSync(folder, { recursive: true, withFileTypes: true }) as Dirent[])
        .filter((it) => it.isFile())
        .reduce((sum, it) => sum + statSync(join(it.parentPath, it.name)).size, 0)
      expect(bytes / 1e6).toBeLessThan(40)
    } finally {
      rmSync(folder, { recursive: true, force: true })
    }
  })

  test('has a list of materials: every package that runs in it, with version and sum, and no other', () => {
    const bom = JSON.parse(
      execFileSync(process.execPath, ['scripts/sbom.ts'], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }),
    ) as {
      bomFormat: string
      metadata: { component: { name: string } }
      components: { purl: string; hashes?: { alg: string }[] }[]
    }
    expect([bom.bomFormat, bom.metadata.component.name]).toEqual(['CycloneDX', 'smooch-bff'])
    const { packages } = JSON.parse(readFileSync('package-lock.json', 'utf8')) as {
      packages: Record<string, { version: string; dev?: true; devOptional?: true; peer?: true }>
    }
    const named = new Set(bom.components.map(({ purl }) => decodeURIComponent(purl)))
    const production = Object.entries(packages).filter(([path, { dev, devOptional, peer }]) => path && !dev && !devOptional && !peer)
    const purls = production.map(([path, { version }]) => `pkg:npm/${path.split('node_modules/').at(-1)}@${version}`)
    expect(purls.length).toBeGreaterThan(20)
    expect(named).toEqual(new Set(purls))
    expect(bom.components.filter(({ hashes }) => !hashes?.some(({ alg }) => alg === 'SHA-512'))).toEqual([])
  })

  test('holds neither the demo, where anybody is anybody, nor the stand-in, and does not run as root', () => {
    expect(ignored).toEqual(expect.arrayContaining(['src/dev']))
    expect(dockerfile).toMatch(/^USER [1-9]\d*$/m)
  })
})

interface Compose {
  services: Record<
    string,
    { environment?: Record<string, string>; command?: string; secrets?: string[]; read_only?: boolean; cap_drop?: string[] }
  >
  secrets: Record<string, unknown>
}

describe('the compose files', () => {
  const files = ['docker-compose.yml', 'docker-compose.postgres.yml'] as const
  const [base, withPostgres] = files.map((file) => parse(readFileSync(file, 'utf8')) as Compose) as [Compose, Compose]

  test.each([
    [files[0], base],
    [files[1], withPostgres],
  ])('%s sets nothing that is no setting, and hands secrets over as files', (_file, compose) => {
    const { environment = {}, secrets = [] } = compose.services['bff']!
    const rows = settings as Readonly<Record<string, { secret?: true }>>
    for (const [name, value] of Object.entries(environment)) {
      const setting = name.replace(/_FILE$/, '')
      expect([name, rows[setting] !== undefined]).toEqual([name, true])
      if (name !== setting)
        expect([rows[setting]!.secret, secrets]).toEqual([true, expect.arrayContaining([value.replace('/run/secrets/', '')])])
    }
    expect(Object.keys(compose.secrets)).toEqual(expect.arrayContaining(secrets))
  })

  test('together they give no setting twice', () => {
    const names = [base, withPostgres].flatMap(({ services }) => Object.keys(services['bff']!.environment ?? {}))
    const given = names.map((name) => name.replace(/_FILE$/, ''))
    expect(new Set(given).size).toBe(given.length)
  })

  test('the service has no rights and writes nowhere; sessions lie in a Redis that evicts nothing', () => {
    const { read_only, cap_drop } = base.services['bff']!
    expect([read_only, cap_drop]).toEqual([true, ['ALL']])
    expect(base.services['redis']!.command).toMatch(/^redis-server .*--maxmemory-policy noeviction /)
  })

  const installed = spawnSync('docker-compose', ['--version']).status === 0
  // docker-compose is not installed: what is above holds without it.
  const whenInstalled = installed ? test : test.skip
  whenInstalled.each([[[files[0]]], [[...files]]])('%j is valid to docker-compose', (those) => {
    const env = {
      PATH: process.env['PATH'],
      SMOOCH_BASE_URL: 'https://a.example',
      SMOOCH_APP_ID: 'a',
      SMOOCH_KEY_ID: 'app_1',
      PUBLIC_ORIGIN: 'https://b.example',
    }
    expect(execFileSync('docker-compose', [...those.flatMap((file) => ['-f', file]), 'config', '-q'], { env, encoding: 'utf8' })).toBe('')
  })
})
