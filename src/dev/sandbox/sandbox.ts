/** A sandbox in place of the vendor, written from its documents: all thirteen operations, lasting
 * state, and faults on demand. */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { urlHost } from '../../platform/ip-address.ts'
import { newExchange } from './exchange.ts'
import { newFaults } from './faults.ts'
import { confirmLink, failLink } from './operations/channels.ts'
import { redeem } from './operations/codes.ts'
import { defaultApp, defaultSwitches, type SandboxOptions, type Switches } from './options.ts'
import { addPerson, lookUp, newClient, show } from './people.ts'
import { newRequestLog } from './record.ts'
import { type AppState, isSteering, type Sandbox, steer } from './steering.ts'
import { type App, appOf, personOf, populate, type Vendor } from './vendor.ts'
import { newCourier, newWebhook } from './webhooks.ts'

export { defaultApp, defaultPort, type Key, type SandboxOptions } from './options.ts'
export type { Sandbox } from './steering.ts'

function newTimers() {
  const running = new Set<NodeJS.Timeout>()
  return {
    later(ms: number, task: () => void) {
      const timer = setTimeout(() => {
        running.delete(timer)
        task()
      }, ms)
      running.add(timer)
    },
    clear() {
      for (const timer of running) clearTimeout(timer)
      running.clear()
    },
  }
}

const stateOf = ({ appId, deleted, integrations }: App): AppState => ({
  appId,
  deleted,
  integrations: [...integrations].map(([_id, type]) => ({ _id, type })),
})

const originOf = ({ address, port }: AddressInfo) => `http://${urlHost(address)}:${port}`

export async function startSandbox(given: SandboxOptions = {}): Promise<Sandbox> {
  const { port = 0, host = '127.0.0.1', prefix = '' } = given
  if (!/^(\/[^/?#]+)*$/.test(prefix)) throw new TypeError('prefix must be empty or like /sc')
  const options = { ...given, apps: given.apps ?? ([defaultApp] as const) }
  const log = newRequestLog()
  const faults = newFaults()
  const courier = newCourier()
  const timers = newTimers()
  const switches: Switches = { ...defaultSwitches, ...given.switches }
  const vendor: Vendor = { apps: new Map(), codes: new Map(), switches, emit: courier.emit, later: timers.later }
  const appNamed = (appId: string) => appOf(vendor, appId)
  const personNamed = (appId: string, id: string) => personOf(vendor, appNamed(appId), id)

  populate(vendor, options)
  const exchange = newExchange({ vendor, faults, log, courier, prefix })
  const server = createServer((request, response) =>
    isSteering(request.url) ? steer(sandbox, request, response) : exchange(request, response),
  )
  // Longer than clients' pools keep idle connections, so that no test meets a closing one.
  server.keepAliveTimeout = 60_000
  server.on('clientError', (error: NodeJS.ErrnoException & { rawPacket?: Buffer }, socket) => {
    if (error.rawPacket) Object.assign(log.open({ method: '', url: '', headers: {} }), { status: 400, state: 'completed' })
    if (socket.writable) socket.end('HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n')
  })
  const { promise: listening, resolve, reject } = Promise.withResolvers<void>()
  server.once('error', reject).listen(port, host, resolve)
  await listening
  const origin = originOf(server.address() as AddressInfo)
  if (options.webhook) courier.probe(options.webhook.target).catch(() => undefined)

  let closed: Promise<void> | undefined
  async function close() {
    timers.clear()
    const { promise: ended, resolve: end } = Promise.withResolvers<void>()
    server.close(() => end())
    server.closeAllConnections()
    await Promise.all([ended, courier.close()])
  }

  const sandbox: Sandbox = {
    url: origin + prefix,
    origin,
    switches,
    requests: log.entries,
    get apps() {
      return [...vendor.apps.values()].map(stateOf)
    },
    clearRequests: log.clear,
    get faults() {
      return faults.all()
    },
    fault: faults.add,
    clearFaults: faults.clear,
    reset() {
      timers.clear()
      faults.clear()
      log.clear()
      Object.assign(switches, defaultSwitches, given.switches)
      populate(vendor, options)
    },
    users: () => [...vendor.apps.values()].flatMap(({ appId, people }) => [...people.values()].map((it) => ({ appId, appUser: show(it) }))),
    user(appId, id) {
      const person = lookUp(appNamed(appId), id)
      return person && show(person)
    },
    createUser: (appId, person = {}) => show(addPerson(appNamed(appId), person)),
    addClient(appId, id, client) {
      const added = newClient(client)
      personNamed(appId, id).clients.push(added)
      return added
    },
    addBusinessSystem(appId, id, system) {
      personNamed(appId, id).businessSystems.push(system)
    },
    addWebhook(appId, webhook) {
      const added = newWebhook(webhook)
      appNamed(appId).webhooks.set(added._id, added)
      courier.probe(added.target).catch(() => undefined)
      return added
    },
    integration: (appId, type) => stateOf(appNamed(appId)).integrations.find((it) => it.type === type)?._id,
    confirmLink: (appId, id, clientId) => confirmLink(vendor, appNamed(appId), personNamed(appId, id), clientId),
    failLink: (appId, id, why) => failLink(vendor, appNamed(appId), personNamed(appId, id), why),
    redeem: (code) => redeem(vendor, code),
    close() {
      closed ??= close()
      return closed
    },
    [Symbol.asyncDispose]: () => sandbox.close(),
  }
  return sandbox
}
