/** The run: requests one after the other, each answer and each call to the vendor judged. The same seed makes the same requests. */
import fc from 'fast-check'
import { startBff } from '../support/bff.ts'
import { startProvider } from '../support/provider.ts'
import { providerEnv } from '../support/with-provider.ts'
import { rawRequests, requests } from './generate.ts'
import { allowedFor, answerFaults, type Received, type Sent, vendorFaults } from './oracle.ts'
import { readRoutes } from './routes.ts'
import { exchange, type Outgoing, outgoing, outgoingRaw } from './send.ts'
import { makeWorld } from './world.ts'

export interface Summary {
  /** Answers by status. */
  readonly statuses: Readonly<Record<number, number>>
  /** Calls to the vendor by operation. */
  readonly vendor: Readonly<Record<string, number>>
  readonly faults: readonly string[]
}

interface Options {
  readonly count: number
  readonly seed: number
  /** Absent: sessions and copies in memory. */
  readonly redis?: string | undefined
  readonly progress?: (done: number) => void
}

/** A world is left when a session of it has ended or a person is gone, and after so many requests in any case. */
const worldLasts = 60
const isOver = ({ method, who, target }: Sent, { status }: Received): boolean =>
  (status === 401 && who.callers.length > 0) || (status < 300 && (method === 'DELETE' || /\/(?:merge|end|roles)(?:\?|$)/.test(target)))

const label = ({ who, listener, method, target, barred, pieces }: Outgoing): string =>
  `${who.name}: ${method} ${target.slice(0, 300)} (${listener}${barred ? ', to be refused for a header' : ''}) ${pieces.slice(1).join('').slice(0, 300)}`

export const fuzz = async ({ count, seed, redis, progress = () => undefined }: Options): Promise<Summary> => {
  const provider = await startProvider()
  await using stack = new AsyncDisposableStack()
  stack.defer(() => provider.stop())
  // Copies stay fresh, since a read behind an answer would be taken for one of the next request.
  const cacheTimes = { freshMs: 3_600_000, revalidateMs: 3_600_000, ifErrorMs: 3_600_000 }
  const bff = stack.use(await startBff({ env: { ...providerEnv(provider), ...(redis && { REDIS_URL: redis }) }, cacheTimes }))
  const routes = await readRoutes(bff)
  const statuses: Record<number, number> = {}
  const vendor: Record<string, number> = {}
  const faults: string[] = []
  let world = await makeWorld(bff, 0)
  let worldAge = 0

  const attempt = async (request: Outgoing): Promise<void> => {
    const last = bff.sandbox.requests.at(-1)?.n ?? 0
    const allowed = allowedFor(world, routes, request)
    const answer = await exchange(bff, request)
    const calls = bff.sandbox.requests.filter(({ n }) => n > last)
    for (const { operation } of calls) vendor[String(operation)] = (vendor[String(operation)] ?? 0) + 1
    const found = vendorFaults(allowed, calls)
    if (answer) {
      statuses[answer.status] = (statuses[answer.status] ?? 0) + 1
      found.push(...answerFaults(routes, request, answer))
    } else found.push('has no answer')
    for (const fault of found) faults.push(`${label(request)}: ${fault}`)
    worldAge = !answer || isOver(request, answer) ? worldLasts : worldAge + 1
  }

  const rawCount = Math.floor(count / 10)
  const made = fc.sample(requests(routes), { seed, numRuns: count - rawCount })
  const raw = rawCount > 0 ? fc.sample(rawRequests, { seed, numRuns: rawCount }) : []
  for (let at = 0; at < count; at += 1) {
    if (worldAge >= worldLasts) {
      world = await makeWorld(bff, at)
      worldAge = 0
    }
    if (at % 500 === 0) progress(at)
    await attempt(at < made.length ? await outgoing(bff, world, made[at]!) : outgoingRaw(bff, world, raw[at - made.length]!))
  }
  return { statuses, vendor, faults }
}
