/** Uploads that trickle hold their place for up to a minute, and one signed-in person could hold all 128 of an app: nobody else could send an image. */
import { request } from 'node:http'
import { json } from 'node:stream/consumers'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { type Bff, type Carried, imageForm, type Mint, mina, png, startBff } from '../../support/bff.ts'
import { scrape } from '../../support/metrics.ts'

let bff: Bff
beforeAll(async () => {
  bff = await startBff()
})
afterAll(async () => {
  await bff[Symbol.asyncDispose]()
})

interface Answered {
  readonly status: number | undefined
  readonly retryAfter: string | undefined
  readonly error: { readonly code?: string; readonly description?: string }
}

/** A picture as large as it takes to be under way for a minute. */
const large = new Uint8Array(200_000)
large.set(png)

/** As slowly as an upload may come; the rest of it when it is told to. */
const begin = async (path: string, role: string, headers: Carried) => {
  const made = new Request('http://x', { method: 'POST', body: imageForm(role, large) })
  const body = Buffer.from(await made.arrayBuffer())
  const { promise, resolve, reject } = Promise.withResolvers<Answered>()
  const outgoing = request(`${bff.app.publicUrl}/bff${path}`, {
    method: 'POST',
    agent: false,
    headers: { ...headers, 'content-type': made.headers.get('content-type')!, 'content-length': body.length },
  })
  outgoing.on('error', reject).once('response', async (answer) => {
    const { error = {} } = (await json(answer)) as Partial<Answered>
    resolve({ status: answer.statusCode, retryAfter: answer.headers['retry-after'], error })
  })
  let sent = 0
  const more = () => {
    outgoing.write(body.subarray(sent, sent + 3_000))
    sent += 3_000
  }
  more()
  const trickle = setInterval(more, 1_000)
  void promise.finally(() => clearInterval(trickle)).catch(() => undefined)
  return {
    answer: promise,
    end: () => {
      clearInterval(trickle)
      outgoing.end(body.subarray(sent))
    },
  }
}

test.each<[string, number, string, string, Mint]>([
  ['a person', 16, '/v1.1/appusers/me/images', 'appUser', {}],
  ['a program', 64, `/v1.1/appusers/${mina.userId}/images`, 'appMaker', { kind: 'service', roles: ['agent'], actor: { id: 'sender' } }],
])('%s has %d uploads under way at once; one more is told so, and others send theirs', async (_who, share, path, role, mint) => {
  const first = await bff.signIn(mint)
  const second = await bff.signIn(mint)
  const refusedBefore = (await scrape(bff.app.privateUrl)).get('smooch_bff_limited_total{limit="uploads-at-once"}') ?? 0
  const begun = await Promise.all(Array.from({ length: share + 3 }, (_, at) => begin(path, role, at % 2 ? first : second)))
  const answers: Answered[] = []
  const refused = Promise.withResolvers<void>()
  for (const { answer } of begun)
    void answer.then((it) => {
      answers.push(it)
      if (answers.length === 3) refused.resolve()
    })
  await refused.promise
  const description = `You may have ${share} uploads under way at once; wait until one has ended.`
  for (const answer of answers)
    expect(answer).toMatchObject({ status: 429, retryAfter: '2', error: { code: 'too_many_requests', description } })
  const another = await bff.signIn({ userId: 'another' })
  expect((await bff.call('POST', '/v1.1/appusers/me/images', { headers: another, body: imageForm('appUser') })).status).toBe(201)
  for (const { end } of begun) end()
  const statuses = (await Promise.all(begun.map(({ answer }) => answer))).map(({ status }) => status)
  expect(statuses.filter((it) => it === 201).length).toBe(share)
  expect((await bff.call('POST', path, { headers: first, body: imageForm(role) })).status).toBe(201)
  expect((await scrape(bff.app.privateUrl)).get('smooch_bff_limited_total{limit="uploads-at-once"}')).toBe(refusedBefore + 3)
})
