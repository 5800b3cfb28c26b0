/** `npm run soak:restart`: two replicas behind nginx, HAProxy and Caddy, as docs/deploy.md sets them up, restarted one after the other under load. No call may fail, but for those that a Redis without a free processor refuses: these are told apart. Bounded: `--calls` for each proxy, and as many as are made meanwhile where `--restarts` are asked for. */
import { mkdtempSync, rmSync } from 'node:fs'
import { Agent, request } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { setTimeout as sleep } from 'node:timers/promises'
import { flagsOf, list, oneOf, whole } from '../../scripts/flags.ts'
import { startSandbox } from '../../src/dev/sandbox/sandbox.ts'
import { appId, keyId } from '../support/bff.ts'
import { canaryKey, canaryServiceKey } from '../support/canaries.ts'
import { makeCertificates } from '../support/certificates.ts'
import { freePort } from '../support/free-port.ts'
import { recipeOf, startProxy } from '../support/proxy-recipes.ts'
import { startRedis } from '../support/redis.ts'
import { processEnv, type ServiceProcess, startProcess } from '../support/service-process.ts'

const values = flagsOf('soak:restart', {
  calls: whole(20_000, 1_000_000),
  callers: whole(24, 1_000),
  restarts: whole(1, 1_000),
  pause: whole(0, 60_000, 0),
  proxies: list(oneOf(['nginx', 'haproxy', 'caddy'] as const), ['nginx', 'haproxy', 'caddy']),
})
const { calls, callers, restarts: least, pause: pauseMs } = values
const people = 100

/** Of 20 calls: reads of a person, a look past the cache, updates, a deletion. */
const mix = [...Array<string>(14).fill('read'), 'channels', 'channels', 'update', 'update', 'update', 'delete']

await using all = new AsyncDisposableStack()
const folder = mkdtempSync(join(tmpdir(), 'bff-restart-'))
all.defer(() => rmSync(folder, { recursive: true, force: true }))
const certificates = all.use(makeCertificates())
const redis = await startRedis()
all.defer(() => redis.stop())
const sandbox = all.use(
  await startSandbox({
    apps: [{ appId, keys: [{ id: keyId, secret: canaryKey, scope: 'app' }] }],
    people: Array.from({ length: people }, (_, i) => ({ userId: `p${i}` })),
    switches: { deletionTakes: 0 },
  }),
)
// Of one proxy after the other.
const port = await freePort()
const origin = `https://localhost:${port}`
const env = {
  ...processEnv,
  ...{ SMOOCH_BASE_URL: sandbox.url, REDIS_URL: redis.url, PUBLIC_ORIGIN: origin, JOURNAL_URL: `sqlite:${join(folder, 'journal.db')}` },
  ...{ LIMIT_SERVICE: '1000000', LIMIT_GUARDED: '1000000', LOG_LEVEL: 'warn' },
}
// Two machines with the same ports, as they stand in the recipes.
const places = ['127.0.0.1', '127.0.0.2'] as const
const [open, own] = [await freePort(), await freePort()]
const start = (host: string) => startProcess({ ...env, HOST: host, PRIVATE_HOST: host, PORT: `${open}`, PRIVATE_PORT: `${own}` })
const replicas: ServiceProcess[] = [await start(places[0]), await start(places[1])]
all.defer(async () => {
  for (const replica of replicas) await replica[Symbol.asyncDispose]()
})
const addresses = places.map((host) => [`${host}:${open}`, `${host}:${own}`] as const)

