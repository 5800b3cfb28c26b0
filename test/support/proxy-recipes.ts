/** The proxies of docs/deploy.md as they stand there, with addresses of the test's. */
import { readFileSync } from 'node:fs'
import { startCaddy } from './caddy.ts'
import type { Certificates } from './certificates.ts'
import { startHaproxy } from './haproxy.ts'
import { startNginx } from './nginx.ts'

const page = readFileSync(new URL('../../docs/deploy.md', import.meta.url), 'utf8')
export const recipeOf = (kind: string): string => new RegExp(`\`\`\`${kind}\\n([\\s\\S]+?)\`\`\``).exec(page)![1]!

export interface Place {
  readonly port: number
  readonly certificates: Certificates
  /** Each with its public and its private address, as host:port. */
  readonly replicas: readonly (readonly [string, string])[]
}

export interface Proxy extends AsyncDisposable {
  /** What an operator does before a replica is restarted; without a number all are in again. */
  leaveOut(which?: number): void
}

const nginx = async (recipe: string, { port, certificates, replicas }: Place): Promise<Proxy> => {
  const parts = recipe
    .replace('10.0.0.11:3000', replicas[0]![0])
    .replace('10.0.0.12:3000', replicas[1]![0])
    .replace('listen 443 ssl;', `listen 127.0.0.1:${port} ssl http2;`)
    .replace(/http2 on;.*/, '')
    .replace('/etc/ssl/app.pem', certificates.path('server.pem'))
    .replace('/etc/ssl/app.key', certificates.path('server.key'))
  const server = await startNginx(parts, port)
  return {
    leaveOut: (which) => {
      const address = which === undefined ? undefined : replicas[which]![0]
      server.reload(address ? parts.replace(`server ${address}`, `server ${address} down`) : parts)
    },
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  }
}

const haproxy = async (recipe: string, { port, certificates, replicas }: Place): Promise<Proxy> => {
  const parts = replicas
    .reduce(
      (text, [open, own], index) => text.replace(`10.0.0.1${index + 1}:3000 port 3001`, `${open} port ${own.split(':')[1]}`),
      recipe.replace('/etc/ssl/app-with-key.pem', certificates.path('both.pem')),
    )
    .replace('bind :443', `bind 127.0.0.1:${port}`)
  const server = await startHaproxy(parts, port)
  // It asks for health by itself.
  return { leaveOut: () => {}, [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() }
}

const caddy = async (recipe: string, { port, certificates, replicas }: Place): Promise<Proxy> => {
  const sites = recipe
    .replace('app.example.com', `https://localhost:${port}`)
    .replace('10.0.0.11:3000', replicas[0]![0])
    .replace('10.0.0.12:3000', replicas[1]![0])
    .replace('health_port 3001', `health_port ${replicas[0]![1].split(':')[1]}`)
    .replace('/etc/ssl/app.pem', certificates.path('server.pem'))
    .replace('/etc/ssl/app.key', certificates.path('server.key'))
  const server = await startCaddy(sites, port)
  // It asks for health by itself.
  return { leaveOut: () => {}, [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() }
}

export const startProxy = { nginx, haproxy, caddy }
