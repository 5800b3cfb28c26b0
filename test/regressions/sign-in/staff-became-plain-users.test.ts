/** Claims that a provider gives by userinfo, as a map, in a comma list or below names with dots were not read, and those that it did not send were missed by nobody: staff became plain users without a word. */
import { describe, expect, test } from '@jest/globals'
import { claimAt, personOf, withMissing, wordsOf } from '../../../src/sign-in/claims.ts'
import { ask } from '../../security/requests.ts'
import { type ProviderSetUp, says } from '../../support/provider.ts'
import { startWithProvider, type WithProvider } from '../../support/with-provider.ts'

const notices = ({ bff }: WithProvider) => bff.lines.filter(({ msg }) => msg === 'a claim is missing')
const who = async (it: WithProvider, login: string) => await it.who((await it.signIn(login)).headers(it.origin))

describe('a provider that gives claims by userinfo alone', () => {
  const setUp: ProviderSetUp = { userinfoOnly: true }

  test('has its staff known as such, with their names', async () => {
    await using it = await startWithProvider({}, setUp)
    expect(await who(it, 'ada')).toMatchObject({ roles: ['user', 'admin'], actor: { id: 'ada', name: 'Ada Admin' } })
    expect(notices(it)).toEqual([])
  })

  test('names the app user by userinfo, and a number there is not rounded into another one', async () => {
    await using it = await startWithProvider({ OIDC_USER_ID_CLAIM: 'customer' }, { ...setUp, claims: ['customer'] })
    it.provider.accounts.set('one', { customer: 4711 })
    expect(await who(it, 'one')).toMatchObject({ userId: '4711' })
    await using odd = await startWithProvider(
      { OIDC_USER_ID_CLAIM: 'customer' },
      { ...setUp, answer: says('/me', 200, '{"sub":"two","customer":9007199254740993}') },
    )
    const { last } = await odd.signIn('two').then((walker) => walker.signIn(`${odd.origin}/bff/auth/login`, 'two'))
    expect([last.status, last.text]).toEqual([401, expect.stringContaining('neither text nor a whole number')])
  })

  test.each<[string, ReturnType<typeof says>, number]>([
    ['does not answer', says('/me', 503, ''), 503],
    ['asks for patience', says('/me', 429, ''), 503],
  ])('lets nobody in as somebody less when userinfo %s', async (_how, answer, status) => {
    await using it = await startWithProvider({}, { ...setUp, answer })
    const walker = await it.signIn('ada')
    const { last } = await walker.signIn(`${it.origin}/bff/auth/login`, 'ada')
    expect(last.status).toBe(status)
    expect(await it.who(walker.headers(it.origin))).toEqual({ signedIn: false })
  })

  test.each<[string, ReturnType<typeof says>, RegExp]>([
    ['is of somebody else', says('/me', 200, '{"sub":"eve","roles":["support-lead"]}'), /another sub/],
    ['is refused', says('/me', 403, '{}'), /userinfo answers 403/],
    ['is a page', says('/me', 200, '<html>', 'text/html'), /not a JSON object/],
    ['is a JWT', says('/me', 200, 'a.b.c', 'application/jwt'), /JWT/],
  ])('is told to operators when userinfo %s, and nobody gets a role by it', async (_how, answer, cause) => {
    await using it = await startWithProvider({}, { ...setUp, answer })
    expect(await who(it, 'ada')).toMatchObject({ roles: ['user'] })
    const alarm = it.bff.lines.find(({ alarm }) => alarm === 'identity_provider_misconfigured')
    expect((alarm!['cause'] as { message: string }).message).toMatch(cause)
  })

  test('is not asked when the token says all', async () => {
    let asked = 0
    const answer: ProviderSetUp['answer'] = (req) => {
      if (req.url?.startsWith('/me')) asked += 1
      return false
    }
    await using it = await startWithProvider({}, { answer })
    await it.signIn('ada')
    expect(asked).toBe(0)
  })

  test('says nothing there of the sign-in itself: what is not signed proves no time and no session', async () => {
    const said = '{"sub":"ada","roles":["support-lead"],"auth_time":1,"sid":"x","iss":"https://evil.example"}'
    await using it = await startWithProvider({}, { ...setUp, answer: says('/me', 200, said), withholds: ['auth_time'] })
    expect(await who(it, 'ada')).toMatchObject({ roles: ['user', 'admin'], authTime: 0 })
  })
})

