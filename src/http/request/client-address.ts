/** The address of the client: that of the peer, or what a configured proxy says. */
import type { IncomingMessage } from 'node:http'
import { BlockList, isIP, isIPv4 } from 'node:net'
import { unfold } from '../../platform/ip-address.ts'
import { withoutBlanks } from './whitespace.ts'

/** On the request itself: a WeakMap of requests is dear to the garbage collector. */
const settled = Symbol('client address')
type Settled = IncomingMessage & { [settled]?: string }

/** Peers that may speak for their clients. Throws unless each is an address or a CIDR block. */
export const trustedPeers = (cidrs: readonly string[]): ((address: string) => boolean) => {
  const list = new BlockList()
  for (const cidr of cidrs) {
    const [address = '', bits, ...rest] = cidr.split('/')
    const max = isIPv4(address) ? 32 : 128
    const length = bits === undefined ? max : Number(bits)
    if (!isIP(address) || rest.length > 0 || bits === '' || !Number.isInteger(length) || length < 0 || length > max) {
      throw new Error(`not an IP address or CIDR block: ${cidr}`)
    }
    list.addSubnet(address, length, max === 32 ? 'ipv4' : 'ipv6')
  }
  return (address) => isIP(address) !== 0 && list.check(address, isIPv4(address) ? 'ipv4' : 'ipv6')
}

/** The port removed: some proxies add it. */
const withoutPort = (hop: string): string => /^\[([^\]]+)\](?::\d+)?$/.exec(hop)?.[1] ?? /^([\d.]+):\d+$/.exec(hop)?.[1] ?? hop

/** Each trusted hop vouches for the one to its left; the first that is not trusted is the client.
 * What is not an address vouches for nothing. */
const furthestBelievable = (peer: string, forwarded: string, trusted: (address: string) => boolean): string => {
  let client = peer
  for (const hop of forwarded.split(',').reverse()) {
    const address = withoutPort(withoutBlanks(hop))
    if (!trusted(client) || !isIP(address)) break
    client = unfold(address)
  }
  return client
}

/** The address at the other end of the connection; `local` on a unix socket. */
export const peerAddress = (req: IncomingMessage): string => unfold(req.socket.remoteAddress ?? 'local')

/** Sets, once per request, what `clientAddress` returns. */
export const settleClientAddress = (req: IncomingMessage, trusted: (address: string) => boolean): void => {
  const forwarded = req.headers['x-forwarded-for']
  const peer = peerAddress(req)
  const request: Settled = req
  request[settled] = typeof forwarded === 'string' ? furthestBelievable(peer, forwarded, trusted) : peer
}

/** The client's address: what admission settled, else the peer's. */
export const clientAddress = (req: IncomingMessage): string => (req as Settled)[settled] ?? peerAddress(req)
