/** Issuers compared as addresses, without a last slash: a setting and the provider's own spelling
 * often differ in it. */

/** Undefined when it is no address. */
const issuerKey = (issuer: unknown): string | undefined =>
  typeof issuer === 'string' && URL.canParse(issuer) ? new URL(issuer).href.replace(/\/$/, '') : undefined

export const isSameIssuer = (one: unknown, other: unknown): boolean => {
  const key = issuerKey(one)
  return key !== undefined && key === issuerKey(other)
}
