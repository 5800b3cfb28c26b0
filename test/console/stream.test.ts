/** The live stream over many reconnects, on two replicas of which one is restarted again and again: nothing is missed and nothing comes twice. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from '@jest/globals'
import { appId, type Bff, startBff } from '../support/bff.ts'
import { until } from '../support/until.ts'

const reconnects = 100

const idsOf = (text: string): number[] => [...text.matchAll(/^id: (\d+)\ndata: /gm)].map(([, id]) => Number(id))

/** Listens until something came or a while has passed, then hangs up in the middle. */
const listen = async (bff: Bff, token: string, after: number | undefined, first: number): Promise<number[]> => {
  const stop = new AbortController()
  const headers = { authorization: token, ...(after !== undefined && { 'last-event-id': String(after) }) }
  const answer = await fetch(`${bff.app.publicUrl}/bff/ops/api/stream?from=${first}`, { headers, signal: stop.signal })
  let text = ''
  const timers = [setTimeout(() => stop.abort(), 1_000)]
  try {
    for await (const part of answer.body!.pipeThrough(new TextDecoderStream())) {
      text += part
      if (idsOf(text).length > 0) timers.push(setTimeout(() => stop.abort(), 20))
    }
  } catch {}
  for (const timer of timers) clearTimeout(timer)
  return answer.ok ? idsOf(text.slice(0, text.lastIndexOf('\n\n') + 2)) : []
}

test(`${reconnects} reconnects while a replica restarts: 0 gaps, 0 doubles`, async () => {
  const directory = mkdtempSync(join(tmpdir(), 'stream-'))
  const env = { JOURNAL_URL: `sqlite:${join(directory, 'journal.db')}` }
  const steady = await startBff({ env })
  let other = await startBff({ env })
  const tokenOf = async (bff: Bff): Promise<string> => (await bff.signIn({ roles: ['admin'], actor: { id: 'ada' } }))['authorization']!
  const token = await tokenOf(steady)
  let otherToken = await tokenOf(other)
  const over = new AbortController()
  const write = async (): Promise<void> => {
    for (let n = 0; !over.signal.aborted; n += 1) {
      const user = steady.sandbox.createUser(appId, { userId: `u-${n}` })
      await steady.call('DELETE', `/v1.1/appusers/${user._id}`, { headers: { authorization: token } })
      // Several come while somebody listens, and not as many as two processors can make.
      await sleep(15)
    }
  }
  let restarts = 0
  const restart = async (): Promise<void> => {
    for (; !over.signal.aborted; restarts += 1) {
      await other[Symbol.asyncDispose]()
      other = await startBff({ env })
      otherToken = await tokenOf(other)
      await sleep(800)
    }
  }
  /** By the newest checkpoint: the steady replica need not know what the other one wrote. */
  const sizeNow = async (): Promise<number> =>
    Number((await steady.call('GET', '/ops/api/checkpoint', { headers: { authorization: token } })).text.split('\n')[1])
  const first = await sizeNow()
  const working = Promise.all([write(), restart()])
  const seen: number[] = []
  for (let at = 0; at < reconnects; at += 1) {
    const [bff, own] = at % 2 ? [other, otherToken] : [steady, token]
    seen.push(...(await listen(bff, own, seen.at(-1), first).catch(() => [])))
  }
  over.abort()
  await working
  const size = await sizeNow()
  await until(
    async () => seen.push(...(await listen(steady, token, seen.at(-1), first))),
    () => seen.at(-1)! >= size - 1,
  )
  expect(seen).toEqual(Array.from({ length: size - first }, (_, at) => first + at))
  expect([size - first > 100, restarts > 2]).toEqual([true, true])
  await other[Symbol.asyncDispose]()
  await steady[Symbol.asyncDispose]()
  rmSync(directory, { recursive: true, force: true })
})
