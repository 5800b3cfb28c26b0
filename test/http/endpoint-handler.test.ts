/** A row and the work of its route: the runner does all that the row says. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals'
import { z } from 'zod'
import { Problem } from '../../src/contract/problems.ts'
import { bodyErrors, done, type Endpoints, form, json, routes } from '../../src/http/endpoint.ts'
import { type Asked, handlers } from '../../src/http/endpoint-handler.ts'
import { type EchoListener, startEcho } from '../support/http-app.ts'

const Note = z.strictObject({ text: z.string().min(1) })
const row = { tag: 'Sessions', by: 'session', summary: 'A row.' } as const
const rows = {
  list: {
    ...row,
    method: 'get',
    path: '/notes',
    query: { limit: ['How many', '5'] },
    answers: { 200: { description: 'Notes', content: json(z.unknown(), []) } },
    errors: [400],
  },
  add: {
    ...row,
    method: 'post',
    path: '/notes',
    body: { required: true, content: { ...json(Note, { text: 'a' }), ...form(Note) } },
    answers: { 201: { description: 'The note', content: json(Note, { text: 'a' }) } },
    errors: [400, ...bodyErrors],
  },
  touch: {
    ...row,
    method: 'put',
    path: '/notes',
    body: { required: false, content: json(Note, { text: 'a' }) },
    answers: { 200: { description: 'What came', content: json(z.unknown(), {}) }, 204: done },
    errors: [400, ...bodyErrors],
  },
  hear: {
    ...row,
    method: 'post',
    path: '/heard',
    query: { exclude: ['What not', 'a'] },
    lenientQuery: true,
    body: { required: true, content: json(Note, { text: 'a' }), read: async (req) => Number(req.headers['content-length']) },
    answers: { 200: { description: 'What was heard', content: json(z.unknown(), {}) } },
    errors: [],
  },
  remove: { ...row, method: 'delete', path: '/notes/:id', answers: { 204: done }, errors: [400, 403, ...bodyErrors] },
} as const satisfies Endpoints

describe('a row', () => {
  let server: EchoListener
  const steps: string[] = []
  let live = true
  beforeEach(() => {
    steps.length = 0
    live = true
  })
  beforeAll(async () => {
    const gate = {
      enter: ({ req: { headers } }: Asked) => {
        steps.push('enter')
        if (headers['authorization'] === undefined) throw new Problem('unauthorized')
        return { name: 'ada' }
      },
      again: async (who: { name: string }) => {
        steps.push('again')
        if (!live) throw new Problem('unauthorized')
        return who
      },
    }
    const notes = handlers(rows, gate, {
      list: async ({ who, query }) => [who.name, query],
      add: async ({ body }) => body,
      touch: async ({ body }) => body && { came: body.text },
      hear: async ({ query: { exclude = 'nothing' }, body }) => [exclude, body + 1],
      remove: async ({ params }) => void steps.push(params['id']!),
    })
    server = await startEcho({}, { routes: (app) => app.use(routes(rows, notes)) })
  })
  afterAll(() => server.close(100))

  const call = async (method: string, path: string, init: RequestInit = {}) => {
    const answer = await fetch(`${server.address.url}${path}`, { method, ...init, headers: { authorization: 'x', ...init.headers } })
    const text = await answer.text()
    return { status: answer.status, body: text === '' ? undefined : JSON.parse(text) }
  }
  const asJson = (value: unknown): RequestInit => ({ headers: { 'content-type': 'application/json' }, body: JSON.stringify(value) })

  test('gives the work its caller and its query, and refuses a parameter that it does not name', async () => {
    expect(await call('GET', '/notes?limit=3')).toEqual({ status: 200, body: ['ada', { limit: '3' }] })
    expect((await call('GET', '/notes?more=3')).status).toBe(400)
  })

  test('for programs of others passes over parameters that it does not name, and its own when it comes twice', async () => {
    const heard = async (search: string) => (await call('POST', `/heard${search}`, { body: 'abc' })).body
    expect(await heard('?exclude=a&verbose&x=%ZZ')).toEqual(['a', 4])
    expect(await heard('?exclude=a&exclude=b')).toEqual(['nothing', 4])
  })

  test('takes JSON and a form where it has both, and answers with its status', async () => {
    expect(await call('POST', '/notes', asJson({ text: 'a' }))).toEqual({ status: 201, body: { text: 'a' } })
    const body = new URLSearchParams({ text: 'b' })
    expect(await call('POST', '/notes', { body })).toEqual({ status: 201, body: { text: 'b' } })
    expect((await call('POST', '/notes', asJson({ text: '' }))).status).toBe(400)
    expect((await call('POST', '/notes')).status).toBe(415)
  })

  test('with a body that may be absent goes on without', async () => {
    expect((await call('PUT', '/notes')).status).toBe(204)
    expect(await call('PUT', '/notes', asJson({ text: 'c' }))).toEqual({ status: 200, body: { came: 'c' } })
    expect((await call('PUT', '/notes', asJson({}))).status).toBe(400)
    expect((await call('PUT', '/notes', { headers: { 'content-type': 'application/json' } })).status).toBe(204)
  })

  test('without a body reads and drops a sound one, and refuses another', async () => {
    expect((await call('DELETE', '/notes/7', asJson({}))).status).toBe(204)
    expect((await call('DELETE', '/notes/7', { body: 'x', headers: { 'content-type': 'text/plain' } })).status).toBe(415)
    expect(steps).toEqual(['enter', 'again', '7', 'enter'])
  })

  test('asks for the caller before anything else, and again after the body', async () => {
    expect((await fetch(`${server.address.url}/notes?more=3`)).status).toBe(401)
    live = false
    expect((await call('POST', '/notes', asJson({ text: 'a' }))).status).toBe(401)
    expect(steps).toEqual(['enter', 'enter', 'again'])
  })
})
