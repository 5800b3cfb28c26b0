/** Bounds on the rate and size of an upload, and on the rest of one that was given up. */
import type { IncomingMessage } from 'node:http'
import { Problem } from '../contract/problems.ts'
import type { UploadLimits } from './form.ts'

/** Milliseconds for the rest of an upload that nobody reads any more. */
const lingering = 10_000

export const watchMinRate = (request: IncomingMessage, limits: UploadLimits, stop: (problem: Problem) => void) => {
  let received = 0
  let before = 0
  let held = false
  let draining = false

  const check = (): void => {
    // Not counted while upstream holds us back.
    if (!held && !request.isPaused() && received - before < limits.minRate.bytes) stop(new Problem('timeout'))
    before = received
    held = false
  }
  const expire = (): void => stop(request.isPaused() ? new Problem('upstream_unknown', { outcome: 'unknown' }) : new Problem('timeout'))

  const interval = setInterval(check, limits.minRate.window)
  let timer = setTimeout(expire, limits.deadline)
  const rest = (): void => {
    clearInterval(interval)
    clearTimeout(timer)
  }

  request.on('pause', () => {
    held = true
  })
  request.on('data', (chunk: Buffer) => {
    received += chunk.length
    if (received <= limits.bytes) return
    if (draining) request.destroy()
    else stop(new Problem('too_large'))
  })
  request.once('end', rest)
  request.once('close', rest)

  return {
    /** Drains the rest, up to the same size and for a short time; then the connection is closed. */
    drain: (): void => {
      rest()
      if (request.destroyed || request.complete) return void request.resume()
      draining = true
      received = 0
      // A request that Node cut off with the answer tells of no end; its timer must not hold the
      // process.
      timer = setTimeout(() => request.destroy(), lingering).unref()
      request.resume()
    },
  }
}
