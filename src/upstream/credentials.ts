/** The credential of a call, added last; and the check that no answer gives a credential away. */
import { createHmac } from 'node:crypto'
import type { UpstreamApp, UpstreamKey } from '../../config/apps.ts'
import { perContent } from '../../config/secret.ts'

const base64url = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url')

/** Seconds that a token is good for. */
const lifetime = 120

interface Signed {
  iat: number
  token: string
}

/** The tokens that are still good, the newest first. */
const signed = new WeakMap<UpstreamKey, readonly Signed[]>()

/** Calls within one second bear the same token. */
const latest = perContent((_key: UpstreamKey): Signed => ({ iat: 0, token: '' }))

const sign = (key: UpstreamKey, now: number): string => {
  const iat = Math.floor(now / 1000)
  const last = latest(key)
  if (last.iat === iat) return last.token
  const token = tokenOf(key.id, key.secret.reveal(), iat)
  Object.assign(last, { iat, token })
  signed.set(key, [{ iat, token }, ...(signed.get(key) ?? []).filter((it) => it.iat > iat - lifetime)])
  return token
}

const headOf = (id: string): string => base64url({ alg: 'HS256', typ: 'JWT', kid: id })

const tokenOf = (id: string, secret: string, iat: number): string => {
  const input = `${headOf(id)}.${base64url({ scope: 'app', iat, exp: iat + lifetime })}`
  return `${input}.${createHmac('sha256', secret).update(input).digest('base64url')}`
}

const blob = ({ id, secret }: UpstreamKey): string => Buffer.from(`${id}:${secret.reveal()}`).toString('base64')

/** The header's value; undefined for a key that no header holds: an error would name it. */
export const authorization = ({ auth }: UpstreamApp, key: UpstreamKey, now = Date.now()): string | undefined => {
  const value = auth === 'basic' ? blob(key) : auth === 'jwt' ? key.secret.reveal() : sign(key, now)
  return /^[\x21-\x7e]+$/.test(value) ? `${auth === 'basic' ? 'Basic' : 'Bearer'} ${value}` : undefined
}

/** No token is passed on, nor a text as long as a signature: it opens the app for two minutes. */
const token = /\.(?<=eyJ[\w-]+\.)[\w-]|[\w+=-]{40}/

/** Whether the vendor's words hold a credential or a part of one, also spaced or broken. */
export const holdsCredential = ({ keys }: UpstreamApp, text: string): boolean => {
  const credentials = keys.flatMap((key) => [key.id, key.secret.reveal(), blob(key)])
  if (token.test(text) || credentials.some((it) => it !== '' && text.includes(it))) return true
  const letters = lettersIn(text)
  return keys.some((key) => holdsKey(letters, key) || signedTokens(key).some((it) => holdsPart(letters, lettersIn(it))))
}

/** The same of a call's id, cheap enough for each answer: in forty characters is no token. */
export const idHoldsCredential = ({ keys }: UpstreamApp, id: string): boolean =>
  token.test(id) || keys.some((key) => holdsKey(lettersIn(id), key))

/** A credential as it was sent: its secret, or the beginning of each token that it signs. */
const sentOf = perContent((key: UpstreamKey): string[] => [key.secret.reveal(), blob(key), `${headOf(key.id)}.`])

/** Whether an answer repeats a credential as it was sent, as an echo does; cheap enough for each
 * answer, of which nothing else is withheld. */
export const repeatsCredential = ({ keys }: UpstreamApp, text: string): boolean =>
  keys.some((key) => sentOf(key).some((sent) => text.includes(sent)))

const holdsKey = (letters: string, key: UpstreamKey): boolean => {
  const { id, secrets } = lettersOf(key)
  return holds(letters, id) || secrets.some((secret) => holdsPart(letters, secret))
}

const lettersOf = perContent((key: UpstreamKey) => ({
  id: lettersIn(key.id),
  secrets: [key.secret.reveal(), blob(key)].map(lettersIn),
}))

/** The tokens of one key differ in their signatures, and in the times before them. */
const signedTokens = (key: UpstreamKey): string[] => {
  const [newest = '', ...older] = (signed.get(key) ?? []).map((it) => it.token)
  return [newest, ...older.map((it) => it.slice(it.lastIndexOf('.')))]
}

/** Letters and digits alone, in one form and case. */
const lettersIn = (text: string): string =>
  text
    .normalize('NFKC')
    .replace(/[^\p{L}\p{N}]/gu, '')
    .toLowerCase()

/** Shorter parts stand in many a text by chance. */
const holds = (text: string, secret: string): boolean => secret.length >= 8 && text.includes(secret)

const part = 16

/** Any 24 characters of a secret hold one of the parts that are looked for. */
const holdsPart = (text: string, secret: string): boolean => {
  for (let at = 0; at + part <= secret.length; at += part / 2) if (text.includes(secret.slice(at, at + part))) return true
  return holds(text, secret)
}

/** Remembers per app which key the vendor took last: later calls leave a refused one alone. */
export const createKeyring = () => {
  const preferred = new Map<string, string>()
  const current = ({ appId, keys }: UpstreamApp): UpstreamKey | undefined => keys.find((key) => key.id === preferred.get(appId)) ?? keys[0]
  return {
    current,
    /** Turns to the other key, if there is one and nobody has turned already. */
    refuse: (app: UpstreamApp, refused: UpstreamKey): UpstreamKey | undefined => {
      const other = app.keys.find((key) => key.id !== refused.id)
      if (other && current(app)?.id === refused.id) preferred.set(app.appId, other.id)
      return other
    },
  }
}
