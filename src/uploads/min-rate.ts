/** Bounds on the rate and size of an upload, and on the rest of one that was given up. */
import type { IncomingMessage } from 'node:http'
import { Problem } from '../contract/problems.ts'
import type { UploadLimits } from './form.ts'

export const watchMinRate = (request: IncomingMessage, limits: UploadLimits, stop: (problem: Problem) => void) => {
  let received = 0
  let before = 0
  let held = false
  let draining = false

  const interval = setInterval(() => {
    // Not counted while upstream holds us back.
    if (!held && !request.isPaused() && received - before < limits.minRate.bytes) end(new Problem('timeout'))
    before = received
    held = false
  }, limits.minRate.window)
  const expire = (): void => end(request.isPaused() ? new Problem('upstream_unknown', { outcome: 'unknown' }) : new Problem('timeout'))
  let timer = setTimeout(expire, limits.deadline)
  const rest = (): void => {
    clearInterval(interval)
    clearTimeout(timer)
  }
  const end = (problem: Problem): void => {
    if (!draining) return void stop(problem)
    rest()
    // Once the answer has ended the connection, the server reads what still comes.
    if (!request.socket.writableEnded) request.destroy()
  }

  request.on('pause', () => {
    held = true
  })
  request.on('data', (chunk: Buffer) => {
    received += chunk.length
    if (received > limits.bytes) end(new Problem('too_large'))
  })
  request.once('end', rest)
  request.once('close', rest)

  return {
    /** Drains the rest under the same bounds: proxies look for an answer once all is sent. */
    drain: (): void => {
      if (request.destroyed || request.complete) {
        rest()
        return void request.resume()
      }
      draining = true
      received = before = 0
      // A request that Node cut off with the answer tells of no end; its timers must not hold the
      // process.
      interval.unref()
      clearTimeout(timer)
      timer = setTimeout(expire, limits.deadline).unref()
      request.resume()
    },
  }
}
