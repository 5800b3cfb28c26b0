/** Stands between us and a dependency, and makes its connection as bad as the network can: silent, slow, cut. */
import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { freePort } from './free-port.ts'

export interface TestProxy extends AsyncDisposable {
  readonly port: number
  /** The connections that there are pass nothing on any more, as when a firewall has forgotten them; later ones do. */
  silence(): void
  /** The same for each connection on which this text comes, from now on. */
  silenceOn(text: string | undefined): void
  /** The next time that this text comes, it passes, and the connection is cut when the answer is there. */
  cutBeforeAnswerTo(text: string): void
  /** What comes passes this much later. */
  delay(milliseconds: number): void
  /** Whether connections are taken; the open ones are cut when not. */
  open(yes: boolean): void
  /** Whether somebody listens on the port at all. */
  listen(yes: boolean): Promise<void>
  /** Where later connections lead. */
  lead(to: number | string): void
  /** Connections that were taken. */
  count(): number
}

/** To a port of this machine, or to a socket in the file system. */
export const startProxy = async (first: number | string): Promise<TestProxy> => {
  const pairs = new Set<readonly [Socket, Socket]>()
  let to = first
  let taken = 0
  let late = 0
  let isOpen = true
  let fatal: string | undefined
  let unanswered: string | undefined
  const hush = (pair: readonly Socket[]): void => {
    for (const socket of pair) socket.removeAllListeners('data').removeAllListeners('close').resume()
  }
  const pass = (from: Socket, into: Socket): void => {
    // In the order in which it came, also when the delay gets shorter.
    let passed = Promise.resolve()
    from.on('data', (bytes) => {
      if (fatal !== undefined && bytes.includes(fatal)) return hush([from, into])
      if (unanswered !== undefined && bytes.includes(unanswered)) {
        unanswered = undefined
        into.removeAllListeners('data').once('data', () => from.destroy())
      }
      const due = performance.now() + late
      passed = passed.then(async () => {
        const left = due - performance.now()
        if (left > 0) await sleep(left, undefined, { ref: false })
        if (!into.destroyed) into.write(bytes)
      })
    })
    from.on('close', () => into.destroy())
    from.on('error', () => undefined)
  }
  const server = createServer((near) => {
    if (!isOpen) return void near.destroy()
    taken += 1
    const far = typeof to === 'number' ? connect(to, '127.0.0.1') : connect(to)
    const pair = [near, far] as const
    pairs.add(pair)
    near.once('close', () => pairs.delete(pair))
    pass(near, far)
    pass(far, near)
  })
  // Not one that the system gives: while nobody listens, it would be given to another connection.
  const port = await freePort()
  const listen = async (): Promise<void> => {
    await once(server.listen(port, '127.0.0.1'), 'listening')
  }
  await listen()
  const cut = (): void => {
    for (const sockets of pairs) for (const socket of sockets) socket.destroy()
  }
  return {
    port,
    silence: () => pairs.forEach(hush),
    silenceOn: (text) => {
      fatal = text
    },
    cutBeforeAnswerTo: (text) => {
      unanswered = text
    },
    delay: (milliseconds) => {
      late = milliseconds
    },
    open: (yes) => {
      isOpen = yes
      if (!yes) cut()
    },
    listen: async (yes) => {
      if (yes) return await listen()
      const closed = new Promise((resolve) => server.close(resolve))
      cut()
      await closed
    },
    lead: (there) => {
      to = there
    },
    count: () => taken,
    [Symbol.asyncDispose]: async () => {
      cut()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
