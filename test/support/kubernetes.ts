/** What kubectl and helm make of the files in deploy/. */
import { spawnSync } from 'node:child_process'
import { parseAllDocuments } from 'yaml'
import type { Manifest } from './kubernetes-schemas.ts'

const has = (program: string, ...words: string[]): boolean => spawnSync(program, words).status === 0

export const clusterToolsInstalled = has('kubectl', 'version', '--client') && has('helm', 'version')

/** As the tools of Kubernetes read YAML: 0440 is octal. */
export const manifestsIn = (text: string): Manifest[] =>
  parseAllDocuments(text, { version: '1.1' })
    .map((document) => document.toJS() as Manifest | null)
    .filter((object) => object !== null)

const run = (program: string, words: readonly string[]): string => {
  const { status, stdout, stderr } = spawnSync(program, words, { encoding: 'utf8' })
  if (status !== 0) throw new Error(`${program} ${words.join(' ')}: ${stderr}${stdout}`)
  return stdout
}

export const kustomize = (folder: string): Manifest[] => manifestsIn(run('kubectl', ['kustomize', folder]))

const chart = 'deploy/helm/smooch-bff'
const setting = (values: Readonly<Record<string, unknown>>): string[] =>
  Object.entries(values).flatMap(([name, value]) => ['--set-json', `${name}=${JSON.stringify(value)}`])

export const helm = (values: Readonly<Record<string, unknown>> = {}): Manifest[] =>
  manifestsIn(run('helm', ['template', 'smooch-bff', chart, '--namespace', 'smooch-bff', ...setting(values)]))

export const lint = (): string => run('helm', ['lint', '--strict', chart])
