/** Redis as it stands in production: a master with a Sentinel, and a Cluster of three; started by the tests on free ports. */
import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Redis } from 'ioredis'
import type { Certificates } from './certificates.ts'
import { endProcess } from './child-process.ts'
import { freePort } from './free-port.ts'
import { prefer } from './redis.ts'
import { until } from './until.ts'

export interface Topology {
  readonly url: string
  stop(): Promise<void>
}

/** One within another, so that they go together. */
const startFolders = () => {
  const all = mkdtempSync(join(tmpdir(), 'bff-redis-'))
  return { folder: () => mkdtempSync(join(all, '-')), remove: () => rmSync(all, { recursive: true, force: true }) }
}
type Folders = ReturnType<typeof startFolders>

const start = (args: readonly string[]): ChildProcess => prefer(spawn('redis-server', args, { stdio: 'ignore' }))

/** How the servers are guarded. */
export interface Guarded {
  /** Then they talk TLS alone, also among themselves, and ask clients for a certificate. */
  readonly tls?: Certificates
  readonly password?: string
  /** What the Sentinels ask for. */
  readonly sentinelPassword?: string
  readonly host?: '127.0.0.1' | '::1'
}

/** Names and values as a configuration file has them. */
const listening = (port: number, { tls, host = '127.0.0.1' }: Guarded): [string, string][] => [
  ['bind', host],
  ...(tls
    ? ([
        ['port', '0'],
        ['tls-port', String(port)],
        ['tls-cert-file', tls.path('server.pem')],
        ['tls-key-file', tls.path('server.key')],
        ['tls-ca-cert-file', tls.path('ca.pem')],
        ['tls-replication', 'yes'],
        ['tls-cluster', 'yes'],
      ] as [string, string][])
    : ([['port', String(port)]] as [string, string][])),
]

const plain = (port: number, { folder }: Folders, guarded: Guarded) => [
  ...listening(port, guarded).flatMap(([name, value]) => [`--${name}`, value]),
  ...['--save', '', '--appendonly', 'no', '--dir', folder()],
  ...(guarded.password ? ['--requirepass', guarded.password, '--masterauth', guarded.password] : []),
]

const client = (port: number, { tls, password, host = '127.0.0.1' }: Guarded = {}) =>
  new Redis({
    ...{ port, host, retryStrategy: () => 50, maxRetriesPerRequest: null, disconnectTimeout: 100 },
    ...(password && { password }),
    ...(tls && { tls: { ca: tls.text('ca.pem'), cert: tls.text('client.pem'), key: tls.text('client.key') } }),
  }).on('error', () => undefined)

const stopAll = (processes: readonly ChildProcess[], folders: Folders) => async () => {
  await Promise.all(processes.map((child) => endProcess(child)))
  folders.remove()
}

/** A server alone, behind a port. */
export const startStandalone = async (guarded: Guarded = {}): Promise<Pick<Topology, 'stop'> & { port: number }> => {
  const port = await freePort()
  const folders = startFolders()
  await using starting = new AsyncDisposableStack()
  starting.defer(stopAll([start(plain(port, folders, guarded))], folders))
  const asked = client(port, guarded)
  starting.defer(() => asked.disconnect())
  await until(async () => (await asked.ping().catch(() => '')) === 'PONG')
  asked.disconnect()
  const started = starting.move()
  return { port, stop: () => started.disposeAsync() }
}

export interface WithSentinel extends Topology {
  readonly master: ChildProcess
  readonly sentinelPort: number
  /** The master now, once its replicas have all that it has; when it has been killed it starts again, empty. */
  current(): Promise<{ readonly process: ChildProcess; startAgain(): void }>
}

export interface SentinelOptions extends Guarded {
  /** With two, a master that has none left takes no writes. */
  readonly replicas?: 1 | 2
  /** A master that does not answer for so long is replaced: half a second where that is meant; else a busy machine would do it. */
  readonly silenceMs?: number
}

