/** `npm run check`: all that is set up, looked at once and told in lines. */
import { SettingsError } from '../../config/load.ts'
import { printable } from '../platform/printable.ts'
import { watchStandardOutput } from '../platform/process/standard-output.ts'
import { goThroughProxies } from '../upstream/sender.ts'
import { checks } from './checks.ts'
import { loadConfiguration } from './configuration.ts'
import type { Finding } from './finding.ts'
import { runChecks } from './run-checks.ts'

const marks: Readonly<Record<Finding['level'], string>> = { ok: 'ok   ', warn: 'WARN ', fault: 'FAULT' }

const forPeople = (check: string, { level, text, todo }: Finding): string =>
  `${marks[level]}  ${check.padEnd(8)}  ${text}${todo === undefined ? '' : `. To do: ${todo}`}`

/** The exit code: 0 without a fault, else 1. `json`: a line of JSON for each, for programs. */
export const check = async (json: boolean): Promise<number> => {
  watchStandardOutput(1)
  const found = (name: string, finding: Finding): void => {
    progress('')
    process.stdout.write(`${printable(json ? JSON.stringify({ check: name, ...finding }) : forPeople(name, finding))}\n`)
  }
  try {
    const waiting = (names: readonly string[]): void => progress(names.length === 0 ? '' : `looking at ${names.join(', ')} …`)
    const configuration = loadConfiguration(process.env)
    if (configuration.settings.NODE_USE_ENV_PROXY) goThroughProxies()
    return (await runChecks(checks, configuration, { found, waiting })) ? 0 : 1
  } catch (error) {
    if (!(error instanceof SettingsError)) throw error
    for (const text of error.faults) found('settings', { level: 'fault', text })
    return 1
  }
}

const progress = (text: string): void => {
  if (process.stderr.isTTY) process.stderr.write(`\r\u001b[K${text}`)
}
