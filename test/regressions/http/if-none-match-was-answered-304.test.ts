/** `If-None-Match: *` was answered with 304 and no body where Express sends the answer, though no answer here has a validator: it takes the asterisk for a match even so. */
import { expect, test } from '@jest/globals'
import { startBff } from '../../support/bff.ts'
import { canaryServiceKey } from '../../support/canaries.ts'
import { sendRaw } from '../../support/raw.ts'

const conditions = ['If-None-Match: *', 'If-None-Match: W/"a", "b"', 'If-Modified-Since: Fri, 31 Dec 2100 00:00:00 GMT']

// Over a bare socket: fetch adds Cache-Control: no-cache to a condition, and Express then never answers 304.
test.each(conditions)('%s changes no answer', async (condition) => {
  await using bff = await startBff()
  const user = await bff.signIn()
  const auditor = await bff.signIn({ roles: ['auditor'], actor: { id: 'ada' } })
  const statusOf = async (base: string, path: string, authorization: string | undefined) => {
    const { host, port } = new URL(base)
    const head = `GET ${path} HTTP/1.1\r\nHost: ${host}\r\nAuthorization: ${authorization}\r\n${condition}\r\n\r\n`
    const { status, body } = (await sendRaw({ port: Number(port) }, head)).first
    return [path, status, body.length > 0]
  }
  const below = (path: string, { authorization }: Record<string, string>) => statusOf(bff.app.publicUrl, `/bff${path}`, authorization)
  for (const path of [
    '/auth/session',
    '/auth/sessions',
    '/v1.1/appusers/me',
    '/openapi.json',
    '/docs',
    '/docs.css',
    '/docs.js',
    '/ops/console.css',
  ])
    expect(await below(path, user)).toEqual([`/bff${path}`, 200, true])
  expect(await below('/ops/api/operations', auditor)).toEqual(['/bff/ops/api/operations', 200, true])
  for (const path of ['/sessions', '/livez', '/readyz', '/metrics'])
    expect(await statusOf(bff.app.privateUrl, path, `Bearer ${canaryServiceKey}`)).toEqual([path, 200, true])
})
