/** WebKit rejects a fetch that its caller ended with an AbortError of its own, and React Native's signals know no reason: the caller who gave one did not hear it, or heard `undefined`. React Native's FormData has no `set`, so that an upload failed before it was sent. */
import { afterEach, expect, jest, test } from '@jest/globals'
import { createClient } from '../../../src/contract/client.ts'

afterEach(() => void jest.restoreAllMocks())

/** Never answers; rejects as WebKit does. */
const asWebKit = (_address: unknown, { signal }: RequestInit = {}): Promise<Response> =>
  new Promise((_resolve, reject) => signal?.addEventListener('abort', () => reject(new DOMException('Fetch is aborted', 'AbortError'))))

test("who ends a call hears the own reason where the engine's fetch does not tell it", async () => {
  const client = createClient({ base: '/bff', fetch: asWebKit as typeof fetch, token: 't' })
  const controller = new AbortController()
  const call = client.get_app_user({ userId: 'me' }, { signal: controller.signal })
  controller.abort(new Error('left the page'))
  await expect(call).rejects.toThrow('left the page')
})

const busy = async () => new Response('{"error":{"code":"overloaded"}}', { status: 503, headers: { 'Retry-After': '9' } })

test.each([
  ['a call', asWebKit, 'AbortError'],
  ['the wait before a repeat', busy, 'ClientError'],
])('a signal that knows no reason ends %s with an error', async (_what, send, name) => {
  const { promise: asked, resolve } = Promise.withResolvers<void>()
  const controller = new AbortController()
  const { signal } = controller
  Object.defineProperty(signal, 'reason', { value: undefined })
  Object.defineProperty(signal, 'throwIfAborted', { value: undefined })
  const heard = (address: unknown, options?: RequestInit) => {
    setImmediate(resolve)
    return send(address, options)
  }
  const client = createClient({ base: '/bff', fetch: heard as typeof fetch, token: 't' })
  const call = client.get_app_user({ userId: 'me' }, { signal })
  await asked
  controller.abort()
  await expect(call).rejects.toMatchObject({ name })
})

test('an upload is made of a FormData that can only append', async () => {
  jest.spyOn(FormData.prototype, 'set').mockImplementation(() => {
    throw new TypeError('form.set is not a function')
  })
  let form: FormData | undefined
  const send = async (_address: unknown, { body }: RequestInit = {}) => {
    form = body as FormData
    return new Response('{"message":{"_id":"m"}}', { status: 201 })
  }
  const client = createClient({ base: '/bff', fetch: send as typeof fetch, token: 't' })
  await client.post_image_message({ userId: 'me', role: 'appUser', source: new Blob(['x']) })
  expect([...form!.keys()]).toEqual(['role', 'source'])
})
