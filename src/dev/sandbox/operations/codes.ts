/** Codes with which their holder acts for a user: auth codes, and links that attach a channel. */
import { randomBytes } from 'node:crypto'
import type { Person } from '../people.ts'
import { badRequest, notFound } from '../refusal.ts'
import type { App, Code, Vendor } from '../vendor.ts'
import { type Operation, subject } from './call.ts'

function issue({ codes, switches }: Vendor, kind: Code['kind'], app: App, person: Person): string {
  const now = Date.now()
  for (const [code, { expires }] of codes) if (expires <= now) codes.delete(code)
  const code = `${kind === 'link' ? 'lr_' : ''}${randomBytes(16).toString('base64url')}`
  codes.set(code, { kind, appId: app.appId, _id: person._id, expires: now + switches.codeLifetime })
  return code
}

/** The user of a code, as an SDK would learn it. */
export function redeem({ codes, switches }: Vendor, code: string): Code | undefined {
  const found = codes.get(code)
  if (switches.codeUses === 'once') codes.delete(code)
  return found && found.expires > Date.now() ? found : undefined
}

export const authCode: Operation = (call) => ({ status: 200, body: { authCode: issue(call.vendor, 'auth', call.app, subject(call)) } })

const urlOf = (type: string, code: string) =>
  type === 'messenger' ? `https://m.me/100200300?ref=${code}` : `https://link.example.org/${type}?code=${code}`

export const linkRequests: Operation = (call) => {
  const { vendor, app, query } = call
  const person = subject(call)
  const ids = query.getAll('integrationIds').flatMap((it) => it.split(','))
  if (ids.length === 0 || ids.includes('')) throw badRequest('integrationIds is required')
  const integrations = ids.map((integrationId) => {
    const type = app.integrations.get(integrationId)
    if (type === undefined) throw notFound('integration')
    return { integrationId, type }
  })
  const requests = integrations.map(({ integrationId, type }) => {
    const code = issue(vendor, 'link', app, person)
    return { integrationId, type, code, url: urlOf(type, code) }
  })
  return { status: 200, body: { linkRequests: requests } }
}
