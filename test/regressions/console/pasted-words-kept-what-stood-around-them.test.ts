/** What was copied with its full stop, its brackets, its line of the log or as an address found nothing; a word without a value listed everything; some searches stopped the page. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { ask } from '../../security/requests.ts'
import { appId, type Bff, type Carried, startBff } from '../../support/bff.ts'

describe('the search', () => {
  let bff: Bff
  let page: Carried
  let removed: { operation: string; requestId: string }
  beforeAll(async () => {
    bff = await startBff()
    page = {
      cookie: (await bff.signIn({ kind: 'cookie', roles: ['auditor'], actor: { id: 'iris' } }))['cookie']!,
      ...{ 'Sec-Fetch-Mode': 'navigate', 'Sec-Fetch-Dest': 'document', 'Sec-Fetch-Site': 'none' },
    }
    const headers = await bff.signIn({ roles: ['admin'], actor: { id: 'ada@example.org' } })
    const remove = async (userId: string, more: Carried = {}) =>
      await bff.call('DELETE', `/v1.1/appusers/${bff.sandbox.createUser(appId, { userId })._id}`, { headers: { ...headers, ...more } })
    await remove('two words')
    const { headers: answered } = await remove('plain-1', { 'audit-reason': 'gdpr_request', 'audit-ticket': 'OPS-4711' })
    removed = { operation: answered.get('audit-operation') ?? '', requestId: answered.get('x-request-id') ?? '' }
  })
  afterAll(async () => {
    await bff[Symbol.asyncDispose]()
  })

  const look = async (q: string) => {
    const { status, body } = await ask(bff, { path: `/ops?q=${encodeURIComponent(q)}`, headers: page })
    const remark = /class="(?:fault|remark)"[^>]*>([\s\S]*?)<\/p>/.exec(body)?.[1]?.replaceAll(/<[^>]+>/g, '')
    return { status, found: [...body.matchAll(/data-op="([^"]+)"/g)].map(([, id]) => id), remark, field: body.includes('id="q"') }
  }

  test('finds one operation by what was copied with it', async () => {
    const { operation, requestId } = removed
    for (const q of [
      ...['plain-1.', '<plain-1>', "'plain-1',", '“plain-1”', '"plain-1', 'target: plain-1', 'nobody,plain-1', 'target:nobody,plain-1'],
      ...['ops-4711', '#OPS-4711', 'ticket:OPS-1,ops-4711', 'reason:"GDPR request"', '-"two words" action:DELETE'],
      ...[
        operation.toUpperCase(),
        `${operation}.`,
        `http://localhost/bff/ops/operations/${operation}?q=x`,
        '/bff/v1.1/appusers/plain-1/channels',
      ],
      ...[`"requestId":"${requestId}"`, `requestId=${requestId},`, 'http://localhost/bff/ops/?q=ticket%3AOPS-4711'],
    ])
      expect([q, (await look(q)).found]).toEqual([q, [operation]])
    expect((await look('ADA@example.org -action:mint_session')).found).toHaveLength(2)
  })

  test('a minus stands before whatever was pasted', async () => {
    for (const q of [removed.operation, removed.requestId, 'plain-1', 'OPS-4711'])
      expect((await look(`action:delete -${q}`)).found).toEqual([expect.not.stringContaining(removed.operation)])
  })

  test('finds days and spans', async () => {
    const today = new Date().toISOString().slice(0, 10)
    for (const span of [today, `${today}..${today}`, `2026-01-01..`, `from:2020..now`, 'to:9999-12-31', `from:${today} 00:00`])
      expect([span, (await look(`action:delete ${span}`)).found.length]).toEqual([span, 2])
  })

  test('says what is wrong, with the field beside it, and lists nothing', async () => {
    const wrong: [string, RegExp][] = [
      ['target:""', /followed by a value/],
      ['action:delete AND state:open', /words beside each other must all fit/],
      ['from:today to:yesterday', /later than from:today/],
      ['zone:ACT from:today', /a time zone such as/],
      ['-from:1d', /-from:1d is not understood/],
      ['a '.repeat(21), /at most 20 words/],
    ]
    for (const [q, remark] of wrong)
      expect([q, await look(q)]).toEqual([q, { status: 200, found: [], remark: expect.stringMatching(remark), field: true }])
    expect((await look('Deleted: plain')).remark).toContain('Deleted: is no word of the search')
    expect((await look('denied')).remark).toContain('Did you mean state:denied')
    expect((await look('a…@example.org')).remark).toContain('is masked')
    expect((await look('reason:nobody')).remark).toContain('A reason has no index')
    expect((await look('reason:nobody from:30d')).remark).toBeUndefined()
  })
})
