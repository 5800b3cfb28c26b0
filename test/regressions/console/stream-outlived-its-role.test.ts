/** The live stream asked only whether its session lived: who was no auditor any more went on reading the journal. */
import { expect, test } from '@jest/globals'
import { startBff } from '../../support/bff.ts'

test('a stream ends soon after its reader was signed out or may read no more, and only then', async () => {
  await using bff = await startBff()
  const streamOf = async (id: string) => {
    const { authorization } = await bff.signIn({ roles: ['auditor'], actor: { id } })
    const stop = new AbortController()
    const { body } = await fetch(`${bff.app.publicUrl}/bff/ops/api/stream`, {
      headers: { authorization: authorization! },
      signal: stop.signal,
    })
    const text = new Response(body).text()
    return { ended: text.then(() => true).catch(() => false), stop }
  }
  const [kept, demoted, gone] = await Promise.all(['kept', 'demoted', 'gone'].map(streamOf))
  await bff.private('POST', '/sessions/roles', { actorId: 'demoted', roles: ['agent'] })
  await bff.private('POST', '/sessions/end', { actorId: 'gone' })
  expect(await Promise.all([demoted!.ended, gone!.ended])).toEqual([true, true])
  kept!.stop.abort()
  expect(await kept!.ended).toBe(false)
})
