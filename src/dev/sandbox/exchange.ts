/** One exchange, from request line to end of answer: record, body, fault, route, operation. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { setTimeout as delay } from 'node:timers/promises'
import { misbehave, type Reply, send } from './answer.ts'
import { type Body, HungUp, readBody } from './body.ts'
import { authorise } from './credentials.ts'
import { answersItself, type Faults } from './faults.ts'
import type { Outcome } from './operations/call.ts'
import { lookUp } from './people.ts'
import type { RequestLog, RequestRecord } from './record.ts'
import { Refusal } from './refusal.ts'
import { type Match, match } from './routes.ts'
import type { Vendor } from './vendor.ts'
import type { Courier } from './webhooks.ts'

export interface Parts {
  vendor: Vendor
  faults: Faults
  log: RequestLog
  courier: Courier
  prefix: string
}

const nothing: Record<Vendor['switches']['nothing'], Reply> = {
  object: { status: 200, body: {} },
  empty: { status: 200 },
  'no-content': { status: 204 },
}

/** All ids of users in a request, from path and body. */
function idsIn(route: Match | undefined, content: unknown): unknown[] {
  const body = Object(content)
  return [route?.params['userId'], body.userId, body.surviving?._id, body.discarded?._id]
}

function isAboutIn({ apps }: Vendor, ids: unknown[]) {
  return (userId: string) => {
    if (ids.includes(userId)) return true
    return [...apps.values()].some((app) => {
      const person = lookUp(app, userId)
      return person !== undefined && (ids.includes(person._id) || (person.userId !== undefined && ids.includes(person.userId)))
    })
  }
}

export function newExchange(parts: Parts) {
  const { vendor, faults, log, courier, prefix } = parts

  function routeOf(request: IncomingMessage): { route?: Match | undefined; malformed?: unknown } {
    try {
      return { route: match(request.method ?? '', request.url ?? '', prefix) }
    } catch (malformed) {
      return { malformed }
    }
  }

  async function operate(route: Match | undefined, authorization: string | undefined, body: Body): Promise<Outcome> {
    if (!route) throw new Refusal(404)
    const app = authorise(vendor, authorization, route)
    if (route.takes && body.problem) throw body.problem
    const { params, query } = route
    return await route.run({ vendor, app, params, query, content: body.content, parts: body.parts ?? [], probe: courier.probe })
  }

  async function replyTo(work: Promise<Outcome>, entry: RequestRecord): Promise<Reply> {
    try {
      const outcome = await work
      entry.applied = true
      return outcome === 'nothing' ? nothing[vendor.switches.nothing] : outcome
    } catch (error) {
      const refusal = error instanceof Refusal ? error : new Refusal(500)
      return { status: refusal.status, body: refusal.body }
    }
  }

  async function converse(request: IncomingMessage, response: ServerResponse, entry: RequestRecord) {
    const { route, malformed } = routeOf(request)
    entry.operation = route?.operation ?? null
    const body = await readBody(request)
    if (body.content !== undefined) entry.body = body.content
    if (body.parts) entry.parts = body.parts

    const run = () => replyTo(malformed ? Promise.reject(malformed) : operate(route, request.headers.authorization, body), entry)
    const fault = faults.take(entry.operation, isAboutIn(vendor, idsIn(route, body.content)))
    const early = fault?.applied ? await run() : undefined
    // The operation is carried out even when the client hangs up meanwhile.
    if (fault?.latency) await delay(fault.latency, undefined, { ref: false })
    await fault?.held
    if (fault && answersItself(fault)) misbehave(response, entry, fault)
    else send(response, entry, early ?? (await run()))
  }

  return async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const entry = log.open(request)
    response.on('close', () => {
      if (!response.writableFinished) entry.state = 'aborted'
    })
    try {
      await converse(request, response, entry)
    } catch (error) {
      if (!(error instanceof HungUp)) send(response, entry, { status: 500, body: new Refusal(500).body })
    }
  }
}