const zitadel = 'urn:zitadel:iam:org:project:roles'
test.each<[string, string, Record<string, unknown>]>([
  ['a list', 'roles', { roles: ['support', 'support-lead'] }],
  ['words', 'roles', { roles: 'support support-lead' }],
  ['a comma list', 'roles', { roles: 'support,support-lead' }],
  ['a comma list with spaces', 'roles', { roles: 'support, support-lead' }],
  ['the keys of a map', zitadel, { [zitadel]: { support: { '1': 'acme.example' }, 'support-lead': { '1': 'acme.example' } } }],
  ['a map that denies some', zitadel, { [zitadel]: { support: true, 'support-lead': {}, root: false } }],
  ['a nested path', 'resource_access.bff-web.roles', { resource_access: { 'bff-web': { roles: ['support', 'support-lead'] } } }],
  [
    'a nested path through a name with dots',
    'resource_access.web.acme.example.roles',
    { resource_access: { 'web.acme.example': { roles: ['support', 'support-lead'] } } },
  ],
  ['a path below an address', 'https://acme.example/auth.roles', { 'https://acme.example/auth': { roles: ['support', 'support-lead'] } }],
  ['a list of objects', 'roles.name', { roles: [{ name: 'support' }, { name: 'support-lead' }] }],
])('roles that come as %s are read', async (_shape, name, claims) => {
  await using it = await startWithProvider({ OIDC_ROLES_CLAIM: name }, { claims: Object.keys(claims) })
  it.provider.accounts.set('lee', claims)
  expect(await who(it, 'lee')).toMatchObject({ roles: ['user', 'agent', 'admin'] })
  expect(notices(it)).toEqual([])
})

test('a claim whose own name holds what could be a path is the first choice, and names of the language are none', () => {
  expect(claimAt({ 'a.b': 1, a: { b: 2 } }, 'a.b')).toBe(1)
  expect(claimAt({ a: { 'b.c': 3 }, 'a.b': { d: 4 } }, 'a.b.c')).toBe(3)
  for (const path of ['__proto__', 'constructor.name', 'a.__proto__', '', '.', 'a.', '.a']) expect(claimAt({ a: {} }, path)).toBeUndefined()
  expect(wordsOf({ admin: null, support: false, root: 0, owner: '', lead: 1 })).toEqual(['lead'])
  for (const value of [null, undefined, 7, true]) expect(wordsOf(value)).toEqual([])
  expect(wordsOf('CN=Support, OU=Groups')).toEqual(['CN=Support, OU=Groups', 'CN=Support', 'OU=Groups'])
  expect(wordsOf('former admin, agent')).toEqual(['former admin, agent', 'former admin', 'agent'])
})

test.each<[said: unknown, roles: string[]]>([
  ['Domain Admins', ['agent']],
  ['Domain Users', []],
  ['Admins', ['admin']],
  [['Domain Admins'], ['agent']],
  [['Domain Admins, Admins'], []],
  ['Domain Admins, Admins', ['agent', 'admin']],
  ['Sales, EMEA', ['auditor']],
  [{ 'Sales, EMEA': {} }, ['auditor']],
  [
    [7, 'Admins'],
    ['agent', 'admin'],
  ],
  [['constructor', '__proto__', null, {}, ['Admins']], []],
  [JSON.parse('{"__proto__":{"Admins":true}}'), []],
])('a word that holds spaces or commas is taken whole first: %j', (said, roles) => {
  const roleMap = { 'Domain Admins': 'agent', Admins: 'admin', EMEA: 'admin', 'Sales, EMEA': 'auditor', '7': 'agent' } as const
  const rules = { userId: 'sub', prefix: '', roles: 'groups', roleMap, defaultRoles: ['user'] } as const
  expect(personOf(rules, [''], { sub: 'x', groups: said }).roles).toEqual(['user', ...roles])
})