/** A master and its replicas. */
export const startSentinel = async ({ replicas = 1, silenceMs = 30_000, ...guarded }: SentinelOptions = {}): Promise<WithSentinel> => {
  const [port, sentinelPort, ...replicaPorts] = [
    await freePort(),
    await freePort(),
    await freePort(),
    ...(replicas === 2 ? [await freePort()] : []),
  ]
  const folders = startFolders()
  const server = (at: number): string[] => [...plain(at, folders, guarded), ...(replicas === 2 ? ['--min-replicas-to-write', '1'] : [])]
  const { host = '127.0.0.1' } = guarded
  const config = join(folders.folder(), 'sentinel.conf')
  const watched = [`monitor bff ${host} ${port} 1`, `down-after-milliseconds bff ${silenceMs}`, 'failover-timeout bff 2000']
  if (guarded.password) watched.push(`auth-pass bff ${guarded.password}`)
  const listens = listening(sentinelPort, guarded).map(([name, value]) => `${name} ${value}`)
  const asks = guarded.sentinelPassword ? [`requirepass ${guarded.sentinelPassword}`] : []
  writeFileSync(config, [...listens, ...asks, ...watched.map((line) => `sentinel ${line}`)].join('\n'))
  const replica = (at: number) => start([...server(at), '--replicaof', host, String(port), '--repl-diskless-sync-delay', '0'])
  const processes = [start(server(port)), ...replicaPorts.map(replica), start([config, '--sentinel'])]
  await using starting = new AsyncDisposableStack()
  starting.defer(stopAll(processes, folders))
  const sentinel = client(sentinelPort, { ...guarded, password: guarded.sentinelPassword ?? '' })
  starting.defer(() => sentinel.disconnect())
  await until(async () => {
    const master = (await sentinel.call('SENTINEL', 'master', 'bff').catch(() => [])) as string[]
    return master.includes('master') && master[master.indexOf('num-slaves') + 1] === String(replicas)
  })
  sentinel.disconnect()
  const servers = new Map([port, ...replicaPorts].map((at, i) => [at, processes[i]!]))
  const current: WithSentinel['current'] = async () => {
    const asked = client(sentinelPort, { ...guarded, password: guarded.sentinelPassword ?? '' })
    let at = 0
    await until(async () => {
      at = Number(((await asked.call('SENTINEL', 'get-master-addr-by-name', 'bff')) as string[])[1])
      const master = client(at, guarded)
      const said = await master.info('replication').catch(() => '')
      master.disconnect()
      return said.match(/^slave\d:.*state=online/gm)?.length === replicas
    })
    asked.disconnect()
    const startAgain = (): void => {
      const again = start(server(at))
      servers.set(at, again)
      processes.push(again)
    }
    return { process: servers.get(at)!, startAgain }
  }
  const started = starting.move()
  return {
    url: `redis+sentinel://127.0.0.1:${sentinelPort}/bff`,
    stop: () => started.disposeAsync(),
    master: processes[0]!,
    sentinelPort,
    current,
  }
}

const slots = 16_384

export interface RunningCluster extends Topology {
  /** Its masters, as they were at the start. */
  readonly nodes: readonly { readonly port: number; readonly process: ChildProcess }[]
  /** The master of most slots now, once each master has a replica with all that it has; when it has been killed it starts again, empty, once that replica is in its place. */
  current(): Promise<{ readonly process: ChildProcess; startAgain(): Promise<void> }>
}

export interface ClusterOptions extends Guarded {
  /** The port that a node tells clients for its own. */
  readonly told?: (port: number) => Promise<number>
  /** Then each master has a replica, which takes its place after a second of silence; the first has all slots but one for each of the others. With two the first has another one, and a master that has none left takes no writes. */
  readonly replicas?: 0 | 1 | 2
}

