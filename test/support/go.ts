/** Go, with the packages of Debian that read signed notes and proofs. */
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'

/** False, with a line that says why, when it is not there; in continuous integration that is a failure. */
export const goInstalled = (): boolean => {
  if (spawnSync('go', ['version']).status === 0 && existsSync('/usr/share/gocode/src/golang.org/x/mod/sumdb/tlog')) return true
  const line = 'Go is missing: install it with "apt-get install golang-go golang-golang-x-mod-dev"'
  if (process.env['CI']) throw new Error(line)
  process.stderr.write(`${line}; its tests are skipped\n`)
  return false
}
