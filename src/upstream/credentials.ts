/** Our credential joins here, at the last moment; and the list of what must never come back to a caller. */
import { createHmac } from 'node:crypto'
import type { UpstreamApp, UpstreamKey } from '../../config/apps.ts'

const base64url = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url')

/** Calls within one second bear the same token. */
const latest = new WeakMap<UpstreamKey, { iat: number; secret: string; token: string }>()

const sign = (key: UpstreamKey, now: number): string => {
  const iat = Math.floor(now / 1000)
  const secret = key.secret.reveal()
  const known = latest.get(key)
  if (known?.iat === iat && known.secret === secret) return known.token
  const token = tokenOf(key.id, secret, iat)
  latest.set(key, { iat, secret, token })
  return token
}

const tokenOf = (id: string, secret: string, iat: number): string => {
  const input = `${base64url({ alg: 'HS256', typ: 'JWT', kid: id })}.${base64url({ scope: 'app', iat, exp: iat + 120 })}`
  return `${input}.${createHmac('sha256', secret).update(input).digest('base64url')}`
}

const blob = ({ id, secret }: UpstreamKey): string => Buffer.from(`${id}:${secret.reveal()}`).toString('base64')

/** The header's value, or undefined when the key cannot stand in a header: a library would name the value in its error. */
export const authorization = ({ auth }: UpstreamApp, key: UpstreamKey, now = Date.now()): string | undefined => {
  const value = auth === 'basic' ? blob(key) : auth === 'jwt' ? key.secret.reveal() : sign(key, now)
  return /^[\x21-\x7e]+$/.test(value) ? `${auth === 'basic' ? 'Basic' : 'Bearer'} ${value}` : undefined
}

/** What we sign for a single call opens the whole app for two minutes, so no token at all is passed on, nor what is as long as a signature. */
const token = /\.(?<=eyJ[\w-]+\.)[\w-]|[\w+=-]{40}/

/** Whether the vendor's words hold any credential of the app. */
export const holdsCredential = ({ keys }: UpstreamApp, text: string): boolean =>
  token.test(text) || keys.some((key) => [key.id, key.secret.reveal(), blob(key)].some((it) => it !== '' && text.includes(it)))

/** Remembers per app which key the vendor took last, so that a refused one is left alone by later calls. */
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
