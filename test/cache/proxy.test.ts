/** A caching proxy in front, as customers have them: whoever asks for whom, nobody gets another person's data from it. */
import { mkdtempSync, rmSync } from 'node:fs'
import { Agent, get as httpGet } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { appId, type Bff, type Carried, startBff } from '../support/bff.ts'
import { freePort } from '../support/free-port.ts'
import { nginxInstalled, startNginx } from '../support/nginx.ts'

const rounds = Number(process.env['PROXY_ROUNDS'] ?? 3)

/** Keyed by the address alone, and keen to keep: the worst that a customer may have configured. */
const config = (folder: string, port: number, upstream: string) => `
  proxy_cache_path ${folder} keys_zone=all:10m;
  upstream bff { server ${upstream}; keepalive 64; }
  server {
    listen 127.0.0.1:${port};
    keepalive_requests 1000000;
    location / {
      proxy_pass http://bff; proxy_http_version 1.1; proxy_set_header Connection ""; proxy_set_header Host ${upstream};
      proxy_cache all; proxy_cache_key $uri; proxy_cache_valid any 60s; proxy_cache_lock on;
    }
  }`

interface Caller {
  readonly headers: Carried
  /** Whose data it may get. */
  readonly sees: (userId: string) => boolean
  readonly own: string | undefined
}

const describeNginx = nginxInstalled ? describe : describe.skip
describeNginx('behind nginx as a caching proxy', () => {
  const folder = mkdtempSync(join(tmpdir(), 'bff-nginx-cache-'))
  let bff: Bff
  let nginx: AsyncDisposable
  let port: number
  beforeAll(async () => {
    bff = await startBff({ env: { LOG_LEVEL: 'silent' } })
    port = await freePort()
    nginx = await startNginx(config(folder, port, new URL(bff.app.publicUrl).host), port)
  })
  afterAll(async () => {
    await nginx[Symbol.asyncDispose]()
    await bff[Symbol.asyncDispose]()
    rmSync(folder, { recursive: true, force: true })
  })

  test(`in ${rounds} rounds each caller reads each user in each way, in an order of chance: nobody gets what is not theirs`, async () => {
    const people = Array.from({ length: 40 }, (_, i) => `person-${i}`)
    const ids = new Map(people.map((userId) => [userId, bff.sandbox.createUser(appId, { userId, givenName: userId })._id]))
    const callers: Caller[] = [{ headers: {}, sees: () => false, own: undefined }]
    for (const [i, userId] of people.entries()) {
      const headers = await bff.signIn({ kind: i % 2 ? 'cookie' : 'bearer', userId })
      callers.push({ headers, sees: (id) => id === userId, own: userId })
    }
    for (const kind of ['cookie', 'bearer', 'service'] as const)
      callers.push({ headers: await bff.signIn({ kind, roles: ['agent'], actor: { id: kind } }), sees: () => true, own: undefined })

    const agent = new Agent({ keepAlive: true, maxSockets: 32 })
    const ask = (path: string, headers: Carried) =>
      new Promise<{ status: number; text: string }>((resolve, reject) => {
        httpGet({ host: '127.0.0.1', port, path, headers, agent }, (answer) => {
          let text = ''
          answer.setEncoding('utf8').on('data', (chunk) => {
            text += chunk
          })
          answer.on('end', () => resolve({ status: answer.statusCode ?? 0, text }))
        }).on('error', reject)
      })
    const ways = ['me', ...people.flatMap((userId) => [userId, ids.get(userId)!])]
    const nameOf = new Map([
      ...people.map((userId) => [userId, userId] as const),
      ...[...ids].map(([userId, _id]) => [_id, userId] as const),
    ])
    const all = callers.flatMap((caller) => ways.map((id) => ({ caller, id, whom: id === 'me' ? caller.own : nameOf.get(id)! })))
    const isAllowed = ({ caller, whom }: (typeof all)[number]): boolean => whom !== undefined && caller.sees(whom)
    const tally = { right: 0, refused: 0, foreign: 0, wrong: 0 }
    const read = async (one: (typeof all)[number]): Promise<void> => {
      const { status, text } = await ask(`/bff/v1.1/appusers/${one.id}`, one.caller.headers)
      const got = people.find((userId) => text.includes(`"userId":"${userId}"`))
      if (got !== undefined && !one.caller.sees(got)) tally.foreign += 1
      else if (isAllowed(one) && status === 200 && got === one.whom) tally.right += 1
      else if (!isAllowed(one) && status !== 200 && got === undefined) tally.refused += 1
      else tally.wrong += 1
    }
    for (let round = 0; round < rounds; round += 1) {
      const rest = all
        .map((one) => ({ one, at: Math.random() }))
        .sort((a, b) => a.at - b.at)
        .values()
      const reader = async (): Promise<void> => {
        for (const { one } of rest) await read(one)
      }
      await Promise.all(Array.from({ length: 32 }, reader))
    }
    agent.destroy()
    const right = rounds * all.filter(isAllowed).length
    expect(tally).toEqual({ right, refused: rounds * all.length - right, foreign: 0, wrong: 0 })
    expect(all.length).toBe(44 * 81)
  }, 600_000)
})
