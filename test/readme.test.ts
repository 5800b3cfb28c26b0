/** The README and the pages of docs do what they say: their blocks tagged `demo` are run against a demo on free ports; derived parts are fresh. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from '@jest/globals'

const readme = readFileSync('README.md', 'utf8')

interface Block {
  readonly language: string
  /** The status that the last call is refused with. */
  readonly refused: string | undefined
  readonly text: string
}

const blocks: readonly Block[] = [
  ...[readme, ...['docs/use.md', 'docs/console.md'].map((page) => readFileSync(page, 'utf8'))]
    .join('')
    .matchAll(/^```(sh|js) demo(?: (\d{3}))?\n(.*?)^```$/gms),
].map(([, language, refused, text]) => ({ language: language!, refused, text: text! }))

interface Demo extends AsyncDisposable {
  readonly origin: string
  readonly privateUrl: string
  readonly sandbox: string
  readonly serviceKey: string
}

const startDemo = async (): Promise<Demo> => {
  const env = { PATH: process.env['PATH'], PORT: '0', PRIVATE_PORT: '0', SANDBOX_PORT: '0' }
  const child: ChildProcess = spawn(process.execPath, ['src/dev/demo/main.ts'], { env, stdio: ['ignore', 'pipe', 'pipe'] })
  const said = await new Promise<string>((resolve, reject) => {
    let text = ''
    const hear = (chunk: unknown) => {
      text += String(chunk)
      if (text.includes('Ctrl-C')) resolve(text)
    }
    child.stdout!.on('data', hear)
    child.stderr!.on('data', hear)
    child.once('close', () => reject(new Error(`The demo ended: ${text}`)))
  })
  const found = (pattern: RegExp): string => pattern.exec(said)?.[1] ?? ''
  return {
    origin: found(/page +(http:\S+?)\/? /),
    privateUrl: found(/private +(http:\S+)/),
    sandbox: found(/stand-in +(http:\S+)/),
    serviceKey: found(/service key +(\S+)/),
    [Symbol.asyncDispose]: async () => {
      const ended = new Promise((resolve) => child.once('close', resolve))
      child.kill('SIGINT')
      await ended
    },
  }
}

/** One shell for all blocks, since later ones use what earlier ones set. Each call that is refused ends it, unless the block says so. */
const scriptOf = ({ origin, privateUrl, sandbox }: Demo, folder: string): string => {
  const here = (text: string) =>
    text
      .replaceAll('http://localhost:3000', origin)
      .replaceAll('http://127.0.0.1:3001', privateUrl)
      .replaceAll('http://localhost:3002', sandbox)
  const steps = blocks.map(({ language, refused, text }, index) => {
    const path = join(folder, `${index}.mjs`)
    if (language === 'js') writeFileSync(path, here(text))
    const step = language === 'js' ? `"${process.execPath}" --no-warnings "${path}"` : here(text)
    return `echo; echo "::block ${index}"\n${refused ? `if ! {\n${step}\n}; then echo "::refused"; fi` : step}\n`
  })
  return `set -euo pipefail\ncurl() { command curl --fail-with-body "$@"; }\n${steps.join('\n')}\necho "::end"\n`
}

describe('the README and the pages of docs', () => {
  test('has a quick start with calls, a refusal, a mint, a bearer token and a library of the vendor', () => {
    const all = blocks.map(({ text }) => text).join('\n')
    for (const part of ['auth/demo', '/appusers/me', '/sessions', 'Bearer $TOKEN', 'smooch-core']) expect(all).toContain(part)
    expect(blocks.map(({ refused }) => refused).filter(Boolean)).toEqual(['404', '502'])
    expect(readme).toContain('npm ci && npm run demo')
  })

  test('holds blocks that work as written, against the demo', async () => {
    await using demo = await startDemo()
    const folder = mkdtempSync(join(tmpdir(), 'bff-readme-'))
    symlinkSync(join(process.cwd(), 'node_modules'), join(folder, 'node_modules'))
    try {
      const child = spawn('bash', ['-s'], {
        env: { PATH: process.env['PATH'], TMPDIR: folder, SERVICE_KEY: demo.serviceKey },
        stdio: ['pipe', 'pipe', 'pipe'],
      })
      let output = ''
      const hear = (chunk: unknown) => {
        output += String(chunk)
      }
      for (const stream of [child.stdout, child.stderr]) stream.on('data', hear)
      child.stdin.end(scriptOf(demo, folder))
      const code = await new Promise((resolve) => child.once('close', resolve))
      expect([code, output]).toEqual([0, expect.stringContaining('::end')])
      const outputs = output.split(/^::block \d+$/m).slice(1)
      blocks.forEach(({ refused }, index) => {
        if (refused) expect(outputs[index]).toMatch(new RegExp(`"status":${refused}.*::refused`, 's'))
        else expect(outputs[index]).not.toContain('"error"')
      })
      const shown = outputs.join('')
      for (const part of ['"signedIn":true', '"language":"fr"', 'bff-dev=', '"mediaType":"image/png"', "userId: 'cust-20481'"])
        expect(shown).toContain(part)
    } finally {
      rmSync(folder, { recursive: true, force: true })
    }
  })

  test('the README is short enough to be read at once', () => {
    expect(readme.trimEnd().split('\n').length).toBeLessThanOrEqual(150)
  })
})

describe('npm run derive', () => {
  const check = (cwd: string) =>
    spawnSync(process.execPath, [join(process.cwd(), 'scripts/derive.ts'), '--check'], { cwd, encoding: 'utf8' })

  test('finds nothing stale here', () => {
    const { status, stderr } = check(process.cwd())
    expect([status, stderr]).toEqual([0, ''])
  })

  test('names what is stale and changes nothing when it only checks', () => {
    const folder = mkdtempSync(join(tmpdir(), 'bff-derive-'))
    try {
      for (const path of ['README.md', 'docs', 'config/example.env', 'src/contract/client-operations.ts', 'deploy'])
        cpSync(path, join(folder, path), { recursive: true })
      const stale = readFileSync('docs/configure.md', 'utf8').replace('`PORT` ', '`PORTE`')
      writeFileSync(join(folder, 'docs/configure.md'), stale)
      rmSync(join(folder, 'config/example.env'))
      const { status, stderr } = check(folder)
      expect([status, stderr]).toEqual([1, expect.stringContaining('Stale: config/example.env, docs/configure.md.')])
      expect(readFileSync(join(folder, 'docs/configure.md'), 'utf8')).toBe(stale)
    } finally {
      rmSync(folder, { recursive: true, force: true })
    }
  })
})
