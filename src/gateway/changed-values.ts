/** The values that an update changes, before and after, for its event. */
import type { UnguardedOperation } from '../contract/operation.ts'
import { operations } from '../contract/operations.ts'
import type { Identified } from '../contract/schemas.ts'
import type { Before } from '../journal/event/compose.ts'
import { timedOut, withTimeout } from '../platform/deadline.ts'
import type { Upstream } from '../upstream/client.ts'
import type { Call } from './call.ts'
import { changedBy, isNameOf } from './call-facts.ts'

const readMs = 1_000

type Fields = Readonly<Record<string, unknown>>

/** Its own, since a name may be one that every object knows. */
const own = (of: Fields, name: string): unknown => (Object.hasOwn(of, name) ? of[name] : undefined)

/** By the names of the event; `properties` stands for those whose keys are not written down. */
const valuesOf = (names: readonly string[], of: Fields, body: Fields): Fields => {
  const properties = (of['properties'] ?? {}) as Fields
  const odd = Object.keys((body['properties'] ?? {}) as Fields).filter((key) => !names.includes(`properties.${key}`))
  const value = (name: string): unknown => {
    if (name === 'properties') return Object.fromEntries(odd.map((key) => [key, own(properties, key)]))
    return name.startsWith('properties.') ? own(properties, name.slice('properties.'.length)) : own(of, name)
  }
  return Object.fromEntries(names.map((name) => [name, value(name) ?? null]))
}

/** Undefined for calls that update nothing. An update does not fail on this read, since it is not
 * guarded; after a 429 it waits as every call of the app does. */
export const createChangedValues =
  (upstream: Upstream) =>
  async (call: Call<UnguardedOperation>): Promise<Before | undefined> => {
    const { app, operation, params, body } = call
    if (operation.id !== 'update_app_user') return undefined
    const reading = upstream.call(app, {
      operation: operations.get_app_user,
      params,
      retry: false,
      patience: { until: performance.now() + readMs },
    })
    const answer = await withTimeout(readMs, reading).catch(() => undefined)
    if (answer === undefined || answer === timedOut) return { state: 'unavailable' }
    const { appUser } = answer.body as Identified
    if (!isNameOf(call.subjects[0].id, appUser)) return { state: 'unavailable' }
    const written = body as Fields
    const { changed: fields = [] } = changedBy(written)
    const image = { before: valuesOf(fields, appUser as Fields, written), after: valuesOf(fields, written, written) }
    return { state: 'captured', fields, image, after: true }
  }
