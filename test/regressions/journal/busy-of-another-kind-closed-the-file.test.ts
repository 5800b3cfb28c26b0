/** SQLite has several kinds of BUSY, one while another process recovers the file after a crash: only the plain one was waited for, the others counted
 * as a failed write. */
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { expect, test } from '@jest/globals'
import { isBusy } from '../../../src/journal/store/sqlite/connection.ts'
import { makePlace } from '../../journal/place.ts'

const thrownBy = (work: () => unknown): unknown => {
  try {
    work()
  } catch (error) {
    return error
  }
  throw new Error('nothing was thrown')
}

test('every kind of a lock that another holds is one, and no other error is', async () => {
  await using place = makePlace()
  const open = () => new DatabaseSync(join(place.directory, 'two.db'), { timeout: 1 })
  using one = open()
  using other = open()
  one.exec('PRAGMA journal_mode = WAL; CREATE TABLE t (a INTEGER PRIMARY KEY)')
  other.exec('BEGIN IMMEDIATE')
  const plain = thrownBy(() => one.exec('BEGIN IMMEDIATE'))
  other.exec('ROLLBACK')
  one.exec('BEGIN')
  one.prepare('SELECT * FROM t').all()
  other.exec('INSERT INTO t VALUES (1)')
  const extended = thrownBy(() => one.exec('INSERT INTO t VALUES (2)'))
  const unlike = thrownBy(() => other.exec('INSERT INTO t VALUES (1)'))
  expect([plain, extended, unlike].map((error) => (error as { errcode: number }).errcode)).toEqual([5, 517, 1555])
  expect([plain, extended, unlike, new Error('x')].map(isBusy)).toEqual([true, true, false, false])
})
