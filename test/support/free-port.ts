/** A port for what must know its own before it listens. Below the range from which the system takes ports of outgoing connections: in it, another test may have the port a moment later. */
import { randomInt } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:net'

/** At both families of addresses: a server on ::1 alone is not met at 0.0.0.0. */
export const isFree = async (port: number): Promise<boolean> => {
  const server = createServer()
  const listens = once(server, 'listening').then(
    () => true,
    () => false,
  )
  server.listen(port)
  const free = await listens
  await new Promise((resolve) => server.close(resolve))
  return free
}

/** By this process: whoever was given one may not listen yet. */
const given = new Set<number>()

export const freePort = async (): Promise<number> => {
  for (;;) {
    const port = randomInt(12_000, 30_000)
    if (given.has(port)) continue
    given.add(port)
    if (await isFree(port)) return port
  }
}
