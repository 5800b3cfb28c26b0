/** A file of a journal that was refused for its keys, or since it was another one, stayed open: each try of the service to open it left one more connection. */
import { mkdtempSync, readdirSync, readlinkSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from '@jest/globals'
import { newSigningKey, signingKey } from '../../../src/journal/log/checkpoint.ts'
import { openFile } from '../../../src/journal/store/sqlite/file.ts'

const onLinux = process.platform === 'linux' ? test : test.skip

onLinux('a file that is refused is closed', () => {
  const folder = mkdtempSync(join(tmpdir(), 'bff-refused-'))
  try {
    const path = join(folder, 'journal.db')
    const open = (key: string, more = {}) => openFile({ path, instance: 'i_1', keys: [signingKey(key)], ...more })
    const own = newSigningKey()
    const other = join(folder, 'other.db')
    writeFileSync(other, 'no database, but long enough that its first page is looked at'.repeat(100))
    const { inode, close } = open(own)
    close()
    for (let tries = 0; tries < 3; tries += 1) {
      expect(() => open(newSigningKey())).toThrow('key')
      for (const readOnly of [true, false]) expect(() => open(own, { path: other, readOnly })).toThrow('not a database')
      expect(() => open(own, { mustBe: { journal: 'j_of_another_time', inode } })).toThrow('another journal')
    }
    const files = readdirSync('/proc/self/fd').flatMap((fd) => {
      try {
        return [readlinkSync(`/proc/self/fd/${fd}`)]
      } catch {
        return []
      }
    })
    expect(files.filter((name) => name.startsWith(folder))).toEqual([])
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
})
