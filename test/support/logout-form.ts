/** The form by which a page is left, as a browser sends it. Node's own fetch says that it is no navigation, so this is by bytes. */
import { ask } from '../security/requests.ts'
import type { Bff, Carried } from './bff.ts'
import type { RawAnswer } from './raw.ts'

export const navigation = { 'Sec-Fetch-Site': 'same-origin', 'Sec-Fetch-Mode': 'navigate', 'Sec-Fetch-Dest': 'document' }

/** Of what a session carries, a form brings the cookie alone. */
export const leave = (bff: Bff, { cookie = '' }: Carried, headers: Carried = navigation, method = 'POST', body = ''): Promise<RawAnswer> =>
  ask(bff, {
    method,
    path: '/auth/logout',
    headers: { Cookie: cookie, 'Content-Type': 'application/x-www-form-urlencoded', Connection: 'close', ...headers },
    lines: [`Host: ${new URL(bff.app.origins[0]!).host}`, `Content-Length: ${Buffer.byteLength(body)}`],
    body,
  })
