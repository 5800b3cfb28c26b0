/** A4: whatever stands where an id should, nothing goes upstream but a declared method on a declared path. Most ids are tried on the parts that decide, thousands through the whole service. */
import { Agent, request } from 'node:http'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { pathId, provableId } from '../../src/contract/ids.ts'
import type { Operation } from '../../src/contract/operation.ts'
import { all, operations } from '../../src/contract/operations.ts'
import { Problem } from '../../src/contract/problems.ts'
import { buildUrl } from '../../src/upstream/url.ts'
import { appId, type Bff, type Carried, patiently, startBff } from '../support/bff.ts'
import { json, long, portOf } from './requests.ts'

// biome-ignore format: grouped by what they try
const nasty = fc.constantFrom(
  '.', '..', '%2e', '%2E', '%252e', '%c0%ae', '．', '%ef%bc%8e',
  '/', '//', '%2f', '%5c', '\\', '%ef%bc%8f', '%252f',
  ';', '%3b', '?', '%3f', '#', '%23', '%00', '%0d%0a', '%09', '%20', '%7f', '%c2%85', '%e2%80%ae', '%ff', '%ed%a0%80', '%', '%2', '%u002e',
  'merge', 'profile', 'channels', 'me', '@', ':', '*', '~', '&', '=', '+', '!', "'", '(', ')', '__proto__', 'apps', 'v1.1',
)
const byte = fc.integer({ min: 0, max: 255 })
const encoded = byte.map((it) => `%${it.toString(16).padStart(2, '0')}`)
const letters = fc.stringMatching(/^[\w@.-]{1,6}$/)
const visible = fc.integer({ min: 0x21, max: 0xff }).map((it) => String.fromCharCode(it))
/** A segment as an attacker would write it into a request line. */
const segment = fc.array(fc.oneof(nasty, letters, letters, encoded, visible), { minLength: 1, maxLength: 6 }).map((parts) => parts.join(''))
/** Any UTF-16, lone surrogates too. */
const text = fc
  .array(
    fc.oneof(
      nasty,
      fc.integer({ min: 0, max: 0xffff }).map((it) => String.fromCharCode(it)),
      visible,
    ),
    { minLength: 1, maxLength: 12 },
  )
  .map((parts) => parts.join(''))

const ofPath = all.filter(({ path }) => path.includes(':userId'))
const shapeOf = ({ path }: Operation) => new RegExp(`^/v1\\.1/apps/${appId}${path.replace(/:\w+/g, '([^/?#]+)')}$`)

/** Undefined when it is refused; throws on anything but our own refusal. */
const attempt = <T>(run: () => T): T | undefined => {
  try {
    return run()
  } catch (error) {
    if (error instanceof Problem || error instanceof URIError) return undefined
    throw error
  }
}

const prefixes = ['', '/sc', '/a/b%20c']

const isDeclared = (row: Operation, url: URL, prefix: string, id: string): boolean => {
  const [, found] = shapeOf(row).exec(url.pathname.slice(prefix.length)) ?? []
  return (
    url.origin === 'https://api.example.com' &&
    url.pathname.startsWith(prefix) &&
    url.search + url.hash + url.username === '' &&
    found !== undefined &&
    decodeURIComponent(found) === id &&
    new URL(url.href).href === url.href
  )
}

describe('200,000 ids on the parts that decide', () => {
  const rows = fc.constantFrom(...ofPath.filter(({ query }) => !query))
  const cases: [string, fc.Arbitrary<string>, (text: string) => string][] = [
    ['from paths', segment, (written) => pathId(decodeURIComponent(written))],
    ['from sessions, mints and bodies', text, provableId],
  ]

  test.each(cases)('100,000 %s', (_from, ids, allowed) => {
    let built = 0
    const property = fc.property(ids, rows, fc.constantFrom(...prefixes), (written, row, prefix) => {
      const id = attempt(() => allowed(written))
      const url =
        id && attempt(() => buildUrl({ appId, baseUrl: `https://api.example.com${prefix}` }, row, { userId: id, channel: 'twilio' }))
      if (!url) return true
      built += 1
      return isDeclared(row, url, prefix, id)
    })
    fc.assert(property, { numRuns: 100_000 })
    // Else nothing would have been proved.
    expect(built).toBeGreaterThan(10_000)
  })
})

