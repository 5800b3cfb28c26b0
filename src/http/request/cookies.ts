/** The one reader of the Cookie header. Strict: blanks around a pair, exact names, no decoding. */
import { faultIn } from '../../contract/field-faults.ts'
import { withoutBlanks } from './whitespace.ts'

/** The cookies that this service sets. */
export interface OwnCookies {
  readonly session: string
  /** Each sign-in under way has one, whose name begins like this. */
  readonly signInPrefix: string
}

/** With the way in which they are set. */
export interface CookieNames extends OwnCookies {
  readonly secure: boolean
}

/** Without https browsers would drop a Secure cookie with the __Host- prefix. Services on one host
 * name share its cookies, whatever their ports, so each needs a word of its own. */
export const cookieNames = (secure: boolean, word = 'bff'): CookieNames =>
  secure
    ? { secure, session: `__Host-Http-${word}`, signInPrefix: `__Host-${word}-tx-` }
    : { secure, session: `${word}-dev`, signInPrefix: `${word}-dev-tx-` }

/** Pairs in their order. A pair without `=` has no name, as RFC 6265bis reads it. */
export const cookiesIn = (header: string | undefined): [name: string, value: string][] =>
  (header?.split(';') ?? []).map((part) => {
    const pair = withoutBlanks(part)
    const at = pair.indexOf('=')
    return at < 0 ? ['', pair] : [pair.slice(0, at), pair.slice(at + 1)]
  })

/** Browsers keep a sibling domain from setting `__Host-…`, but not a name that only some reader
 * takes for it. Throws `bad_request`. */
export const checkOwnCookies = (header: string | undefined, own: OwnCookies): void => {
  const seen = new Set<string>()
  for (const [name, value] of cookiesIn(header)) {
    if (name === own.session || (name.startsWith(own.signInPrefix) && !unfit.test(name))) {
      if (seen.has(name))
        throw faultIn('header', ['cookie'], 'holds a cookie of this service twice', { detail: 'A cookie of this service may appear once.' })
      seen.add(name)
    } else if (resembles(`${name}=${value}`, own))
      throw faultIn('header', ['cookie'], 'holds a cookie with almost the name of one of this service', {
        detail: 'A cookie has almost the name of one of this service, so another site may have set it: delete the cookies of this site.',
      })
  }
}

/** Characters that no cookie name holds. */
const unfit = /[^!-~]/
const unfitAll = /[^!-~]+/g
const encoded = /%([0-9a-f]{2})/gi

/** As the most lenient reader would see it: decoded, in one case, without odd bytes or quotes. */
const resembles = (pair: string, { session, signInPrefix }: OwnCookies): boolean => {
  const plain = pair
    .replace(encoded, (_, code: string) => String.fromCharCode(Number.parseInt(code, 16)))
    .replace(unfitAll, '')
    .replace(/^[="]+/, '')
    .toLowerCase()
  const named = plain.slice(session.length).replace(/^"/, '')
  return plain.startsWith(signInPrefix.toLowerCase()) || (plain.startsWith(session.toLowerCase()) && (named === '' || named[0] === '='))
}
