/** A method that a path does not have was answered by Express itself: OPTIONS with a page of its own, HEAD with the work of GET (the whole export, a stream that never ended), others with 404. */
import { expect, test } from '@jest/globals'
import { startBff } from '../../support/bff.ts'

const below: [string, string][] = [
  ['/auth/session', 'GET, HEAD, POST, DELETE'],
  ['/auth/refresh', 'POST'],
  ['/auth/sessions', 'GET, HEAD, DELETE'],
  ['/auth/sessions/end', 'POST'],
  ['/auth/backchannel-logout', 'POST'],
  ['/ops', 'GET, HEAD'],
  ['/ops/console.css', 'GET, HEAD'],
  ['/ops/api/stream', 'GET'],
  ['/ops/api/export', 'GET'],
  ['/ops/api/operations', 'GET, HEAD'],
  ['/ops/api/operations/op_1/reveal', 'POST'],
  ['/ops/api/verify', 'POST'],
  ['/docs', 'GET, HEAD'],
  ['/webhooks/smooch/x', 'HEAD, POST'],
]

test('any other method is 405 with Allow, whoever asks', async () => {
  await using bff = await startBff()
  const callers = [{}, await bff.signIn({ roles: ['auditor'], actor: { id: 'ada' } })]
  for (const [path, allow] of below)
    for (const method of ['HEAD', 'OPTIONS', 'PATCH', 'PUT', 'PROPFIND'].filter((one) => !allow.includes(one)))
      for (const headers of callers) {
        const answer = await bff.call(method, path, { headers })
        expect([method, path, answer.status, answer.headers.get('allow')]).toEqual([method, path, 405, allow])
      }
  for (const path of ['/sessions', '/livez', '/metrics']) expect((await bff.private('OPTIONS', path)).status).toBe(405)
  expect((await bff.private('HEAD', '/livez')).status).toBe(200)
})
