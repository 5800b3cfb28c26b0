/** The audit console opened in a browser of its own, in front of a whole service and the stand-in, with the moves that operators make. */
import { expect } from '@jest/globals'
import { demoPage } from '../../src/dev/demo/page.ts'
import { demoSignIn } from '../../src/dev/demo/sign-in.ts'
import { loginAddress } from '../../src/sign-in/return-to.ts'
import { appId, type BffOptions, type Carried, patiently, startBff } from '../support/bff.ts'
import { axeIn } from './axe.ts'
import { type BrowserOptions, openBrowser } from './browser.ts'

export type Console = Awaited<ReturnType<typeof openConsole>>

export const openConsole = async (options: BffOptions = {}, browserOptions: BrowserOptions = {}) => {
  await using starting = new AsyncDisposableStack()
  const bff = starting.use(
    await startBff({
      ...options,
      env: { AUDIT_TICKET_URL: 'https://tickets.example.com/{ticket}', ...options.env },
      extend: ({ mint, origins }) => ({ root: demoPage('/bff'), below: demoSignIn(mint, origins, '/bff'), signIn: loginAddress('/bff') }),
    }),
  )
  const browser = starting.use(await openBrowser(bff.app.publicUrl, browserOptions))
  const running = starting.move()
  const { page } = browser
  let people = 0

  /** The page is left first: its next look at the journal would be refused, and count as a fault. */
  const signOut = async (): Promise<void> => {
    await page.goto('about:blank')
    await page.context().clearCookies()
  }
  const enter = async (mint: Parameters<typeof bff.signIn>[0]): Promise<void> => {
    const { cookie = '' } = await bff.signIn({ kind: 'cookie', ...mint })
    const [name = '', value = ''] = cookie.split(/=(.*)/s)
    await signOut()
    await page.context().addCookies([{ name, value, url: bff.app.publicUrl, httpOnly: true, sameSite: 'Strict' }])
  }
  const admin: Carried = await bff.signIn({ roles: ['admin'], actor: { id: 'ada', name: 'Ada Admin' } })

  return {
    bff,
    browser,
    page,
    admin,
    signOut,
    enter,
    enterAsAdmin: () => enter({ roles: ['admin'], actor: { id: 'ada', name: 'Ada Admin' } }),
    person: (more: Record<string, unknown> = {}) => {
      people += 1
      return bff.sandbox.createUser(appId, {
        userId: `person-${people}`,
        givenName: 'Grace',
        surname: 'Hopper',
        clients: [{ platform: 'twilio' }],
        ...more,
      })
    },
    remove: async (id: string, headers: Carried = {}): Promise<string> => {
      const more = { headers: { ...admin, 'audit-reason': 'gdpr_request', 'audit-ticket': 'OPS-4711', ...headers } }
      const answer = await patiently(() => bff.call('DELETE', `/v1.1/appusers/${id}`, more))
      return answer.headers.get('audit-operation') ?? ''
    },
    axe: () => axeIn(page),
    expectRefusals: (count: number): void => {
      const refused = browser.complaints.filter((line) =>
        /Failed to load resource: the server responded with a status of 40[134]/.test(line),
      )
      expect(refused.length).toBe(count)
      browser.complaints.splice(0, browser.complaints.length, ...browser.complaints.filter((line) => !refused.includes(line)))
    },
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  }
}
