/** The journal: whether it can be reached, is ours, and would be written; nothing is made. */
import { existsSync, statfsSync, statSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { secretsOf } from '../gateway/journal.ts'
import { openFor, type Secrets } from '../journal/store/open.ts'
import { checkSealing } from '../journal/store/pseudonyms.ts'
import { tryWriteLock } from '../journal/store/sqlite/connection.ts'
import { refuseNetwork } from '../journal/store/sqlite/reading.ts'
import { errorMessage } from '../platform/error-message.ts'
import type { Configuration } from './configuration.ts'
import { type Finding, fault, ok, warn } from './finding.ts'
import { checkPostgres } from './postgres.ts'

export const checkJournal = ({ settings }: Configuration): Promise<Finding[]> => {
  const url = settings.JOURNAL_URL.reveal()
  const secrets = secretsOf(settings)
  return url.startsWith('sqlite:') ? checkSqlite(url, secrets) : checkPostgres(url, secrets)
}

const lowBytes = 500_000_000

const checkSqlite = async (url: string, secrets: Secrets): Promise<Finding[]> => {
  const path = resolve(url.slice('sqlite:'.length))
  const folder = nearestFolder(path)
  const { type, bavail, bsize } = statfsSync(folder)
  try {
    refuseNetwork(type)
    const findings = (statSync(path, { throwIfNoEntry: false })?.size ?? 0) > 0 ? [await lookAt(url, path, secrets)] : [notThere(path)]
    const free = bavail * bsize
    if (free < lowBytes) findings.push(warn(`${Math.floor(free / 1e6)} MB are free on the disk of ${path}`, 'make room'))
    return findings
  } catch (error) {
    return [fault(`${path}: ${errorMessage(error)}`, 'see docs/journal.md; guarded calls are refused until then')]
  }
}

const lookAt = async (url: string, path: string, secrets: Secrets): Promise<Finding> => {
  const { sealer, store } = await openFor('reader', url, secrets)
  try {
    await checkSealing({ store, sealer })
    tryWriteLock(path, 1_000)
    return ok(`SQLite at ${path}: schema and keys fit, and the lock for writing was had (journal ${store.journal})`)
  } finally {
    await store.close()
  }
}

const notThere = (path: string): Finding => {
  if (!existsSync(`${path}-living`)) return ok(`SQLite at ${path}: not there yet, made at the first start`)
  return fault(`${path} is gone, but there was a journal here`, `put it back, or remove ${path}-living to begin a new one`)
}

const nearestFolder = (path: string): string => {
  const folder = dirname(path)
  return existsSync(folder) ? folder : nearestFolder(folder)
}
