/** promtool, which checks and tries the rules of Prometheus (Debian package prometheus). */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { parse } from 'yaml'
import type { Figures } from './metrics.ts'

export const promtoolInstalled = (): boolean => spawnSync('promtool', ['--version']).status === 0

export interface Rule {
  readonly alert: string
  readonly expr: string
  readonly for?: string
  readonly labels: { readonly severity: string }
  readonly annotations: Readonly<Record<'summary' | 'means' | 'look' | 'act', string>>
}

export const rulesFile = 'deploy/prometheus/smooch-bff.rules.yml'
export const rules = (): Rule[] =>
  (parse(readFileSync(rulesFile, 'utf8')) as { groups: { rules: Rule[] }[] }).groups.flatMap((group) => group.rules)

/** Names of metrics in an expression: ours, of Node and of Prometheus itself. */
export const metricsIn = (expr: string): string[] => [...new Set(expr.match(/\b(?:smooch_bff|nodejs|process)_\w+|\bup\b/g))]

const run = (args: readonly string[], content: unknown): string => {
  const folder = mkdtempSync(join(tmpdir(), 'bff-promtool-'))
  try {
    // What is JSON is YAML.
    writeFileSync(join(folder, 'file.yml'), JSON.stringify(content))
    const { status, stdout, stderr } = spawnSync('promtool', [...args, join(folder, 'file.yml')], { encoding: 'utf8' })
    return status === 0 ? '' : `${stdout}${stderr}`
  } finally {
    rmSync(folder, { recursive: true })
  }
}

/** What promtool finds wrong with these expressions; empty when nothing. */
export const checkExpressions = (exprs: readonly string[]): string =>
  run(['check', 'rules', '--lint=none'], { groups: [{ name: 'all', rules: exprs.map((expr, at) => ({ record: `it:${at}`, expr })) }] })

const counts = /_(total|bucket|count|sum)(\{|$)/
const named = (series: string): string => {
  const [name = '', labels = ''] = series.split(/\{(.*)\}$/)
  return `${name}{job="smooch-bff",instance="a"${labels && `,${labels}`}}`
}

/** 20 minutes as it was before, then on and on as it became: states stay, and counts grow as they did. */
const inputOf = (before: Figures, after: Figures, names: readonly string[]) =>
  [...new Set([...before.keys(), ...after.keys()])]
    .filter((series) => names.includes(series.split('{')[0]!))
    .map((series) => {
      const [was, is] = [before.get(series), after.get(series)]
      const growth = counts.test(series) ? (is ?? 0) - (was ?? 0) : 0
      return {
        series: named(series),
        values: `${was === undefined ? '_' : `${was}+0`}x40 ${is === undefined ? '_' : `${is}+${growth}`}x100`,
      }
    })

/** Whether an alert is silent on figures of before, and fires when those of after go on; empty when both hold. */
export const firesBetween = (alert: string, before: Figures, after: Figures): string => {
  const { expr } = rules().find((rule) => rule.alert === alert)!
  const firing = `sum(max by (alertname) (ALERTS{alertname="${alert}",alertstate="firing"}))`
  return run(['test', 'rules'], {
    rule_files: [resolve(rulesFile)],
    evaluation_interval: '30s',
    tests: [
      {
        interval: '30s',
        input_series: inputOf(before, after, metricsIn(expr)),
        promql_expr_test: [
          { expr: firing, eval_time: '19m', exp_samples: [] },
          { expr: firing, eval_time: '60m', exp_samples: [{ labels: '{}', value: 1 }] },
        ],
      },
    ],
  })
}
