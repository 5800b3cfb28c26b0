/** Each endpoint row is served where it says, and what the read API answers is what its row describes. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import type { z } from 'zod'
import { apiEndpoints } from '../../src/console/endpoints.ts'
import { endpoints } from '../../src/docs/openapi-endpoints.ts'
import type { Endpoint } from '../../src/http/endpoint.ts'
import { appId, type Bff, type Carried, startBff } from '../support/bff.ts'

let bff: Bff
let admin: Carried
let operation: string
let event: string
beforeAll(async () => {
  bff = await startBff()
  bff.sandbox.createUser(appId, { userId: 'cust-1' })
  admin = await bff.signIn({ roles: ['admin', 'auditor'], actor: { id: 'ada' } })
  const { headers } = await bff.call('DELETE', '/v1.1/appusers/cust-1', { headers: admin })
  operation = headers.get('audit-operation')!
  const { json } = await bff.call('GET', `/ops/api/operations/${operation}`, { headers: admin })
  event = json.events[0].id
})
afterAll(async () => {
  await bff[Symbol.asyncDispose]()
})

const rows = Object.entries(endpoints) as [string, Endpoint][]
const filled = (path: string) => path.replace(':appId', appId).replace(/:\w+/, path.includes('events') ? event : operation)

test.each(rows)('%s is served where its row says', async (_id, { method, path, tag, head }) => {
  const call = (verb: string) => (tag === 'Private' ? bff.private(verb, filled(path)) : bff.call(verb, filled(path)))
  const { status, headers } = await call(method.toUpperCase())
  expect(status).not.toBe(405)
  // Without credentials it is refused, unless it is for anybody; a path that is not served would be 404 under no name.
  const refused = await call('PATCH')
  expect([refused.status, refused.headers.get('allow')?.includes(method.toUpperCase())]).toEqual([405, true])
  if (head) expect(refused.headers.get('allow')).toContain('HEAD')
  expect(headers.get('x-request-id')).not.toBeNull()
})

describe('the read API answers what its rows describe', () => {
  const described = Object.entries(apiEndpoints as Record<string, Endpoint>).filter(
    ([id, { body }]) => id !== 'stream_events' && body === undefined,
  )
  test.each(described)('%s', async (_id, { method, path, answers }) => {
    const { status, headers, text } = await bff.call(method.toUpperCase(), filled(path), { headers: admin })
    expect(status).toBe(200)
    const type = headers.get('content-type')!.split(';')[0]!
    expect(Object.keys(answers[200]!.content!)).toContain(type)
    const schema: z.ZodType | undefined = answers[200]!.content![type]!.schema
    if (schema) expect(schema.safeParse(JSON.parse(text))).toMatchObject({ success: true })
  })
})
