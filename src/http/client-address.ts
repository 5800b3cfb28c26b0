/** Who is at the other end: the peer's address, or what a configured proxy says about it, and the key under which one client counts. */
import type { IncomingMessage } from 'node:http'
import { BlockList, isIP, isIPv4, isIPv6 } from 'node:net'
import { withoutBlanks } from './whitespace.ts'

/** On the request itself: a WeakMap whose keys live as short as requests is dear to the garbage collector. */
const settled = Symbol('client address')
type Settled = IncomingMessage & { [settled]?: string }

/** The eight 16-bit groups of an IPv6 address, however it is written. */
const groupsOf = (address: string): number[] => {
  const hex = address.replace(/(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/, (_all, a, b, c, d) => {
    return `${((Number(a) << 8) | Number(b)).toString(16)}:${((Number(c) << 8) | Number(d)).toString(16)}`
  })
  const [left = [], right = []] = hex
    .split('::')
    .map((half) => half.split(':').flatMap((group) => (group ? [Number.parseInt(group, 16)] : [])))
  return [...left, ...Array<number>(8 - left.length - right.length).fill(0), ...right]
}

const dotted = ([high = 0, low = 0]: number[]): string => [high >> 8, high & 255, low >> 8, low & 255].join('.')

/** Whether the first groups are these. */
const begins = (groups: number[], prefix: number[]): boolean => prefix.every((group, at) => groups[at] === group)

const mapped = [0, 0, 0, 0, 0, 0xffff]
const nat64 = [0x64, 0xff9b, 0, 0, 0, 0]

/** `::ffff:192.0.2.1` is 192.0.2.1: a socket that listens on both families reports IPv4 peers that way. */
const unfold = (address: string): string => {
  if (!isIPv6(address)) return address
  const plain = address.split('%')[0]!.toLowerCase()
  const groups = groupsOf(plain)
  return begins(groups, mapped) ? dotted(groups.slice(6)) : plain
}

/** Peers that may speak for their clients. Throws on what is neither an address nor a CIDR block. */
export const trustedPeers = (cidrs: readonly string[]): ((address: string) => boolean) => {
  const list = new BlockList()
  for (const cidr of cidrs) {
    const [address = '', bits, ...rest] = cidr.split('/')
    const most = isIPv4(address) ? 32 : 128
    const length = bits === undefined ? most : Number(bits)
    if (!isIP(address) || rest.length > 0 || bits === '' || !Number.isInteger(length) || length < 0 || length > most) {
      throw new Error(`Not an address or CIDR block: ${cidr}`)
    }
    list.addSubnet(address, length, most === 32 ? 'ipv4' : 'ipv6')
  }
  return (address) => isIP(address) !== 0 && list.check(address, isIPv4(address) ? 'ipv4' : 'ipv6')
}

/** Proxies differ in whether they add the port. */
const withoutPort = (hop: string): string => /^\[([^\]]+)\](?::\d+)?$/.exec(hop)?.[1] ?? /^([\d.]+):\d+$/.exec(hop)?.[1] ?? hop

/** Each trusted hop vouches for the one to its left; the first that is not trusted is the client. What is not an address vouches for nothing. */
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

/** Settles, once per request, whom `clientAddress` tells. */
export const settleClientAddress = (req: IncomingMessage, trusted: (address: string) => boolean): void => {
  const forwarded = req.headers['x-forwarded-for']
  const peer = peerAddress(req)
  const request: Settled = req
  request[settled] = typeof forwarded === 'string' ? furthestBelievable(peer, forwarded, trusted) : peer
}

/** The client's address: what admission settled, else the peer's. */
export const clientAddress = (req: IncomingMessage): string => (req as Settled)[settled] ?? peerAddress(req)

/** One client, one key: IPv6 by /64, since a single household owns that many; IPv4 behind NAT64 by its own address, else a whole carrier would share one. */
export const addressKey = (address: string): string => {
  const plain = unfold(address)
  if (!isIPv6(plain)) return plain
  const groups = groupsOf(plain)
  if (begins(groups, nat64)) return dotted(groups.slice(6))
  return `${groups
    .slice(0, 4)
    .map((group) => group.toString(16))
    .join(':')}::/64`
}