test('what the token leaves empty comes from userinfo, and what it says stays', () => {
  const names = ['groups', 'access.roles', 'app', 'name', '__proto__']
  const token = { sub: 'ada', groups: null, access: { level: 1 }, app: 'a', name: '' }
  const more = { sub: 'ada', groups: ['lead'], access: { level: 9, roles: ['support'] }, app: 'b', name: 'Ada', extra: 1 }
  const all = withMissing(token, more, names)
  expect(names.map((name) => claimAt(all, name))).toEqual([['lead'], ['support'], 'a', 'Ada', undefined])
  expect(claimAt(all, 'access.level')).toBe(1)
  expect(Object.getPrototypeOf(withMissing(token, JSON.parse('{"__proto__":{"admin":true}}'), names))).toBe(Object.prototype)
})

describe('a claim that a setting names and that is not sent', () => {
  test('is told in the log once, with what to do', async () => {
    await using it = await startWithProvider({ OIDC_ROLES_CLAIM: 'groups' })
    for (const login of ['ada', 'mina']) expect(await who(it, login)).toMatchObject({ roles: ['user'] })
    expect(notices(it)).toEqual([
      expect.objectContaining({
        level: 'warn',
        provider: 'default',
        claim: 'groups',
        where: expect.stringContaining('userinfo'),
        remedy: expect.stringContaining('OIDC_SCOPE'),
      }),
    ])
  })

  test('is told as sent by reference when it is: too many groups for a token', async () => {
    await using it = await startWithProvider({ OIDC_ROLES_CLAIM: 'groups' }, { claims: ['groups'] })
    it.provider.accounts.set('many', {
      _claim_names: { groups: 'src1' },
      _claim_sources: { src1: { endpoint: 'https://graph.example/groups' } },
    })
    expect(await who(it, 'many')).toMatchObject({ roles: ['user'] })
    expect(notices(it)).toEqual([expect.objectContaining({ claim: 'groups', remedy: expect.stringContaining('200 groups') })])
  })

  test('is told to staff on the page that sends them away', async () => {
    await using it = await startWithProvider({ OIDC_ROLES_CLAIM: 'groups', OIDC_DEFAULT_ROLES: 'none' })
    const { last } = await (await it.signIn('ada')).signIn(`${it.origin}/bff/auth/login`, 'ada')
    expect([last.status, last.text]).toEqual([403, expect.stringContaining('did not send the claim groups')])
    await using console = await startWithProvider({ OIDC_ROLES_CLAIM: 'groups' })
    const walker = await console.signIn('ada')
    const { cookie } = walker.headers(console.origin)
    const page = await ask(console.bff, { method: 'GET', path: '/ops', headers: { Cookie: cookie! } })
    expect([page.status, page.body]).toEqual([403, expect.stringContaining('did not send the claim groups')])
  })

  test('is told of tokens that are exchanged as well', async () => {
    await using it = await startWithProvider()
    const iat = it.provider.now()
    const subject_token = await it.provider.sign({ sub: 'x', aud: 'api://bff', iat, exp: iat + 60 })
    const grant = {
      grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
      subject_token_type: 'urn:ietf:params:oauth:token-type:jwt',
    }
    expect((await it.bff.call('POST', '/auth/session', { json: { ...grant, subject_token } })).status).toBe(200)
    expect(notices(it)).toEqual([expect.objectContaining({ claim: 'roles', where: expect.stringContaining('exchanged') })])
  })
})
