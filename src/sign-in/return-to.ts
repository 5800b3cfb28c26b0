/** The path after a sign-in, on our own origin; `/` if a browser could take it elsewhere. */

const maxLength = 512
const anywhere = 'http://origin.invalid'

export const returnPath = (wanted: string | undefined, basePath: string): string => {
  if (wanted === undefined || wanted.length > maxLength) return '/'
  // One slash, then anything printable but a backslash, which browsers read as a slash.
  if (!/^\/(?!\/)[!-[\]-~]*$/.test(wanted) || !URL.canParse(wanted, anywhere)) return '/'
  const { origin, pathname, search, hash } = new URL(wanted, anywhere)
  // Dot segments may have uncovered a second slash.
  if (origin !== anywhere || pathname.startsWith('//')) return '/'
  // Back to signing in would never end.
  return pathname.startsWith(`${basePath}/auth/`) ? '/' : `${pathname}${search}${hash}`
}

interface Login {
  readonly returnTo: string
  readonly provider?: string | undefined
  /** A further sign-in of a person who is signed in. */
  readonly stepUp?: boolean
  /** A sign-in that the provider does not settle by whom it knows already. */
  readonly somebodyElse?: boolean
}

/** The address of a sign-in that comes back to where the browser was. */
export const loginAddress =
  (basePath: string) =>
  ({ returnTo, provider, stepUp = false, somebodyElse = false }: Login): string =>
    `${basePath}/auth/login?${new URLSearchParams({ ...(provider !== undefined && { provider }), ...(stepUp && { stepUp: '1' }), ...(somebodyElse && { somebodyElse: '1' }), returnTo })}`
