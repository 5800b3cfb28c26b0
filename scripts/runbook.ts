/** The runbook: what is seen, then each alarm and alert. */
import { readFileSync } from 'node:fs'
import { parse } from 'yaml'
import { alarms } from '../src/platform/alarms.ts'
import { code, table } from './markdown.ts'

const entry = (name: string, { means, look, act }: { means: string; look: string; act: string }): string =>
  `### ${code(name)}\n\n${means}\n\n- **Look at**: ${look}\n- **Do**: ${act}\n`

export const rules = readFileSync(new URL('../deploy/prometheus/smooch-bff.rules.yml', import.meta.url), 'utf8')

const alerts = (): string => {
  const { groups } = parse(rules) as {
    groups: { rules: { alert: string; annotations: Parameters<typeof entry>[1] }[] }[]
  }
  return groups.flatMap(({ rules }) => rules.map(({ alert, annotations }) => entry(alert, annotations))).join('\n')
}

/** TABLE: what people see before anybody has read an alarm, and where to read on. */
const symptoms: readonly (readonly [seen: string, mostly: string, read: string])[] = [
  ['calls get 503 `session_store_unavailable`; `/readyz` fails', 'Redis is down', '[`SmoochBffRedisDown`](#smoochbffredisdown)'],
  [
    'calls get 503 `upstream_unavailable`, 502 `upstream_error` or 504 `upstream_timeout`',
    'the vendor, or the network',
    '[`upstream_unavailable`](#upstream_unavailable)',
  ],
  [
    'calls get 503 `upstream_busy`',
    'the vendor asks for a pause, or answers slowly',
    '[`SmoochBffVendorThrottles`](#smoochbffvendorthrottles)',
  ],
  [
    'calls get 502 `upstream_credentials` or 502 `upstream_misconfigured`',
    'the key, or the app’s id and address',
    '[`upstream_credentials`](#upstream_credentials), [`upstream_misconfigured`](#upstream_misconfigured)',
  ],
  [
    'deletions, merges, links and unlinks get 503 `journal_unavailable`',
    'the journal’s disk or database, or an older journal in its place',
    '[`journal_gate`](#journal_gate)',
  ],
  ['calls get 503 `overloaded`', 'more requests than the processes can answer', '[`SmoochBffOverloaded`](#smoochbffoverloaded)'],
  [
    'all callers get 429 `too_many_requests` together',
    'they share the address of your proxy: `TRUSTED_PROXIES` is missing',
    '[Proxy](deploy.md#proxy)',
  ],
  [
    'a page gets 421 `misdirected` or 403 `csrf`',
    'its origin is not in `PUBLIC_ORIGIN`, or the proxy changes `Host`',
    '[Proxy](deploy.md#proxy)',
  ],
  [
    'nobody can sign in: 502 `identity_provider_misconfigured` or 503 `identity_provider_unavailable`',
    'the identity provider, or its settings',
    '[`identity_provider_misconfigured`](#identity_provider_misconfigured)',
  ],
  [
    'everybody is signed out at once',
    'a Redis that was restored or lost, or a session key that was removed',
    '[`session_store_rollback`](#session_store_rollback), [`session_key_dropped`](#session_key_dropped)',
  ],
  ['people seem signed out on some calls only', 'replicas with different keys', '[`replicas_differ`](#replicas_differ)'],
  ['calls get 500 `internal`', 'a defect of this service', '[`SmoochBffFailing`](#smoochbfffailing)'],
  ['the service does not start', 'a wrong setting: its last lines name each of them', '[Check](operate.md#check)'],
]

export const runbook = (): string => `# Runbook

For the person on call. The metrics are explained in [Operate](operate.md#health-log-metrics).

## Symptoms

Every error has a code and a \`requestId\`: ask the caller for them, and find the log line with that id.

${table(['Symptom', 'Usual cause', 'Read'], symptoms)}

## Alarms

Lines of the log with the field \`alarm\`, counted in \`smooch_bff_alarms_total\` by \`code\`.

${Object.entries(alarms)
  .map(([name, row]) => entry(name, row))
  .join('\n')}
## Alerts of Prometheus

The rules are \`deploy/prometheus/smooch-bff.rules.yml\`.

${alerts()}
Derived from \`src/platform/alarms.ts\` and the annotations of the rules by \`npm run derive\`.
`
