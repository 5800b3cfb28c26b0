/** The search finds what people paste, by whatever name; what it does not understand lists nothing, instead of everything. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { ask } from '../../security/requests.ts'
import { appId, type Bff, type Carried, startBff } from '../../support/bff.ts'
import { until } from '../../support/until.ts'

interface Row {
  readonly operation: string
  readonly action: string
}

describe('the search', () => {
  let bff: Bff
  let auditor: Carried
  let page: Carried
  let removed: { operation: string; requestId: string }
  beforeAll(async () => {
    bff = await startBff()
    auditor = await bff.signIn({ roles: ['auditor'], actor: { id: 'iris' } })
    page = {
      cookie: (await bff.signIn({ kind: 'cookie', roles: ['auditor'], actor: { id: 'iris' } }))['cookie']!,
      ...{ 'Sec-Fetch-Mode': 'navigate', 'Sec-Fetch-Dest': 'document', 'Sec-Fetch-Site': 'none' },
    }
    const ada = await bff.signIn({ roles: ['admin'], actor: { id: 'ada@example.org' } })
    const bob = await bff.signIn({ roles: ['agent'], actor: { id: 'bob' } })
    const [one, two] = ['plain-1', 'mia@example.org'].map((userId) => bff.sandbox.createUser(appId, { userId })._id)
    await bff.call('PUT', `/v1.1/appusers/${two}`, { headers: bob, json: { givenName: 'Mia' } })
    await bff.call('DELETE', `/v1.1/appusers/${one}`, { headers: bob })
    const headers = { ...ada, 'audit-reason': 'fraud', 'audit-ticket': 'OPS-4711' }
    const { headers: answered } = await bff.call('DELETE', `/v1.1/appusers/${one}`, { headers })
    removed = { operation: answered.get('audit-operation') ?? '', requestId: answered.get('x-request-id') ?? '' }
    await until(async () => (await found('from:1d -action:mint_session')).length >= 3)
  })
  afterAll(async () => {
    await bff[Symbol.asyncDispose]()
  })

  const found = async (q: string): Promise<string[]> => {
    const { operations } = (await bff.call('GET', `/ops/api/operations?q=${encodeURIComponent(q)}`, { headers: auditor })).json
    return (operations as Row[]).map(({ action }) => action)
  }
  const pageOf = async (q: string): Promise<string> => (await ask(bff, { path: `/ops?q=${encodeURIComponent(q)}`, headers: page })).body

  test('finds an operation by its id, an event of it, the request, the ticket, and who acted', async () => {
    const { events } = (await bff.call('GET', `/ops/api/operations/${removed.operation}`, { headers: auditor })).json
    for (const q of [removed.operation, events[0].id, events[1].id, removed.requestId, 'OPS-4711', 'ada@example.org -action:mint_session'])
      expect([q, await found(q)]).toEqual([q, ['delete_app_user']])
  })

  test('finds a person by an e-mail address that is the userId', async () => {
    expect(await found('mia@example.org')).toEqual(['update_app_user'])
  })

  test('takes several values, what must not be, reasons and yesterday', async () => {
    expect(new Set(await found('action:delete,update -state:denied'))).toEqual(new Set(['delete_app_user', 'update_app_user']))
    expect(await found('action:delete actor:bob actor:ada@example.org')).toHaveLength(2)
    expect(await found('reason:fraud,test')).toEqual(['delete_app_user'])
    expect(await found('action:delete -reason:fraud')).toEqual(['delete_app_user'])
    expect(await found('-ticket:OPS-4711 target:plain-1')).toHaveLength(1)
    expect(await found('from:yesterday action:delete')).toHaveLength(2)
    expect(await found('to:yesterday action:delete')).toEqual([])
    expect(await found('action:delete -target:plain-1')).toEqual([])
  })

  test('says which word it does not understand, and lists nothing', async () => {
    const text = await pageOf('state:maybe action:delete')
    expect(text).toContain('is not understood')
    expect(text).toContain('Nothing is listed')
    expect(text).not.toContain('class="op"')
    for (const path of ['/ops/api/operations', '/ops/api/export', '/ops/api/envelope'])
      expect((await bff.call('GET', `${path}?q=state:maybe`, { headers: auditor })).status).toBe(400)
    expect(await pageOf('tenant:42')).toContain('is no word of the search')
    expect(await pageOf('nobody@example.org')).toContain('those inside profiles are sealed')
  })

  test('says how many there are, keeps its words and offers more of them', async () => {
    const text = await pageOf('plain-1')
    expect(text).toContain('2 operations</p>')
    expect(text).toContain('href="/bff/ops?q=plain-1+action%3Adelete"')
    expect(await pageOf('action:delete OPS-4711')).toContain('1 operation</p>')
  })

  test('goes to newer and to older ones, and meets each once', async () => {
    const admin = await bff.signIn({ roles: ['admin'], actor: { id: 'pager' } })
    const { _id } = bff.sandbox.createUser(appId, { userId: 'paged' })
    await Promise.all(
      Array.from({ length: 120 }, (_, at) =>
        bff.call('PUT', `/v1.1/appusers/${_id}`, { headers: admin, json: { givenName: `Mia ${at}` } }),
      ),
    )
    await until(async () => (await pageOf('actor:pager action:update')).includes('120 operations</p>'))
    const on = async (path: string) => {
      const { body } = await ask(bff, { path, headers: page })
      const link = (name: string) => new RegExp(`<a href="/bff([^"]+)">${name}</a>`).exec(body)?.[1]?.replaceAll('&amp;', '&')
      return { ids: [...body.matchAll(/data-op="([^"]+)"/g)].map(([, id]) => id), newer: link('Newer'), older: link('Older') }
    }
    const first = await on('/ops?q=actor%3Apager+action%3Aupdate')
    const second = await on(first.older!)
    const third = await on(second.older!)
    const back = await on(third.newer!)
    const start = await on(back.newer!)
    expect([first.newer, third.older, start.newer]).toEqual([undefined, undefined, undefined])
    expect(back.ids).toEqual(second.ids)
    expect(start.ids).toEqual(first.ids)
    expect(new Set([...first.ids, ...second.ids, ...third.ids]).size).toBe(first.ids.length + second.ids.length + third.ids.length)
  })
})
