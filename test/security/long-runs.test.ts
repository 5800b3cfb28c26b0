/** Long runs of every character: whoever sends one must not get more work out of the service than its length. */
import { Worker } from 'node:worker_threads'
import { expect, test } from '@jest/globals'

interface Told {
  readonly begun?: string
  readonly slow?: string
  readonly done?: number
}

/** In a thread, which can be ended while a pattern runs away. */
const measured = (withinMs: number): Promise<string[]> =>
  new Promise((resolve, reject) => {
    const worker = new Worker(new URL('./long-runs-worker.ts', import.meta.url))
    const slow: string[] = []
    let at = 'the start'
    const settle = (lines: string[]): void => {
      clearTimeout(timer)
      void worker.terminate().then(() => resolve(lines))
    }
    const timer = setTimeout(() => settle([...slow, `${at}: does not come to its end`]), withinMs)
    worker.on('error', reject)
    worker.on('message', ({ begun, slow: one, done }: Told) => {
      if (begun !== undefined) at = begun
      if (one !== undefined) slow.push(one)
      if (done !== undefined) settle(done > 100 ? slow : [`only ${done} parsers`])
    })
  })

test('no parser of text from outside works more than its text is long', async () => {
  expect(await measured(150_000)).toEqual([])
}, 180_000)