describe('thousands through the whole service', () => {
  const agent = new Agent({ keepAlive: true, maxSockets: 16 })
  let bff: Bff
  let program: Carried
  beforeAll(async () => {
    bff = await startBff({ env: { LIMIT_SERVICE: '1000000' } })
    program = await bff.signIn({ kind: 'service', roles: ['agent', 'admin', 'service'], actor: { id: 'fuzzer' } })
  })
  afterAll(async () => {
    agent.destroy()
    await bff[Symbol.asyncDispose]()
  })

  const sendOnce = (method: string, path: string, body?: unknown): Promise<{ status: number }> =>
    new Promise((resolve, reject) => {
      const headers = { ...program, ...(body !== undefined && json) }
      const outgoing = request({ ...portOf(bff), agent, method, path: `/bff${path}`, headers }, (incoming) => {
        incoming.resume().once('end', () => resolve({ status: incoming.statusCode! }))
      })
      outgoing.once('error', reject).end(body === undefined ? undefined : JSON.stringify(body))
    })
  const send = async (...call: Parameters<typeof sendOnce>): Promise<number> => (await patiently(() => sendOnce(...call))).status

  /** What the vendor received: only declared calls, on our own host, and never the neighbour that deletes the app. */
  const undeclared = () => {
    const host = new URL(bff.sandbox.url).host
    return bff.sandbox.requests.filter(({ method, url, headers, operation }) => {
      const row = operations[operation as keyof typeof operations] as Operation | undefined
      const [path = '', query] = url.split('?')
      const id = row && shapeOf(row).exec(path)?.[1]
      const fits = row?.method === method && shapeOf(row).test(path) && query === undefined && headers.host === host
      return !fits || (id !== undefined && /^(\.|%2e)+$/i.test(id) && decodeURIComponent(id).length < 3)
    })
  }

  const sample = <T>(arbitrary: fc.Arbitrary<T>, count: number): { seed: number; values: T[] } => {
    const seed = Date.now()
    return { seed, values: fc.sample(arbitrary, { seed, numRuns: count }) }
  }

  const inTurns = async <T>(values: readonly T[], run: (value: T, index: number) => Promise<number>): Promise<Set<number>> => {
    const seen = new Set<number>()
    const rest = values.entries()
    const work = async () => {
      for (const [index, value] of rest) seen.add(await run(value, index))
    }
    await Promise.all(Array.from({ length: 16 }, work))
    return seen
  }

  const expectSound = (seed: number, statuses: Set<number>, known: readonly number[]) => {
    expect([seed, [...statuses].filter((status) => !known.includes(status))]).toEqual([seed, []])
    expect([seed, undeclared().map(({ method, url }) => `${method} ${url}`)]).toEqual([seed, []])
    expect(bff.sandbox.apps.every(({ deleted }) => !deleted)).toBe(true)
    expect(bff.sandbox.requests.length).toBeGreaterThan(0)
    bff.sandbox.clearRequests()
  }

  test('5,000 in paths, of every row and in both forms', async () => {
    const rows = ofPath.filter(({ takes, query }) => takes === undefined && !query)
    const { seed, values } = sample(segment, 5_000)
    const statuses = await inTurns(values, (written, index) => {
      const { method, path } = rows[index % rows.length]!
      const bytes = Buffer.from(path.replace(':userId', () => written).replace(':channel', 'twilio')).toString('latin1')
      return send(method, `${index % 2 ? long : '/v1.1'}${bytes}`)
    })
    // 405: a slash in the id can make another path of it.
    expectSound(seed, statuses, [200, 400, 404, 405, 414])
  })

  test('2,000 in bodies, on either side of a merge and in pre_create', async () => {
    const { seed, values } = sample(text, 2_000)
    const statuses = await inTurns(values, (id, index) => {
      const sides = [{ _id: id }, { _id: 'cust-20481' }]
      const [surviving, discarded] = index % 4 ? sides : sides.toReversed()
      return index % 2 ? send('POST', `${long}/appusers`, { userId: id }) : send('POST', `${long}/appusers/merge`, { surviving, discarded })
    })
    expectSound(seed, statuses, [200, 201, 400, 404, 409])
  })

  test('1,000 in mints, each then used as me', async () => {
    const { seed, values } = sample(text, 1_000)
    const statuses = await inTurns(values, async (userId) => {
      const minted = await bff.private('POST', '/sessions', { kind: 'bearer', userId })
      if (minted.status !== 201) return minted.status
      const { status } = await bff.call('GET', '/v1.1/appusers/me', { headers: { authorization: `Bearer ${minted.json.token}` } })
      return status
    })
    expectSound(seed, statuses, [200, 400])
  })
})
