/** What the dashboard and the alerts ask for exists, and the runbook has every alert. */
import { readFileSync } from 'node:fs'
import { describe, expect, test } from '@jest/globals'
import { metricRows } from '../../src/platform/metrics/table.ts'
import { startBff } from '../support/bff.ts'
import { parseMetrics } from '../support/metrics.ts'
import { checkExpressions, metricsIn, promtoolInstalled, rules } from '../support/promtool.ts'

interface Panel {
  readonly title: string
  readonly type: string
  readonly description?: string
  readonly targets?: readonly { readonly expr: string }[]
}

const dashboard = JSON.parse(readFileSync('deploy/grafana/smooch-bff.json', 'utf8')) as { panels: Panel[] }
const asked = dashboard.panels.flatMap(({ targets = [] }) => targets.map(({ expr }) => expr))
const all = [...asked, ...rules().map(({ expr }) => expr)]

test('every metric that dashboard and alerts name is told by the service', async () => {
  await using bff = await startBff()
  const { text } = await bff.private('GET', '/metrics')
  const types = new Map([...text.matchAll(/^# TYPE (\S+) (\S+)$/gm)].map(([, name, type]) => [name!, type!]))
  const series = [...parseMetrics(text).keys()].map((it) => it.split('{')[0]!)
  const named = all.flatMap(metricsIn).filter((name) => name !== 'up')
  expect(named.length).toBeGreaterThan(40)
  const isTold = (name: string) => series.includes(name) || types.has(name) || types.get(name.replace(/_bucket$/, '')) === 'histogram'
  expect(named.filter((name) => !isTold(name))).toEqual([])
})

test('the dashboard shows each metric of ours', () => {
  const shown = asked.flatMap(metricsIn).map((name) => name.replace(/_bucket$/, ''))
  expect(Object.keys(metricRows).filter((name) => !shown.includes(name))).toEqual([])
})

test('every panel says what it shows', () => {
  const panels = dashboard.panels.filter(({ type }) => type !== 'row')
  expect(panels.filter(({ description = '', targets = [] }) => description.length < 8 || targets.length === 0)).toEqual([])
})

test('labels and their values are those of the table', () => {
  const wrong = all.flatMap((expr) =>
    [...expr.matchAll(/(smooch_bff_\w+?)(?:_bucket)?\{([^}]*)\}/g)].flatMap(([, name = '', matchers = '']) => {
      const labels: Readonly<Record<string, readonly string[] | undefined>> = {
        ...(metricRows[name as keyof typeof metricRows] as { labels?: object }).labels,
      }
      return [...matchers.matchAll(/(\w+)(=|!=|=~|!~)"([^"]*)"/g)]
        .filter(([, label = '', how = '', value = '']) => {
          if (label === 'job') return false
          if (!Object.hasOwn(labels, label)) return true
          return value !== '' && !how.includes('~') && labels[label] !== undefined && !labels[label].includes(value)
        })
        .map(([text]) => `${name} ${text}`)
    }),
  )
  expect(wrong).toEqual([])
})

;(promtoolInstalled() ? test : test.skip)('promtool takes every expression', () => {
  const plain = asked.map((expr) => expr.replaceAll('$__rate_interval', '5m').replaceAll('$job', '.*'))
  expect(checkExpressions([...plain, ...rules().map(({ expr }) => expr)])).toBe('')
})

describe.each(rules().map((rule) => [rule.alert, rule] as const))('%s', (name, { labels, annotations }) => {
  test('has a severity, and the runbook says what it means, what to look at and what to do', () => {
    expect(['critical', 'warning']).toContain(labels.severity)
    const page = readFileSync('docs/runbook.md', 'utf8')
    const { means, look, act } = annotations
    expect(page).toContain(`### \`${name}\`\n\n${means}\n\n- **Look at**: ${look}\n- **Do**: ${act}\n`)
    for (const text of [annotations.summary, means, look, act]) expect(text.length).toBeGreaterThan(15)
  })
})
