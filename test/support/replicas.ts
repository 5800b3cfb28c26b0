/** Two replicas of the service behind one address, as browsers see them in production: each connection goes to the other one. */
import { connect, createServer, type Socket } from 'node:net'
import { type Bff, type BffOptions, startBff } from './bff.ts'

export interface Replicas extends AsyncDisposable {
  readonly origin: string
  readonly each: readonly [Bff, Bff]
  /** Connections so far, by replica. */
  readonly served: readonly number[]
}

export const startReplicas = async ({ env, ...more }: BffOptions & { env: Record<string, string> }): Promise<Replicas> => {
  const ports: number[] = []
  const served = [0, 0]
  const sockets = new Set<Socket>()
  let next = 0
  const balancer = createServer((socket) => {
    const which = next++ % 2
    served[which]!++
    const through = connect(ports[which]!, '127.0.0.1')
    for (const [from, to] of [
      [socket, through],
      [through, socket],
    ] as const) {
      sockets.add(from)
      from.once('close', () => sockets.delete(from))
      from.once('error', () => to.destroy())
      from.pipe(to)
    }
  })
  await new Promise<void>((resolve) => balancer.listen(0, '127.0.0.1', resolve))
  const origin = `http://localhost:${(balancer.address() as { port: number }).port}`
  const options = { ...more, env: { ...env, PUBLIC_ORIGIN: origin } }
  const each = [await startBff(options), await startBff(options)] as const
  ports.push(...each.map(({ app }) => Number(new URL(app.publicUrl).port)))
  return {
    origin,
    each,
    served,
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.destroy()
      await new Promise((resolve) => balancer.close(resolve))
      for (const bff of each) await bff[Symbol.asyncDispose]()
    },
  }
}
