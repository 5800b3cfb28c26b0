/** Writes what is derived from the tables: config/example.env, docs/errors.md, the marked parts of the README and of docs/, and alerts for Kubernetes. With --check it writes nothing and names what is stale. */
import { spawnSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { settings } from '../config/settings.ts'
import { sentences } from '../src/contract/descriptions.ts'
import { limitClass, type Operation } from '../src/contract/operation.ts'
import { all, type OperationId } from '../src/contract/operations.ts'
import { problems } from '../src/contract/problems.ts'
import { metrics } from '../src/platform/metrics/table.ts'
import { clientOperations } from './client-operations.ts'
import { flagsOf, toggle } from './flags.ts'
import { anchorOf, cell, code, table } from './markdown.ts'
import { rules, runbook } from './runbook.ts'

const flags = flagsOf('derive', { check: toggle })

interface SettingRow {
  readonly default?: string
  readonly secret?: true
  readonly about: string
}

const rows: readonly (readonly [name: string, row: SettingRow])[] = Object.entries(settings)

const exampleEnv = (): string => {
  const lines = rows.flatMap(([name, row]) => [
    '',
    `# ${row.about}`,
    `#${name}=${row.default ?? ''}`,
    ...(row.secret ? [`#${name}_FILE=/run/secrets/${name.toLowerCase()}`] : []),
  ])
  return `# Settings of smooch-bff. Copy this file to .env, take off the # where you set something; npm start reads it.
# What stands here after = is the default. A secret can be given as a file: NAME_FILE instead of NAME.
# This file is derived from config/settings.ts by: npm run derive
${lines.join('\n')}
`
}

/** Where each group begins. */
const groups: Partial<Record<string, string>> = {
  NODE_ENV: 'The service and its addresses',
  SMOOCH_BASE_URL: 'The vendor',
  SESSION_KEYS: 'Sessions',
  REDIS_URL: 'Redis',
  OIDC_ISSUER: 'Sign-in',
  JOURNAL_URL: 'Journal, reasons and alerts',
  AUTO_CREATE: 'What callers may do',
  LIMIT_READS: 'Limits',
  DRAIN_DELAY_SECONDS: 'The process',
}

/** What production cannot go without. */
const needed = new Set<string>([
  ...['NODE_ENV', 'PUBLIC_ORIGIN', 'SMOOCH_BASE_URL', 'SMOOCH_APP_ID', 'SMOOCH_KEY_ID', 'SMOOCH_KEY_SECRET'],
  ...['SESSION_KEYS', 'SESSION_PEPPERS', 'SERVICE_KEYS', 'REDIS_URL', 'OIDC_ISSUER', 'JOURNAL_URL'],
])

const settingCell = (name: string, { secret }: SettingRow): string =>
  (needed.has(name) ? `**${code(name)}**` : code(name)) + (secret ? ' (secret)' : '')

const settingsTable = (): string => {
  const starts = rows.flatMap(([name], at) => (groups[name] === undefined ? [] : [at]))
  const parts = starts.map((at, order) => {
    const own = rows.slice(at, starts[order + 1])
    const cells = own.map(([name, row]) => [settingCell(name, row), row.default ? code(row.default) : '', cell(row.about)])
    return `### ${groups[own[0]![0]]}\n\n${table(['Setting', 'Default', 'Meaning'], cells)}`
  })
  return parts.join('\n\n')
}

const pathOf = ({ method, path, query = [] }: Operation): string =>
  code(`${method} ${path}${query.length > 0 ? `?${query.map((name) => `${name}=`).join('&')}` : ''}`)
const callersOf = ({ by }: Operation): string => by.join(', ')
const aboutOf = ({ id }: Operation): string => cell(sentences[id as OperationId])

/** What a newcomer wants to know. */
const shortTable = (): string =>
  table(
    ['Operation', 'Method and path', 'Who may call', 'What it does'],
    all.map((row) => [code(row.id), pathOf(row), callersOf(row), aboutOf(row)]),
  )

const fullTable = (): string =>
  table(
    ['Operation', 'Method and path', 'Who may call', 'Limit', 'Takes', 'Answers', 'What it does'],
    all.map((row) => {
      const answer = `${row.status ?? 200} ${row.returns === 'Empty' ? '`{}`' : row.returns}`
      return [code(row.id), pathOf(row), callersOf(row), limitClass(row), row.takes ?? '', answer, aboutOf(row)]
    }),
  )

const errorsPage = (): string => `# Errors

Every error has one body, and \`error.code\` is stable. Where the vendor refused a call, \`error.code\` may be the vendor's own.

\`\`\`json
{
  "error": { "code": "user_not_found", "description": "${problems.user_not_found[1]}" },
  "type": "urn:smooch-bff:problem:user_not_found",
  "title": "${problems.user_not_found[1]}",
  "status": 404,
  "detail": "${problems.user_not_found[1]}",
  "requestId": "req_oQ6pWq0bT1mHc8dV2nKx"
}
\`\`\`

Its type is \`application/json\`, which the vendor's client libraries need, or \`application/problem+json\` (RFC 9457) if \`Accept\` asks for that. Operators find the request in the log by its \`requestId\`, which is also in the header \`X-Request-Id\`.

The answer to a malformed request also has \`errors\`, which names the faults: every field of a body that does not fit (at most 20), or the first place at which a body, a query, a path or a header cannot be read. \`pointer\` is a JSON pointer as in
RFC 9457; without \`in\` it leads into the body (or the form), with \`"in": "query"\`, \`"path"\` or \`"header"\` to the parameter or header of that name. \`#\` alone means the whole. Unusual names are left out, and no value is ever repeated.

\`\`\`json
{
  "errors": [
    { "pointer": "#/properties/plan", "detail": "holds a key twice" },
    { "in": "query", "pointer": "#/integrationIds", "detail": "is required" }
  ]
}
\`\`\`

${table(
  ['Code', 'Status', 'Meaning'],
  Object.entries(problems).map(([name, [status, sentence]]) => [code(name), String(status), cell(sentence)]),
)}

Derived from \`src/contract/problems.ts\` by \`npm run derive\`.
`

const metricsTable = (): string =>
  table(
    ['Metric', 'Type', 'Labels', 'What it is'],
    metrics.map(([name, { type, labels = {}, help }]) => [code(name), type, Object.keys(labels).map(code).join(', '), cell(help)]),
  )

/** The same rules for the operator of Prometheus. */
const prometheusRule = (): string => `# Derived from deploy/prometheus/smooch-bff.rules.yml by npm run derive.
apiVersion: monitoring.coreos.com/v1
kind: PrometheusRule
metadata:
  name: smooch-bff
  labels: { app.kubernetes.io/name: smooch-bff }
spec:
${rules.slice(rules.indexOf('groups:')).replace(/^(?=.)/gm, '  ')}`

const read = (path: string): string | undefined => {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return undefined
  }
}

