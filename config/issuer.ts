/** Issuers compared without a last slash, in which a setting and the provider often differ. */

/** Undefined when it is no address. */
const issuerKey = (issuer: unknown): string | undefined =>
  typeof issuer === 'string' && URL.canParse(issuer) ? new URL(issuer).href.replace(/\/$/, '') : undefined

export const isSameIssuer = (one: unknown, other: unknown): boolean => {
  const key = issuerKey(one)
  return key !== undefined && key === issuerKey(other)
}
