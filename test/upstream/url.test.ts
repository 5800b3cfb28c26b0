/** The URL that goes upstream: what it is for every row, and what nobody can make of it. */
import { randomBytes } from 'node:crypto'
import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import type { Operation } from '../../src/contract/operation.ts'
import { all, operations } from '../../src/contract/operations.ts'
import { Problem } from '../../src/contract/problems.ts'
import { buildUrl } from '../../src/upstream/url.ts'
import { anyText } from '../support/any-text.ts'

const app = { appId: 'APP', baseUrl: 'https://acme.zendesk.com/sc' }

const build = (operation: Operation, id: string, channel = 'twilio'): string =>
  buildUrl(app, operation, { userId: id, channel }, { integrationIds: id }).href

const attempt = (operation: Operation, id: string, channel?: string): string | undefined => {
  try {
    return build(operation, id, channel)
  } catch (error) {
    if (error instanceof Problem && error.particulars.outcome === 'not_sent') return undefined
    throw error
  }
}

/** An own reading of the rule, from the text of the URL alone. */
const isDeclared = (operation: Operation, href: string): boolean => {
  const [path = '', query] = href.slice('https://acme.zendesk.com/sc/v1.1/apps/APP'.length).split('?')
  const found = path.split('/')
  const declared = operation.path.split('/')
  return (
    href.startsWith('https://acme.zendesk.com/sc/v1.1/apps/APP/') &&
    !/[#\\\s]/.test(href) &&
    (query === undefined ? !operation.query : /^integrationIds=[^&#]+$/.test(query)) &&
    found.length === declared.length &&
    declared.every((part, index) =>
      part.startsWith(':') ? !/^(|\.|\.\.)$/.test(decodeURIComponent(found[index]!)) : part === found[index],
    )
  )
}

describe('the URL that goes upstream', () => {
  test.each(all.map((operation) => [operation.id, operation] as const))('%s is the full form below the prefix', (_id, operation) => {
    const path = operation.path.replace(':userId', 'u%201').replace(':channel', 'twilio')
    const query = operation.query ? '?integrationIds=u%201' : ''
    expect(build(operation, 'u 1')).toBe(`https://acme.zendesk.com/sc/v1.1/apps/APP${path}${query}`)
  })

  test('a base without a prefix, or with a slash at its end, makes no double slash', () => {
    for (const baseUrl of ['https://api.smooch.io', 'https://api.smooch.io/']) {
      expect(buildUrl({ appId: 'A', baseUrl }, operations.merge_users).href).toBe('https://api.smooch.io/v1.1/apps/A/appusers/merge')
    }
  })

  test('integration ids are one parameter with %2C between them', () => {
    const url = buildUrl(app, operations.get_link_requests, { userId: 'u' }, { integrationIds: "a,b'c&d=e" })
    expect(url.search).toBe('?integrationIds=a%2Cb%27c%26d%3De')
  })

  test.each([
    ['steveb@channel5.com', 'steveb%40channel5.com'],
    ['tenant/42', 'tenant%2F42'],
    ['a?x=1#y', 'a%3Fx%3D1%23y'],
    ['50%', '50%25'],
    ['%2e%2e', '%252e%252e'],
    ['zoë', 'zo%C3%AB'],
    ["o'neil", "o'neil"],
    ['...', '...'],
  ])('%s is one segment', (id, segment) => {
    expect(build(operations.get_app_user, id)).toBe(`https://acme.zendesk.com/sc/v1.1/apps/APP/appusers/${segment}`)
  })

  test.each(['', '.', '..', '\ud800', 'a\udfff'])('%j is refused for a user and for a channel, and nothing is sent', (bad) => {
    for (const operation of all.filter(({ path }) => path.includes(':userId'))) {
      expect(() => build(operation, bad)).toThrow(expect.objectContaining({ code: 'invalid_id' }))
    }
    expect(() => build(operations.unlink_app_user, 'u', bad)).toThrow(expect.objectContaining({ code: 'invalid_id' }))
  })

  test('a missing parameter is refused', () => {
    expect(() => buildUrl(app, operations.get_app_user)).toThrow(expect.objectContaining({ code: 'invalid_id' }))
    expect(() => buildUrl(app, operations.get_link_requests, { userId: 'u' })).toThrow(expect.objectContaining({ code: 'bad_request' }))
  })

  test('A4: 100,000 random byte strings never name anything but the declared target', () => {
    const spices = ['.', '..', '/', '%2e', '\\', '?', '#', ';', '\t', '\n', '%', '@', ':', '//']
    const encodings = ['latin1', 'utf8', 'utf16le'] as const
    const random = randomBytes(1_600_000)
    for (let run = 0; run < 100_000; run += 1) {
      const bytes = random.subarray(run * 16, run * 16 + 16)
      const text = bytes.subarray(4, 4 + (bytes[0]! % 12)).toString(encodings[bytes[1]! % 3])
      const spice = spices[bytes[2]! % spices.length]!
      const id = [text, spice, text + spice, spice + text][bytes[3]! % 4]!
      const operation = all[run % all.length]!
      const href = attempt(operation, id, id)
      if (href !== undefined && !isDeclared(operation, href)) throw new Error(`${operation.id} ${JSON.stringify(id)} made ${href}`)
    }
  })

  test('A4: neither do Unicode strings, which come back as they went in', () => {
    fc.assert(
      fc.property(fc.constantFrom(...all), anyText({ maxLength: 20 }), fc.string({ unit: 'binary-ascii' }), (operation, id, channel) => {
        const href = attempt(operation, id, channel)
        if (href === undefined) return
        expect(isDeclared(operation, href)).toBe(true)
        const at = operation.path.split('/').indexOf(':userId')
        if (at > 0) expect(decodeURIComponent(new URL(href).pathname.split('/')[at + 4]!)).toBe(id)
      }),
      { numRuns: 3000 },
    )
  })
})
