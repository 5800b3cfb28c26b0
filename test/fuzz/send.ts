/** From what was made up to bytes on a socket: nothing tidies them up on the way. */
import { appId, type Bff, imageForm } from '../support/bff.ts'
import { sendRaw } from '../support/raw.ts'
import type { Made, MadeBody, Raw } from './generate.ts'
import type { Received, Sent } from './oracle.ts'
import { nameIn, type World } from './world.ts'

interface Bytes {
  readonly type?: string
  readonly bytes: Buffer
  /** As JSON; for whoever judges it. */
  readonly value?: unknown
}

/** The example of the document, about the persons of this world. */
const soundBody = (world: World, { route, people }: Made): unknown => {
  const [first, second] = people.map((word) => nameIn(world, word))
  if (route.row?.id === 'merge_users') return { surviving: { _id: first }, discarded: { _id: second } }
  const example = (route.example ?? {}) as Record<string, unknown>
  if (route.row?.takes === 'AppUserLink' && people[1] === 'other') return { ...example, confirmation: { type: 'immediate' } }
  if (!('userId' in example)) return example
  return { ...example, userId: route.row && people[0] === 'other' ? `new-${first}` : first }
}

/** Every place in a value, by the keys that lead there. */
const placesIn = (value: unknown): string[][] =>
  typeof value === 'object' && value !== null
    ? Object.entries(value).flatMap(([key, inner]) => [[key], ...placesIn(inner).map((rest) => [key, ...rest])])
    : []

const changed = (value: unknown, [key, ...rest]: string[], to: unknown): unknown => {
  const entries = Object.entries(value as object).flatMap(([name, inner]) => {
    if (name !== key) return [[name, inner]]
    if (rest.length > 0) return [[name, changed(inner, rest, to)]]
    return to === undefined ? [] : [[name, to]]
  })
  return Object.fromEntries(entries)
}

const json = (value: unknown): Bytes => ({ type: 'application/json', bytes: Buffer.from(JSON.stringify(value)), value })

const bytesOf = async (world: World, made: Made): Promise<Bytes> => {
  const { route, body } = made
  const image = route.row?.takes === 'ImageUpload'
  if (body.kind === 'none' || (body.kind === 'sound' && route.example === undefined)) return { bytes: Buffer.alloc(0) }
  if (body.kind === 'image' || (image && body.kind === 'sound')) {
    const form = new Response(imageForm(made.people[0] === 'me' || made.people[0] === 'own' ? 'appUser' : 'appMaker'))
    return { type: form.headers.get('content-type')!, bytes: Buffer.from(await form.arrayBuffer()) }
  }
  return mutated(world, body, soundBody(world, made))
}

const mutated = (world: World, body: MadeBody, sound: unknown): Bytes => {
  const value = 'value' in body && typeof body.value === 'string' ? nameIn(world, body.value) : 'value' in body ? body.value : undefined
  const places = placesIn(sound)
  if (body.kind === 'any') return json(value)
  if (body.kind === 'text') return { type: 'text/plain', bytes: Buffer.from(body.text) }
  if (body.kind === 'with') return json({ ...(sound as object), [body.name]: value })
  if (body.kind === 'doubled') {
    const text = JSON.stringify(sound)
    return { type: 'application/json', bytes: Buffer.from(`${text.slice(0, -1)}${places.length > 0 ? ',' : ''}${text.slice(1)}`) }
  }
  if ((body.kind !== 'replaced' && body.kind !== 'without') || places.length === 0) return json(sound)
  return json(changed(sound, places[body.at % places.length]!, body.kind === 'without' ? undefined : (value ?? null)))
}

/** Each of these alone makes a request one to be refused; some only when the session comes in a cookie, and credentials that are no bearer token only when it does not. */
const isBarred = (name: string, value: string, byCookie: boolean): boolean => {
  if (name === 'authorization') return !byCookie || value.startsWith('Bearer ')
  return ['host', 'expect', 'x_y', 'x-filler'].includes(name) || (byCookie && ['origin', 'sec-fetch-site'].includes(name))
}

export type Outgoing = Sent & { readonly pieces: (string | Buffer)[] }

export const outgoing = async (bff: Bff, world: World, made: Made): Promise<Outgoing> => {
  const { route, people, channel, app, sessionId, query } = made
  const who = world.who[made.who]!
  const words: Record<string, string> = { appId: app.replace('ours', appId), userId: nameIn(world, people[0]), channel, sessionId }
  const path = route.path.replace(/\{(\w+)\}/g, (_, name: string) => words[name]!)
  const needed = route.row && 'query' in route.row ? '?integrationIds=abc' : ''
  const target = `${path}${query ?? needed}`
  const { type, bytes, value } = await bytesOf(world, made)
  const headers: Record<string, string> = {
    host: new URL(route.listener === 'public' ? bff.app.publicUrl : bff.app.privateUrl).host,
    ...who.headers,
    ...(type && { 'content-type': type }),
    ...(bytes.length > 0 && { 'content-length': String(bytes.length) }),
    ...made.headers,
  }
  const barred = Object.entries(made.headers).some(([name, text]) => isBarred(name, text, 'cookie' in who.headers))
  const lines = Object.entries(headers).map(([name, text]) => `${name}: ${text}\r\n`)
  const pieces = [`${route.method} ${target} HTTP/1.1\r\n${lines.join('')}\r\n`, bytes]
  return { who, listener: route.listener, method: route.method, target, body: value, barred, pieces }
}

export const outgoingRaw = (bff: Bff, world: World, { method, who: at, prefix, segments, version, extra }: Raw): Outgoing => {
  const who = world.who[at]!
  const target = `${prefix.replace('ours', appId)}${segments.map((word) => nameIn(world, word)).join('/')}`
  const lines = [`Host: ${new URL(bff.app.publicUrl).host}`, `Authorization: ${who.headers['authorization']}`]
  const head = [`${method} ${target} ${version}`, ...lines, ...(extra.header ? [extra.header] : []), '', ''].join('\r\n')
  return { who, listener: 'public', method, target, body: undefined, barred: extra.barred, pieces: [head + extra.rest] }
}

export const exchange = async (bff: Bff, { listener, pieces }: Outgoing): Promise<Received | undefined> => {
  const { port } = new URL(listener === 'public' ? bff.app.publicUrl : bff.app.privateUrl)
  const { answers } = await sendRaw({ port: Number(port) }, pieces, { waitMs: 50_000 })
  const [first] = answers
  return first && { status: first.status, type: first.headers['content-type'] ?? '', text: first.body }
}
