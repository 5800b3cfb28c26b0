/** The call that an operation gets, the outcome it returns, and how it reads a body. */
import type { Part } from '../body.ts'
import { type Person, show } from '../people.ts'
import { badRequest } from '../refusal.ts'
import { type App, personOf, type Vendor } from '../vendor.ts'

export interface Call {
  vendor: Vendor
  app: App
  params: Record<string, string | undefined>
  query: URLSearchParams
  content: unknown
  parts: Part[]
  /** Whether a webhook's target answers at all. */
  probe: (target: string) => Promise<boolean>
}

/** `nothing`: an answer that no client reads; a switch decides its form. */
export type Outcome = { status: 200 | 201; body: unknown } | 'nothing'
export type Operation = (call: Call) => Outcome | Promise<Outcome>

export const subject = ({ vendor, app, params }: Call): Person => personOf(vendor, app, params['userId'] ?? '')

export const userReply = (person: Person, status: 200 | 201 = 200): Outcome => ({ status, body: { appUser: show(person) } })

export function objectOf(value: unknown, name = 'body'): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw badRequest(`${name} must be an object`)
  return value as Record<string, unknown>
}

export function optionalText(from: Record<string, unknown>, name: string): string | undefined {
  const value = from[name]
  if (value === undefined || value === null) return undefined
  if (typeof value !== 'string') throw badRequest(`${name} must be a string`)
  return value
}

export function requiredText(from: Record<string, unknown>, name: string): string {
  const value = optionalText(from, name)
  if (!value) throw badRequest(`${name} is required`)
  return value
}
