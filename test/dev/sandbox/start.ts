/** Starts a stand-in for a test, with a caller that speaks to it as a client would. */
import { createHmac } from 'node:crypto'
import type { ShownUser } from '../../../src/dev/sandbox/people.ts'
import { defaultApp, type Sandbox, type SandboxOptions, startSandbox } from '../../../src/dev/sandbox/sandbox.ts'
import type { Webhook } from '../../../src/dev/sandbox/webhooks.ts'

export const appId = defaultApp.appId
export const { id: keyId, secret: keySecret } = defaultApp.keys[0]!
export const basic = (id = keyId, secret = keySecret) => `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}`

const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')

export function jwt(claims: object, { kid = keyId, secret = keySecret, alg = 'HS256' } = {}): string {
  const signed = `${encode({ typ: 'JWT', alg, kid })}.${encode(claims)}`
  return `Bearer ${signed}.${createHmac('sha256', secret).update(signed).digest('base64url')}`
}

/** Whatever an answer may hold; a test knows which it asked for. */
interface AnswerBody {
  appUser: ShownUser
  error: { code: string; description: string }
  message: { _id: string; authorId: string }
  conversation: { _id: string }
  authCode: string
  linkRequests: { code: string; url: string }[]
  webhook: Webhook
}

interface Answer {
  status: number
  headers: Headers
  text: string
  body: AnswerBody
}

/** `path` below the app, or from the root of the stand-in when it begins with `/v1.1`. */
export type Ask = (method: string, path: string, body?: unknown, headers?: Record<string, string>) => Promise<Answer>

export const askOf =
  (sandbox: Sandbox, app = appId): Ask =>
  async (method, path, body, headers = {}) => {
    const url = path.startsWith('/v1.1') ? sandbox.url + path : `${sandbox.url}/v1.1/apps/${app}${path}`
    const isForm = body instanceof FormData
    const answer = await fetch(url, {
      method,
      redirect: 'manual',
      headers: {
        authorization: basic(),
        connection: 'close',
        ...(body !== undefined && !isForm && { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body !== undefined && { body: isForm || typeof body === 'string' ? body : JSON.stringify(body) }),
    })
    const text = await answer.text()
    const isJson = text !== '' && answer.headers.get('content-type')?.startsWith('application/json')
    return { status: answer.status, headers: answer.headers, text, body: isJson ? JSON.parse(text) : undefined }
  }

export async function start(options?: SandboxOptions) {
  const sandbox = await startSandbox(options)
  return { sandbox, ask: askOf(sandbox), [Symbol.asyncDispose]: () => sandbox.close() }
}