export const startCluster = async ({
  told = async (port) => port,
  replicas = 0,
  ...guarded
}: ClusterOptions = {}): Promise<RunningCluster> => {
  const { host = '127.0.0.1' } = guarded
  const free = async (count: number): Promise<number[]> => {
    const found: number[] = []
    while (found.length < count) found.push(await freePort())
    return found
  }
  const [masters, standbys] = [await free(3), await free([0, 3, 4][replicas]!)]
  const ports = [...masters, ...standbys]
  const buses = await free(ports.length)
  const shown = await Promise.all(ports.map(told))
  const folders = startFolders()
  const args = ports.map((port, i) => [
    ...plain(port, folders, guarded),
    ...['--cluster-enabled', 'yes', '--cluster-port', String(buses[i]), '--cluster-node-timeout', replicas ? '1000' : '3000'],
    ...[guarded.tls ? '--cluster-announce-tls-port' : '--cluster-announce-port', String(shown[i])],
    ...['--repl-diskless-sync-delay', '0'],
    ...(replicas === 2 ? ['--min-replicas-to-write', '1'] : []),
  ])
  const processes = args.map(start)
  const servers = [...processes]
  await using starting = new AsyncDisposableStack()
  starting.defer(stopAll(processes, folders))
  const clients = ports.map((port) => client(port, guarded))
  starting.defer(() => {
    for (const node of clients) node.disconnect()
  })
  const firstOf = (i: number): number => (replicas ? [0, slots - 2, slots - 1, slots][i]! : Math.ceil((slots / 3) * i))
  await Promise.all(
    clients.slice(0, 3).map((node, i) => node.call('CLUSTER', 'ADDSLOTSRANGE', String(firstOf(i)), String(firstOf(i + 1) - 1))),
  )
  for (const [at, port] of ports.entries()) if (at > 0) await clients[0]!.call('CLUSTER', 'MEET', host, String(port), String(buses[at]))
  const isWhole = async (node: Redis): Promise<boolean> => {
    const info = String(await node.call('CLUSTER', 'INFO').catch(() => ''))
    return ['cluster_state:ok', `cluster_known_nodes:${ports.length}`, `cluster_slots_assigned:${slots}`].every((it) => info.includes(it))
  }
  for (const node of clients) await until(() => isWhole(node))
  for (const at of standbys.keys()) {
    const master = String(await clients[at % 3]!.call('CLUSTER', 'MYID'))
    await until(async () => (await clients[3 + at]!.call('CLUSTER', 'REPLICATE', master).catch(() => '')) === 'OK')
  }
  /** How many replicas follow it; not a number for a replica that follows nobody. */
  const followersOf = async (node: Redis): Promise<number> => {
    const said = await node.info('replication').catch(() => '')
    if (said.includes('role:master')) return said.match(/^slave\d:.*state=online/gm)?.length ?? 0
    return said.includes('master_link_status:up') ? 0 : Number.NaN
  }
  const current: RunningCluster['current'] = async () => {
    const asked = ports.map((port) => client(port, guarded))
    await until(async () => {
      const followers = await Promise.all(asked.map(async (node) => ((await isWhole(node)) ? followersOf(node) : Number.NaN)))
      return followers.reduce((sum, it) => sum + it) === standbys.length
    })
    const largestOf = async (node: Redis): Promise<number> => {
      const owners = (await node.call('CLUSTER', 'SLOTS')) as [from: number, to: number, master: [host: string, port: number]][]
      const [, , [, largest]] = owners.sort(([from, to], [otherFrom, otherTo]) => otherTo - otherFrom - (to - from))[0]!
      return shown.indexOf(largest)
    }
    const at = await largestOf(asked[0]!)
    for (const node of asked) node.disconnect()
    const startAgain = async (): Promise<void> => {
      const witness = client(ports[(at + 1) % 3]!, guarded)
      await until(async () => (await largestOf(witness)) !== at)
      witness.disconnect()
      servers[at] = start(args[at]!)
      processes.push(servers[at]!)
    }
    return { process: servers[at]!, startAgain }
  }
  if (replicas) await current()
  for (const node of clients) node.disconnect()
  const started = starting.move()
  const shownHost = host === '::1' ? '[::1]' : host
  return {
    url: `redis+cluster://${shown.map((port) => `${shownHost}:${port}`).join(',')}`,
    stop: () => started.disposeAsync(),
    nodes: masters.map((port, i) => ({ port, process: processes[i]! })),
    current,
  }
}
