/** A verification runs at the lowest priority, and it alone: what the process shares among all that it does must not be slowed with it. */
import { readdirSync, readFileSync } from 'node:fs'
import { getPriority } from 'node:os'
import { expect, test } from '@jest/globals'
import { canaryServiceKey } from '../support/canaries.ts'
import { startProcess } from '../support/service-process.ts'

const onLinux = process.platform === 'linux' ? test : test.skip

/** Empty for a thread that has just ended. */
const statOf = (pid: number, task: string): string => {
  try {
    return readFileSync(`/proc/${pid}/task/${task}/stat`, 'utf8')
  } catch {
    return ''
  }
}

/** Names of the threads that gave up their priority. */
const slowed = (pid: number): string[] =>
  readdirSync(`/proc/${pid}/task`).flatMap((task) => {
    const [, name = '', rest = ''] = /\((.*)\) (.*)/.exec(statOf(pid, task)) ?? []
    return Number(rest.split(' ')[16]) > getPriority(pid) ? [name] : []
  })

onLinux('verifying leaves no thread of the pool behind at its priority', async () => {
  await using service = await startProcess()
  const minted = await fetch(`${service.privateUrl}/sessions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${canaryServiceKey}`, 'content-type': 'application/json' },
    body: JSON.stringify({ kind: 'bearer', roles: ['admin'], actor: { id: 'ada' } }),
  })
  const { token } = (await minted.json()) as { token: string }
  const answer = await fetch(`${service.publicUrl}/bff/ops/api/verify`, { method: 'POST', headers: { authorization: `Bearer ${token}` } })
  expect(await answer.json()).toMatchObject({ ok: true })
  expect(slowed(service.child.pid!).filter((name) => name !== 'WorkerThread')).toEqual([])
})
