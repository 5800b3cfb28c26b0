/** A port for what must know its own before it listens. Below the range from which the system takes ports of outgoing connections: in it, another test may have the port a moment later. */
import { randomInt } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:net'

export const freePort = async (): Promise<number> => {
  for (;;) {
    const port = randomInt(12_000, 30_000)
    const server = createServer()
    const isFree = once(server, 'listening').then(
      () => true,
      () => false,
    )
    server.listen(port, '0.0.0.0')
    const free = await isFree
    await new Promise((resolve) => server.close(resolve))
    if (free) return port
  }
}
