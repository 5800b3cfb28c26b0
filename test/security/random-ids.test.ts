/** A4: whatever stands where an id should, nothing goes upstream but a declared method on a declared path. What an attacker would write is tried beside each other such part, exactly; combinations by chance come after. Most ids are tried on the parts that decide, thousands through the whole service. */
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
const nasty = [
  '.', '..', '%2e', '%2E', '%252e', '%c0%ae', '．', '%ef%bc%8e',
  '/', '//', '%2f', '%5c', '\\', '%ef%bc%8f', '%252f',
  ';', '%3b', '?', '%3f', '#', '%23', '%00', '%0d%0a', '%09', '%20', '%7f', '%c2%85', '%e2%80%ae', '%ff', '%ed%a0%80', '%', '%2', '%u002e',
  'merge', 'profile', 'channels', 'me', '@', ':', '*', '~', '&', '=', '+', '!', "'", '(', ')', '__proto__', 'apps', 'v1.1',
]
const count = (from: number, to: number): number[] => Array.from({ length: to - from + 1 }, (_, at) => from + at)
const encoded = count(0, 255).map((byte) => `%${byte.toString(16).padStart(2, '0')}`)
const visible = count(0x21, 0xff).map((unit) => String.fromCharCode(unit))
const pairs = nasty.flatMap((one) => nasty.map((other) => one + other))

const anyNasty = fc.constantFrom(...nasty)
const letters = fc.stringMatching(/^[\w@.-]{1,6}$/)
/** A segment as an attacker would write it into a request line. */
const segment = fc
  .array(fc.oneof(anyNasty, letters, letters, fc.constantFrom(...encoded), fc.constantFrom(...visible)), { minLength: 1, maxLength: 6 })
  .map((parts) => parts.join(''))
const anyUnit = fc.integer({ min: 0, max: 0xffff }).map((unit) => String.fromCharCode(unit))
/** Any UTF-16, lone surrogates too. */
const text = fc
  .array(fc.oneof(anyNasty, anyUnit, fc.constantFrom(...visible)), { minLength: 1, maxLength: 12 })
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

describe('ids on the parts that decide', () => {
  const rows = ofPath.filter(({ query }) => !query)
  const ofSegment = (written: string) => pathId(decodeURIComponent(written))

  /** Whether it was refused (undefined) or made a URL, and then whether that is a declared one. */
  const tried = (allowed: (written: string) => string, written: string, row: Operation, prefix: string): boolean | undefined => {
    const id = attempt(() => allowed(written))
    const url =
      id && attempt(() => buildUrl({ appId, baseUrl: `https://api.example.com${prefix}` }, row, { userId: id, channel: 'twilio' }))
    return url ? isDeclared(row, url, prefix, id) : undefined
  }

  // biome-ignore format: one a line
  const exact: [string, (written: string) => string, string[]][] = [
    ['from paths, all that is nasty beside all that can be written, on either side', ofSegment,
      [...nasty, ...encoded, ...visible, 'cust-1'].flatMap((it) => nasty.flatMap((one) => [one + it, it + one]))],
    ['from sessions, mints and bodies, all that is nasty beside itself', provableId, pairs],
    ['from sessions, mints and bodies, each unit of UTF-16', provableId, count(0, 0xffff).map((unit) => `${String.fromCharCode(unit)}a`)],
  ]
  test.each(exact)('%s', (_which, allowed, all) => {
    const found = all.map((written, at) => tried(allowed, written, rows[at % rows.length]!, prefixes[at % prefixes.length]!))
    expect(all.filter((_, at) => found[at] === false)).toEqual([])
    // Else nothing would have been proved.
    expect(found.filter((it) => it).length).toBeGreaterThan(all.length / 5)
  })

  test.each<[string, fc.Arbitrary<string>, (written: string) => string]>([
    ['from paths', segment, ofSegment],
    ['from sessions, mints and bodies', text, provableId],
  ])('20,000 %s, by chance', (_from, ids, allowed) => {
    let built = 0
    const property = fc.property(ids, fc.constantFrom(...rows), fc.constantFrom(...prefixes), (written, row, prefix) => {
      const found = tried(allowed, written, row, prefix)
      if (found) built += 1
      return found !== false
    })
    fc.assert(property, { numRuns: 20_000 })
    expect(built).toBeGreaterThan(2_000)
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

  /** With the seed of what comes by chance. */
  const withSample = (exact: readonly string[], arbitrary: fc.Arbitrary<string>, numRuns: number): { seed: number; values: string[] } => {
    const seed = Date.now()
    return { seed, values: [...exact, ...fc.sample(arbitrary, { seed, numRuns })] }
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

  test('3,000 in paths, of every row and in both forms: each part alone, all that is nasty beside itself, and some by chance', async () => {
    const rows = ofPath.filter(({ takes, query }) => takes === undefined && !query)
    const { seed, values } = withSample([...nasty, ...encoded, ...visible, ...pairs], segment, 300)
    const statuses = await inTurns(values, (written, index) => {
      const { method, path } = rows[index % rows.length]!
      const bytes = Buffer.from(path.replace(':userId', () => written).replace(':channel', 'twilio')).toString('latin1')
      return send(method, `${index % 2 ? long : '/v1.1'}${bytes}`)
    })
    // 405: a slash in the id can make another path of it.
    expectSound(seed, statuses, [200, 400, 404, 405, 414])
  }, 600_000)

  test('1,000 in bodies, on either side of a merge and in pre_create', async () => {
    // Each three times, for the three places.
    const exact = [...nasty, ...visible.filter((it) => !/\w/.test(it))].flatMap((it) => [it, it, it])
    const { seed, values } = withSample(exact, text, 300)
    const statuses = await inTurns(values, (id, index) => {
      const sides = [{ _id: id }, { _id: 'cust-20481' }]
      const [surviving, discarded] = index % 3 === 1 ? sides : sides.toReversed()
      return index % 3 ? send('POST', `${long}/appusers/merge`, { surviving, discarded }) : send('POST', `${long}/appusers`, { userId: id })
    })
    expectSound(seed, statuses, [200, 201, 400, 404, 409])
  }, 600_000)

  test('500 in mints, each then used as me', async () => {
    const { seed, values } = withSample([...nasty, ...visible], text, 200)
    const statuses = await inTurns(values, async (userId) => {
      const minted = await patiently(() => bff.private('POST', '/sessions', { kind: 'bearer', userId }))
      if (minted.status !== 201) return minted.status
      const headers = { authorization: `Bearer ${minted.json.token}` }
      return (await patiently(() => bff.call('GET', '/v1.1/appusers/me', { headers }))).status
    })
    expectSound(seed, statuses, [200, 400])
  }, 600_000)
})
