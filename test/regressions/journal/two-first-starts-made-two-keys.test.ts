/** Of two first starts at once under one process id (two containers on one volume, where each is process 1) one wrote its key into the file of the other: a journal was signed with a key that stands nowhere, and no later start could open it. */
import { mkdtempSync, readdirSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Worker } from 'node:worker_threads'
import { expect, test } from '@jest/globals'
import { signingKey } from '../../../src/journal/log/checkpoint.ts'

const starts = 4
const rounds = 40

/** Threads have one process id, too. In each round all of them begin at once. */
const program = `
const { workerData: { open, folders, gate }, parentPort } = require('node:worker_threads')
import(open).then(({ keysOf }) => {
  for (const [round, folder] of folders.entries()) {
    Atomics.add(gate, round, 1)
    while (Atomics.load(gate, round) < ${starts});
    let key
    try {
      key = keysOf('sqlite:' + folder + '/journal.db', {}).keys[0].export({ format: 'jwk' }).x
    } catch (error) {
      key = String(error)
    }
    parentPort.postMessage({ round, key })
  }
})`

test(`${starts} first starts at once, ${rounds} times: one makes the keys, all use them, and nothing else is left`, async () => {
  const folders = Array.from({ length: rounds }, () => mkdtempSync(join(tmpdir(), 'first-')))
  const gate = new Int32Array(new SharedArrayBuffer(4 * rounds))
  const open = new URL('../../../src/journal/store/open.ts', import.meta.url).href
  const used: string[][] = folders.map(() => [])
  await Promise.all(
    Array.from({ length: starts }, async () => {
      const worker = new Worker(program, { eval: true, workerData: { open, folders, gate } })
      worker.on('message', ({ round, key }: { round: number; key: string }) => void used[round]!.push(key))
      await new Promise((resolve, reject) => worker.once('exit', resolve).once('error', reject))
    }),
  )
  for (const [round, folder] of folders.entries()) {
    const stored = signingKey(readFileSync(join(folder, 'journal.db.signing-key'), 'utf8')).export({ format: 'jwk' }).x
    expect(used[round]).toEqual(Array.from({ length: starts }, () => stored))
    expect(readdirSync(folder).sort()).toEqual(['journal.db.sealing-key', 'journal.db.signing-key'])
  }
})
