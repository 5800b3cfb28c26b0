/** The demo page opened in a browser of its own, in front of a whole service and the stand-in, with the moves a visitor makes. */
import { mkdirSync } from 'node:fs'
import { expect } from '@jest/globals'
import { Router } from 'express'
import { demoFaults } from '../../src/dev/demo/faults.ts'
import { demoPage } from '../../src/dev/demo/page.ts'
import { appUsers, people } from '../../src/dev/demo/people.ts'
import { demoSignIn } from '../../src/dev/demo/sign-in.ts'
import { type Bff, startBff } from '../support/bff.ts'
import { type BrowserOptions, openBrowser } from './browser.ts'

const artifacts = new URL('../../test-artifacts/', import.meta.url).pathname

export const mina = people.customer.userId
export const integration = '5f3c0c2e9d1b4a0012345678'

export type Demo = Awaited<ReturnType<typeof openDemo>>

export const openDemo = async (browserOptions: BrowserOptions = {}) => {
  mkdirSync(artifacts, { recursive: true })
  await using starting = new AsyncDisposableStack()
  const bff: Bff = starting.use(
    await startBff({
      env: { SELF_PROPERTIES: 'language' },
      // The stand-in starts anew for each test, behind the back of any copy.
      cacheTimes: { freshMs: 1, revalidateMs: 1, ifErrorMs: 1, noneMs: 1 },
      sandbox: { people: appUsers },
      extend: ({ mint, origins }) => ({
        root: demoPage('/bff', integration, ['test', 'gdpr_request']),
        below: Router().use(
          demoSignIn(mint, origins, '/bff'),
          demoFaults(() => bff.sandbox, origins),
        ),
      }),
    }),
  )
  const browser = starting.use(await openBrowser(bff.app.publicUrl, browserOptions))
  const running = starting.move()
  const { page, complaints } = browser

  const press = (name: string) => page.getByRole('button', { name, exact: true }).click()
  const seen = (text: string) => page.getByText(text).first().waitFor()
  const card = (name: string) => page.getByRole('region', { name, exact: true })
  const dialog = () => page.getByRole('dialog')

  return {
    bff,
    browser,
    page,
    press,
    seen,
    card,
    dialog,
    /** Says why, where that is asked. */
    agree: async (name: string) => {
      const reason = dialog().getByLabel('Reason')
      if (await reason.isVisible()) {
        await reason.selectOption('test')
        await dialog().getByLabel('Ticket').fill('OPS-4711')
        await dialog().getByLabel('Note').fill('seen twice, é')
      }
      await dialog().getByRole('button', { name, exact: true }).click()
    },
    /** What the browser was sent since the last look at it. */
    bodies: async () => {
      await browser.settled()
      return browser.bodies.splice(0)
    },
    /** Everybody as at the start, and nobody signed in. */
    restart: async () => {
      bff.sandbox.reset()
      await page.context().clearCookies()
      await page.goto('/')
      await card('Who would you like to be?').waitFor()
    },
    /** Until the page is at rest: the focus is then on the first heading. */
    signIn: async (person: keyof typeof people) => {
      await press(`Sign in as ${person}`)
      await page.getByText(people[person].actor.name, { exact: true }).waitFor()
      await page.locator(person === 'customer' ? '#person-title:focus' : '#lookup-title:focus').waitFor()
    },
    signOut: async () => {
      await press('Sign out')
      await seen('You have signed out.')
    },
    lookUp: async (id: string) => {
      await page.getByLabel('userId or _id').fill(id)
      await press('Look up')
      await seen('Found; shown below.')
    },
    /** Whether a text stands anywhere in the page, shown or not. */
    pageHolds: async (text: string) => (await page.content()).includes(text),
    picture: (name: string, fullPage = true) => page.screenshot({ path: `${artifacts}demo-${name}.png`, fullPage }),
    /** What the stand-in was asked last for an operation, and that it was done. */
    last: (operation: string) => {
      const found = bff.sandbox.requests.findLast((it) => it.operation === operation)
      expect(found).toMatchObject({ operation, applied: true, state: 'completed' })
      return found!
    },
    /** A refused call is a line in the browser's console; each must be expected. */
    expectRefusals: (count: number) => {
      const refused = complaints.filter((line) => /Failed to load resource: the server responded with a status of 40[14]/.test(line))
      expect(refused.length).toBe(count)
      complaints.splice(0, complaints.length, ...complaints.filter((line) => !refused.includes(line)))
    },
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  }
}
