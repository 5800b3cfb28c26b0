/** A port for what must know its own before it listens. Below the range from which the system takes ports of outgoing connections: in it, another test may have the port a moment later. */
import { randomInt } from 'node:crypto'
import { once } from 'node:events'
import { mkdirSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'

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

const given = new Set<number>()

/** Once in a run of tests, or in this process where none runs: whoever was given it may not listen yet. */
const isGiven = (port: number): boolean => {
  if (given.has(port)) return true
  given.add(port)
  const folder = process.env['TEST_SHARED']
  if (folder === undefined) return false
  try {
    mkdirSync(join(folder, `port-${port}`))
    return false
  } catch {
    return true
  }
}

export const freePort = async (): Promise<number> => {
  for (;;) {
    const port = randomInt(12_000, 30_000)
    if (!isGiven(port) && (await isFree(port))) return port
  }
}
