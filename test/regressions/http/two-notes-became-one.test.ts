/** Of a doubled Audit-Note, Audit-Reason or Audit-Ticket it was said that it may appear once, but Node joins such headers by a comma: two notes went into the journal as one that nobody had written. */
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { appId, type Bff, startBff } from '../../support/bff.ts'
import { sendRaw } from '../../support/raw.ts'

let bff: Bff
let authorization: string
beforeAll(async () => {
  bff = await startBff({ env: { AUDIT_TICKET: 'OPS' } })
  authorization = (await bff.signIn({ roles: ['admin'], actor: { id: 'ada' } }))['authorization']!
})
afterAll(async () => {
  await bff[Symbol.asyncDispose]()
})

const remove = async (userId: string, ...headers: string[]) => {
  bff.sandbox.createUser(appId, { userId })
  const { host, port } = new URL(bff.app.publicUrl)
  const lines = [`DELETE /bff/v1.1/appusers/${userId} HTTP/1.1`, `Host: ${host}`, `Authorization: ${authorization}`, ...headers, '', '']
  bff.sent()
  const { first } = await sendRaw({ port: Number(port) }, lines.join('\r\n'))
  return { status: first.status, body: first.json() as { errors?: unknown }, sent: bff.sent() }
}

test.each([
  ['Audit-Note', 'approved', 'by-nobody'],
  ['Audit-Note', 'approved', 'approved'],
  ['audit-ticket', 'OPS-1', 'OPS-2'],
  ['Audit-Reason', 'fraud', 'fraud'],
])('%s, twice, is 400 and nothing is sent', async (name, one, other) => {
  const { status, body, sent } = await remove('twice', `${name}: ${one}`, 'X-Between: 1', `${name}: ${other}`)
  expect([status, sent, body.errors]).toEqual([400, 0, [{ in: 'header', pointer: `#/${name.toLowerCase()}`, detail: 'may appear once' }]])
})

test('each of the three once is fine', async () => {
  expect(await remove('once', 'Audit-Note: approved', 'Audit-Ticket: OPS-1', 'Audit-Reason: fraud')).toMatchObject({ status: 200 })
})