const behind = async (kind: keyof typeof startProxy): Promise<boolean> => {
  sandbox.clearRequests()
  await using proxy = await startProxy[kind](recipeOf(kind), { port, certificates, replicas: addresses })
  // HAProxy takes a replica in once it has asked for its health.
  await sleep(1_500)

  const minted = await fetch(`${replicas[0]!.privateUrl}/sessions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${canaryServiceKey}`, 'content-type': 'application/json' },
    body: JSON.stringify({ kind: 'service', roles: ['admin'], actor: { id: 'soak' } }),
  })
  const { token } = (await minted.json()) as { token: string }
  // A connection each: a proxy that reloads its configuration closes those that rest.
  using agent = Object.assign(new Agent({ ca: certificates.text('ca.pem'), keepAlive: false }), {
    [Symbol.dispose]: () => agent.destroy(),
  })

  /** What happens to the replicas just now. */
  let phase = 'both serve'
  const call = (method: string, path: string, json?: object): Promise<string> =>
    new Promise((resolve) => {
      const body = json && JSON.stringify(json)
      const headers = {
        authorization: `Bearer ${token}`,
        ...(body && { 'content-type': 'application/json', 'content-length': body.length }),
      }
      request(`${origin}/bff/v1.1/appusers/${path}`, { method, agent, headers }, async (answer) => {
        const { statusCode: status } = answer
        const words = await text(answer)
        resolve(status === 200 ? '200' : `${status} ${/"code":"(\w+)"/.exec(words)?.[1] ?? 'of the proxy'} while ${phase}`)
      })
        .once('error', (error: NodeJS.ErrnoException) => resolve(`${error.code ?? error.message} while ${phase}`))
        .end(body)
    })
  let made = 0
  const answers: Record<string, number> = {}
  const begun: Record<string, number> = {}
  const deleted: string[] = []
  const once = async (): Promise<void> => {
    made += 1
    const what = mix[made % mix.length]!
    const person = `p${made % people}`
    begun[phase] = (begun[phase] ?? 0) + 1
    let answer: string
    if (what === 'read') answer = await call('GET', person)
    else if (what === 'channels') answer = await call('GET', `${person}/channels`)
    else if (what === 'update') answer = await call('PUT', person, { givenName: `N${made}` })
    else {
      const { _id } = sandbox.createUser(appId, { userId: `gone-${kind}-${made}` })
      deleted.push(_id)
      answer = await call('DELETE', _id)
    }
    const row = `${what} ${answer}`
    answers[row] = (answers[row] ?? 0) + 1
  }
  const began = performance.now()
  let restarts = 0
  let unclean = 0
  const goesOn = (): boolean => made < calls || restarts < least
  const load = Promise.all(
    Array.from({ length: callers }, async () => {
      for (; goesOn(); await sleep(pauseMs)) await once()
    }),
  )
  const restart = async (): Promise<void> => {
    for (let which = 0; goesOn(); which = 1 - which) {
      // The proxy takes in again what has started before the next one goes.
      await sleep(3_000)
      const former = replicas[which]!
      proxy.leaveOut(which)
      phase = 'one stops'
      former.child.kill('SIGTERM')
      if ((await former.ended) !== 0) unclean += 1
      phase = 'one starts'
      replicas[which] = await start(places[which]!)
      proxy.leaveOut()
      phase = 'both serve'
      restarts += 1
    }
  }
  await Promise.all([load, restart()])

  const failed = Object.entries(answers).filter(([row]) => !row.endsWith(' 200'))
  const reached = Map.groupBy(
    sandbox.requests.filter(({ operation }) => operation === 'delete_app_user'),
    ({ url }) => url,
  )
  const twice = [...reached.values()].filter((list) => list.length > 1).length
  const sum = (rows: typeof failed): number => rows.reduce((all, [, count]) => all + count, 0)
  const refused = failed.filter(([row]) => row.includes('503 session_store_unavailable'))
  const lost = sum(failed) - sum(refused)
  process.stdout.write(
    `${kind}: ${made} calls in ${((performance.now() - began) / 1000).toFixed(0)} s, ${restarts} restarts (${unclean} unclean), failed ${lost}, refused while Redis was silent ${sum(refused)}; deletions ${deleted.length}, at the vendor ${reached.size}, twice ${twice}\n  ${JSON.stringify(answers)}\n  calls ${JSON.stringify(begun)}\n`,
  )
  return lost === 0 && twice === 0 && unclean === 0
}

let sound = true
for (const kind of values.proxies) sound = (await behind(kind)) && sound
process.exitCode = sound ? 0 : 1