/** The page with what stands between the section's two marks replaced. */
const withSection = (path: string, name: string, content: string, page = read(path) ?? ''): string => {
  const [open, close] = [`<!-- derived: ${name} -->`, `<!-- /derived: ${name} -->`]
  const [before, rest, more] = page.split(open)
  const [, after, ...others] = rest?.split(close) ?? []
  if (more !== undefined || after === undefined || others.length > 0)
    throw new Error(`${path} must hold "${open}" and "${close}" once each`)
  return `${before}${open}\n${content}\n${close}${after}`
}

/** A page that is too long to be leafed through names its sections at the top. */
const withContents = (path: string, page = read(path) ?? ''): string => {
  // What stands between two fences is code.
  const prose = page.split('\n```').filter((_, at) => at % 2 === 0)
  const links = [...prose.join('').matchAll(/^## (.+)$/gm)].map(([, title = '']) => `[${title}](#${anchorOf(title)})`)
  return withSection(path, 'contents', `On this page: ${links.join(' · ')}`, page)
}

/** As the formatter wants it. */
const formatted = (code: string): string => {
  const cwd = fileURLToPath(new URL('..', import.meta.url))
  const command = ['format', '--stdin-file-path=derived.ts']
  const { stdout, stderr, status } = spawnSync('node_modules/.bin/biome', command, { cwd, input: code, encoding: 'utf8' })
  if (status !== 0) throw new Error(stderr)
  return stdout
}

const files: Readonly<Record<string, string>> = {
  'config/example.env': exampleEnv(),
  'docs/errors.md': errorsPage(),
  'docs/runbook.md': runbook(),
  'docs/operate.md': withContents('docs/operate.md', withSection('docs/operate.md', 'metrics', metricsTable())),
  'docs/configure.md': withSection('docs/configure.md', 'settings', settingsTable()),
  'docs/use.md': withContents('docs/use.md', withSection('docs/use.md', 'operations', fullTable())),
  'docs/console.md': withContents('docs/console.md'),
  'docs/deploy.md': withContents('docs/deploy.md'),
  'docs/journal.md': withContents('docs/journal.md'),
  'src/contract/client-operations.ts': formatted(clientOperations()),
  // A chart and an overlay can use no file outside their folders.
  'deploy/helm/smooch-bff/files/smooch-bff.rules.yml': rules,
  'deploy/kubernetes/overlays/example/prometheusrule.yaml': prometheusRule(),
  'README.md': withSection('README.md', 'operations', shortTable()),
}

const stale = Object.keys(files).filter((path) => read(path) !== files[path])
if (!flags.check) for (const path of stale) writeFileSync(path, files[path]!)
else if (stale.length > 0) {
  process.stderr.write(`Stale: ${stale.join(', ')}. Write anew with: npm run derive\n`)
  process.exitCode = 1
}
