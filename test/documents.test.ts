/** What the documents name exists: links and their sections, files, commands, settings, error codes with their status, metrics and alarms; their examples of settings are enough to start. */
import { generateKeyPairSync } from 'node:crypto'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, normalize } from 'node:path'
import { describe, expect, test } from '@jest/globals'
import { loadApps } from '../config/apps.ts'
import { load } from '../config/load.ts'
import { loadProviders } from '../config/providers.ts'
import { settings } from '../config/settings.ts'
import { anchorOf } from '../scripts/markdown.ts'
import { problems } from '../src/contract/problems.ts'
import { alarmCodes } from '../src/platform/alarms.ts'
import { metricRows } from '../src/platform/metrics/table.ts'

const pages = [
  ...readdirSync('.').filter((name) => name.endsWith('.md')),
  ...readdirSync('docs')
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/${name}`),
  'findings/README.md',
]
const textOf = (page: string): string => readFileSync(page, 'utf8')
/** Without blocks of code, which may hold anything. */
const proseOf = (page: string): string => textOf(page).replace(/^ *```[\s\S]*?^ *```$/gm, '')
const found = (page: string, pattern: RegExp): string[] => [...proseOf(page).matchAll(pattern)].map(([, name = '']) => name)

const anchorsOf = (page: string): string[] => found(page, /^#+ (.+)$/gm).map(anchorOf)

const sources = readdirSync('src', { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.ts'))
  .map((name) => readFileSync(`src/${name}`, 'utf8'))
  .join('\n')
/** Of the stand-in, of Node and glibc, and the pattern by which secrets are named as files. */
const otherVariables = ['SANDBOX_PORT', 'HTTP_PROXY', 'HTTPS_PROXY', 'NO_PROXY', 'MALLOC_ARENA_MAX', 'NAME_FILE']
const isVariable = (name: string): boolean =>
  Object.hasOwn(settings, name) || Object.hasOwn(settings, name.replace(/_FILE$/, '')) || otherVariables.includes(name)

describe.each(pages)('%s', (page) => {
  test('links to files and sections that exist', () => {
    const broken = found(page, /\]\(([^)\s]+)\)/g)
      .filter((link) => !/^https?:/.test(link))
      .filter((link) => {
        const [path = '', anchor] = link.split('#')
        const target = path === '' ? page : normalize(join(dirname(page), path))
        return !existsSync(target) || (anchor !== undefined && !anchorsOf(target).includes(anchor))
      })
    expect(broken).toEqual([])
  })

  test('names files, commands and settings that exist', () => {
    const { scripts } = JSON.parse(readFileSync('package.json', 'utf8')) as { scripts: Record<string, string> }
    expect(found(page, /npm run ([\w:-]+)/g).filter((name) => !Object.hasOwn(scripts, name))).toEqual([])
    const files = found(page, /`(?:node )?((?:src|config|docs|test|scripts|findings)\/[\w./-]+)`/g)
    expect(files.filter((file) => !/[A-Z]{4}/.test(file) && !existsSync(file))).toEqual([])
    expect(found(page, /`([A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+)\b/g).filter((name) => !isVariable(name))).toEqual([])
  })

  test('names codes and metrics that exist, and the status that the code has', () => {
    const codes = [...proseOf(page).matchAll(/\b([45]\d\d) `([a-z]+(?:_[a-z]+)*)`/g)].map(([, status, code]) => `${status} ${code}`)
    const known = Object.entries(problems).map(([code, [status]]) => `${status} ${code}`)
    expect(codes.filter((code) => !known.includes(code))).toEqual([])
    expect(found(page, /`(smooch_bff_\w+)/g).filter((name) => !Object.hasOwn(metricRows, name))).toEqual([])
  })
})

test('every page of docs stands in its index', () => {
  const listed = found('docs/README.md', /\]\((\w[\w-]*\.md)\)/g).map((name) => `docs/${name}`)
  expect(pages.filter((page) => page.startsWith('docs/') && page !== 'docs/README.md' && !listed.includes(page))).toEqual([])
})

test('every picture is shown on a page', () => {
  const all = pages.map(textOf).join('\n')
  expect(readdirSync('docs/screenshots').filter((name) => !all.includes(`screenshots/${name}`))).toEqual([])
})

test('each word of the glossary is used in the file that it names', () => {
  const rows = proseOf('docs/architecture.md').split('\n## Words\n')[1]!.split('\n## ')[0]!
  const words = [...rows.matchAll(/^\| ([^`|]+?) +\|.*\| `([^`]+)` +\|$/gm)].map(([, names, file]) => [names!, file!] as const)
  expect(words.length).toBeGreaterThan(20)
  const letters = (text: string): string => text.toLowerCase().replace(/[^a-z]/g, '')
  const unused = words.filter(
    ([names, file]) => !names.split(', ').some((name) => letters(file + readFileSync(file, 'utf8')).includes(letters(name))),
  )
  expect(unused).toEqual([])
})

test('the runbook has each alarm, and each is raised', () => {
  const entries = proseOf('docs/runbook.md').split('\n## Alarms\n')[1]!.split('\n## ')[0]!.split('\n### ').slice(1)
  const complete = entries.filter((entry) => /^`\w+`\n\n.{30,}\n\n- \*\*Look at\*\*: .{20,}\n- \*\*Do\*\*: .{8,}/.test(entry))
  expect(complete.map((entry) => /^`(\w+)`/.exec(entry)![1])).toEqual(alarmCodes)
  expect(alarmCodes.filter((name) => !sources.includes(`'${name}'`))).toEqual([])
})

const block = (page: string, pattern: RegExp): string => pattern.exec(textOf(page))![1]!

describe('the examples of settings', () => {
  const secret = 'x'.repeat(40)
  const least = Object.fromEntries(
    block('docs/configure.md', /```ini\n([\s\S]*?)```/)
      .replaceAll('…', secret)
      .replace(`SMOOCH_APP_ID=${secret}`, 'SMOOCH_APP_ID=69f0100f2a3b4c5d6e7f8091')
      .trim()
      .split('\n')
      .map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]),
  )
  const withFile = <T>(yaml: string, use: (file: string) => T): T => {
    const folder = mkdtempSync(join(tmpdir(), 'bff-documents-'))
    try {
      writeFileSync(join(folder, 'secret'), secret)
      writeFileSync(join(folder, 'secret.pem'), generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }))
      writeFileSync(join(folder, 'rows.yaml'), yaml.replaceAll(/\/run\/secrets\/[\w-]+/g, join(folder, 'secret')))
      return use(join(folder, 'rows.yaml'))
    } finally {
      rmSync(folder, { recursive: true, force: true })
    }
  }

  test('the least that docs/configure.md names is enough', () => {
    expect(load(least).settings.SMOOCH_BASE_URL).toBe('https://api.smooch.io')
  })

  test('production needs what docs/configure.md adds, and no more', () => {
    const more = { NODE_ENV: 'production', PUBLIC_ORIGIN: 'https://app.example.com', REDIS_URL: 'redis://127.0.0.1' }
    expect(() => load({ ...least, ...more })).not.toThrow()
    for (const name of ['PUBLIC_ORIGIN', 'REDIS_URL']) expect(() => load({ ...least, ...more, [name]: '' })).toThrow(name)
  })

  test('the file of apps is read as it stands', () => {
    const yaml = block('docs/configure.md', /```yaml\n([\s\S]*?)```/)
    const apps = withFile(yaml, (APPS_FILE) => loadApps(load({ ...least, APPS_FILE }).settings))
    expect(apps.map(({ appId, origins }) => [appId, origins])).toEqual([['69f0100f2a3b4c5d6e7f8091', ['https://shop.example.com']]])
  })

  test('the file of providers is read as it stands', () => {
    const yaml = block('docs/sign-in.md', / {2}```yaml\n([\s\S]*?) {2}```/).replace(/^ {2}/gm, '')
    const providers = withFile(yaml, (OIDC_PROVIDERS_FILE) => loadProviders(load({ ...least, OIDC_PROVIDERS_FILE }).settings))
    expect(providers.map(({ id }) => id)).toEqual(['staff', 'shop'])
  })
})
