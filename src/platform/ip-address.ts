/** IP addresses: one form each, the network, and the key by which a client is counted. */
import { isIPv4, isIPv6 } from 'node:net'

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

const begins = (groups: number[], prefix: number[]): boolean => prefix.every((group, at) => groups[at] === group)

const prefixOf = (groups: number[], count: number): string => {
  const some = groups.slice(0, count).map((group) => group.toString(16))
  return `${some.join(':')}::/${count * 16}`
}

const mapped = [0, 0, 0, 0, 0, 0xffff]
const nat64 = [0x64, 0xff9b, 0, 0, 0, 0]

/** `::ffff:192.0.2.1` as 192.0.2.1: so sockets of both families report IPv4 peers. */
export const unfold = (address: string): string => {
  if (!isIPv6(address)) return address
  const plain = address.split('%')[0]!.toLowerCase()
  const groups = groupsOf(plain)
  return begins(groups, mapped) ? dotted(groups.slice(6)) : plain
}

/** The network of an address (/24, /48): enough for a pattern, too little to name a household. */
export const networkOf = (address: string): string => {
  const plain = unfold(address)
  if (isIPv4(plain)) return `${plain.slice(0, plain.lastIndexOf('.'))}.0/24`
  return isIPv6(plain) ? prefixOf(groupsOf(plain), 3) : plain
}

/** The key of one client. IPv6 by /64, all of which one household has; IPv4 behind NAT64 by its
 * IPv4 address, else a whole carrier would share a key. */
export const addressKey = (address: string): string => {
  const plain = unfold(address)
  if (!isIPv6(plain)) return plain
  const groups = groupsOf(plain)
  return begins(groups, nat64) ? dotted(groups.slice(6)) : prefixOf(groups, 4)
}

/** As the host of a URL. */
export const urlHost = (address: string): string => (address.includes(':') ? `[${address}]` : address)
