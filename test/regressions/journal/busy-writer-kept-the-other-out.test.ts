/** Of two replicas on one SQLite file, one that always had something to write kept the other out until its gate closed. */
import { Worker } from 'node:worker_threads'
import { expect, test } from '@jest/globals'
import { deletion, makePlace, success } from '../../journal/place.ts'

/** Holds the lock for 40 ms, lets go of it for 4 ms, and so on until it is ended. */
const busyWriter = `
const { DatabaseSync } = require('node:sqlite')
const { workerData, parentPort } = require('node:worker_threads')
const rest = (ms) => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms)
const db = new DatabaseSync(workerData, { timeout: 5000 })
parentPort.postMessage('busy')
for (;;) {
  db.exec('BEGIN IMMEDIATE')
  rest(40)
  db.exec('COMMIT')
  rest(4)
}`

test('a replica records its deletions beside one that writes nearly all the time', async () => {
  await using all = new AsyncDisposableStack()
  const place = all.use(makePlace())
  const { guard } = all.use(await place.open())
  const writer = new Worker(busyWriter, { eval: true, workerData: place.path })
  all.defer(async () => void (await writer.terminate()))
  await new Promise((resolve) => writer.once('message', resolve))
  for (let nth = 0; nth < 20; nth += 1) {
    const begun = await guard.begin(deletion())
    if (!begun.replay) await begun.end(success)
  }
  expect(guard.status().open).toBe(true)
})
