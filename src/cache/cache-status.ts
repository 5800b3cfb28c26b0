/** Cache-Status (RFC 9211): how the cache treated a read. */

const name = 'smooch-bff'

export const status = {
  miss: `${name}; fwd=miss; fwd-status=200`,
  collapsed: `${name}; fwd=miss; fwd-status=200; collapsed`,
  /** A stale entry, since the vendor failed. */
  ifError: (failed: number) => `${name}; fwd=stale; fwd-status=${failed}; detail=stale-if-error`,
  bypass: (detail: string) => `${name}; fwd=bypass; detail=${detail}`,
}

/** A negative ttl: since when the entry is stale while it is renewed. */
export const hit = (leftMs: number): string => `${name}; hit; ttl=${Math.floor(leftMs / 1000)}`
