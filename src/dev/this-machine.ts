/** Requests from this machine itself, which alone the demo and the stand-in serve. A proxy here
 * would open them to others, and a browser here to a page whose name leads to this machine. */
import type { IncomingMessage } from 'node:http'
import type { RequestHandler } from 'express'
import { isLoopback } from '../../config/secure-address.ts'
import { Problem } from '../contract/problems.ts'
import { unfold, urlHost } from '../platform/ip-address.ts'

/** Headers that proxies and tunnels add. */
const added = /^(?:forwarded|via|x-real-ip|x-client-ip|true-client-ip)$|^(?:x-forwarded|x-original|cf|ngrok|x-envoy|tailscale)-./

export const isOfThisMachine = ({ headers, socket }: IncomingMessage): boolean => {
  const peer = urlHost(unfold(socket.remoteAddress ?? ''))
  const host = URL.parse(`http://${headers.host ?? ''}`)
  return isLoopback(`http://${peer}`) && host !== null && isLoopback(host) && !Object.keys(headers).some((name) => added.test(name))
}

export const onlyThisMachine: RequestHandler = function onlyThisMachine(req, _res, next) {
  next(isOfThisMachine(req) ? undefined : new Problem('not_found', { detail: 'The demo answers this machine alone, and no proxy on it.' }))
}

/** True when every origin of the demo is on this machine. */
export const areOfThisMachine = (origins: readonly string[]): boolean => origins.every(isLoopback)
