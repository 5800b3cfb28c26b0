/** The reference in a real browser, in front of a whole service and the stand-in: reading, searching, copying, trying. */
import { mkdirSync } from 'node:fs'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals'
import { demoPage } from '../../src/dev/demo/page.ts'
import { appUsers, people } from '../../src/dev/demo/people.ts'
import { demoSignIn } from '../../src/dev/demo/sign-in.ts'
import { loginAddress } from '../../src/sign-in/return-to.ts'
import { appId, type Bff, png, startBff } from '../support/bff.ts'
import { axeIn } from './axe.ts'
import { type Browser, chromiumInstalled, openBrowser } from './browser.ts'

const artifacts = new URL('../../test-artifacts/', import.meta.url).pathname
const mina = people.customer.userId

const withBrowser = chromiumInstalled() ? describe : describe.skip
withBrowser('the reference', () => {
  let bff: Bff
  let browser: Browser
  beforeAll(async () => {
    mkdirSync(artifacts, { recursive: true })
    bff = await startBff({
      env: { SELF_PROPERTIES: 'language' },
      sandbox: { people: appUsers },
      extend: ({ mint, origins }) => ({ root: demoPage('/bff'), below: demoSignIn(mint, origins, '/bff'), signIn: loginAddress('/bff') }),
    })
    browser = await openBrowser(bff.app.publicUrl, { clipboard: true })
  })
  afterAll(async () => {
    await browser[Symbol.asyncDispose]()
    await bff[Symbol.asyncDispose]()
  })
  beforeEach(async () => {
    await browser.page.setViewportSize({ width: 1440, height: 900 })
    await browser.page.context().clearCookies()
  })
  afterEach(() => {
    expect(browser.complaints.splice(0)).toEqual([])
  })

  /** Until the script has told who is signed in. */
  const open = async (hash = '') => {
    await browser.page.goto('about:blank')
    await browser.page.goto(`/bff/docs${hash}`)
    await browser.page.locator('#who:not(:empty)').waitFor()
  }
  const article = (id: string) => browser.page.locator(`article[id="${id}"]`)
  const signIn = async (person: keyof typeof people) => {
    await browser.page.getByRole('link', { name: 'Sign in to try' }).click()
    await browser.page.getByRole('button', { name: people[person].actor.name }).click()
    await browser.page.getByText(`Signed in as ${people[person].actor.name}`).waitFor()
  }
  /** Opened by somebody who has signed in before: the page is large. */
  const openAs = async (person: keyof typeof people) => {
    const { actor, roles, ...more } = people[person]
    const { cookie = '' } = await bff.signIn({ kind: 'cookie', actor, roles: [...roles], ...more })
    const [name = '', value = ''] = cookie.split(/=(.*)/s)
    await browser.page.context().addCookies([{ name, value, url: bff.app.publicUrl, httpOnly: true, sameSite: 'Strict' }])
    await open()
    await browser.page.getByText(`Signed in as ${actor.name}`).waitFor()
  }
  /** Opens the form of an operation. */
  const form = async (id: string) => {
    await article(id).getByText(`Try ${id}`).click()
    return article(id).locator('form')
  }

  test.each([
    ['a wide window', 1440, 900],
    ['a wide window at 200 %', 720, 450],
    ['a phone', 390, 844],
  ])('has no fault that axe finds, in light and in dark, and does not scroll sideways: %s', async (name, width, height) => {
    await browser.page.setViewportSize({ width, height })
    await open()
    // All of it once; what depends on the width shows in two operations. axe goes through hidden ones, too.
    if (width < 1000) {
      await browser.page.getByRole('searchbox').fill('signedUpAt avatarUrl')
      await browser.page.getByText(/^\d of \d+$/).waitFor()
      await browser.page.locator('article').evaluateAll((all) => {
        for (const it of all) if (!it.checkVisibility()) it.remove()
      })
    }
    await form('update_app_user')
    await article('update_app_user').getByText('Errors of update_app_user').click()
    expect(await axeIn(browser.page)).toEqual([])
    expect(await browser.page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(width)
    await article('update_app_user').scrollIntoViewIfNeeded()
    await browser.page.screenshot({ path: `${artifacts}reference-${name.replaceAll(/\W+/g, '-')}.png` })
  })

  test('finds an operation by a field, an error or a path, and shows all again', async () => {
    const { page } = browser
    await open()
    await page.keyboard.press('/')
    expect(await page.locator(':focus').getAttribute('name')).toBe('q')
    await page.keyboard.type('integrationIds linkrequest')
    const shown = page.locator('article:visible')
    await page.getByText(/^1 of \d+$/).waitFor()
    expect(await shown.evaluateAll((all) => all.map(({ id }) => id))).toEqual(['get_link_requests'])
    expect(await page.getByRole('navigation').getByRole('link').allTextContents()).toEqual([
      'AppUser',
      'get_link_requests GET',
      'openapi.json',
    ])
    await page.getByRole('searchbox').fill('channel_not_linked')
    expect(await shown.evaluateAll((all) => all.map(({ id }) => id))).toContain('unlink_app_user')
    await page.getByRole('searchbox').fill('zzzz')
    await page.getByText(/^0 of \d+$/).waitFor()
    await page.evaluate(() => {
      location.hash = '#merge_users'
    })
    await article('merge_users').waitFor()
    expect(await shown.count()).toBeGreaterThan(30)
  })

  test('shows samples in the language that is chosen, for all operations at once, and copies them with this address', async () => {
    const { page } = browser
    await open()
    for (const [language, sign] of [
      ['Python (requests)', 'requests.put('],
      ['Swift', 'URLRequest('],
      ['curl', `curl '${bff.app.publicUrl}/bff/v1.1/appusers/me'`],
    ] as const) {
      await page.getByLabel('Samples in').selectOption(language)
      const samples = article('update_app_user').locator('.samples figure:visible')
      expect(await samples.count()).toBe(1)
      await samples.getByRole('button').click()
      await samples.getByText('Copied').waitFor()
      expect(await page.evaluate(() => navigator.clipboard.readText())).toContain(sign)
    }
    expect(
      await page
        .locator('.samples figure:visible figcaption')
        .evaluateAll((all) => new Set(all.map((it) => it.firstChild?.textContent)).size),
    ).toBe(1)
  })

  test('tries a call as the person who signs in from there, and comes back', async () => {
    await open()
    await signIn('customer')
    const change = await form('update_app_user')
    await change.getByLabel('Body').fill('{"givenName":"Mia"}')
    await change.getByRole('button').click()
    // The box that says so is not ticked.
    expect(await change.locator('output').textContent()).toBe('')
    await change.getByRole('checkbox').check()
    await change.getByRole('button').click()
    await change.getByText(/^200 in \d+ ms, request req_/).waitFor()
    expect(await change.locator('pre').textContent()).toContain('"givenName": "Mia"')
    expect(bff.sandbox.user(appId, mina)).toMatchObject({ givenName: 'Mia' })

    const picture = await form('post_image_message')
    await picture.getByLabel('source').setInputFiles({ name: 'dot.png', mimeType: 'image/png', buffer: png })
    await picture.getByRole('checkbox').check()
    await picture.getByRole('button', { name: 'Send' }).click()
    await picture.getByText(/^201 in/).waitFor()
  })

  test('shows a refusal as the page of a customer would get it', async () => {
    await openAs('customer')
    const merge = await form('merge_users')
    await merge.getByRole('checkbox').check()
    await merge.getByRole('button').click()
    await merge.getByText(/^403 in/).waitFor()
    expect(await merge.locator('pre').textContent()).toContain('"forbidden"')
    const dots = await form('get_app_user')
    await dots.getByLabel('userId').fill('..')
    await dots.getByRole('button').click()
    expect(await dots.locator('output').textContent()).toBe('')
    const broken = await form('update_app_user')
    await broken.getByLabel('Body').fill('{"givenName"')
    await broken.getByRole('checkbox').check()
    await broken.getByRole('button').click()
    await broken.getByText(/^The body is not JSON/).waitFor()
    expect(browser.complaints.splice(0)).toEqual([expect.stringContaining('403')])
  })

  test('says what is wrong with a call that cannot be sent, and that no answer came only when none came', async () => {
    await openAs('admin')
    const erase = await form('delete_app_user')
    await erase.getByLabel('userId').fill('nobody-here')
    await erase.getByLabel('Audit-Ticket').fill('№ 7')
    await erase.getByRole('checkbox').check()
    await erase.getByRole('button').click()
    await erase.getByText(/^Audit-Ticket takes ASCII/).waitFor()

    const picture = await form('post_image_message')
    await picture.getByLabel('source').setInputFiles({ name: 'dot.png', mimeType: 'image/png', buffer: png })
    await picture.getByRole('checkbox').check()
    for (const body of ['null', '7', '["role"]']) {
      await picture.getByLabel('Fields of the form').fill('')
      await picture.getByRole('button', { name: 'Send' }).click()
      await picture.getByText(/^The body is not JSON/).waitFor()
      await picture.getByLabel('Fields of the form').fill(body)
      await picture.getByRole('button', { name: 'Send' }).click()
      await picture.getByText(/^The fields of a form are one JSON object/).waitFor()
    }

    const read = await form('get_app_user')
    await read.getByLabel('userId').fill('nobody-here')
    await browser.page.route('**/v1.1/appusers/nobody-here', (route) => route.abort('connectionrefused'))
    await read.getByRole('button').click()
    await read.getByText(/^No answer came\.$/).waitFor()
    await browser.page.unroute('**/v1.1/appusers/nobody-here')
    await read.getByRole('button').click()
    await read.getByText(/^404 in/).waitFor()
    browser.complaints.splice(0)
  })

  test('tells the journal why, with any letters in the note', async () => {
    await openAs('admin')
    bff.sandbox.createUser(appId, { userId: 'to-clear', givenName: 'Gone' })
    const erase = await form('delete_app_user_profile')
    await erase.getByLabel('userId').fill('to-clear')
    await erase.getByLabel('Audit-Reason').fill('test')
    await erase.getByLabel('Audit-Note').fill('asked by phone, é')
    await erase.getByRole('checkbox').check()
    await erase.getByRole('button').click()
    await erase.getByText(/^200 in/).waitFor()
    expect(bff.sandbox.user(appId, 'to-clear')?.givenName).toBeUndefined()
  })

  test('can be worked by keyboard: the content is one key away, and a form opens and is sent', async () => {
    const { page } = browser
    await open()
    await page.keyboard.press('Tab')
    expect(await page.locator(':focus').textContent()).toBe('Skip to the content')
    await page.keyboard.press('Enter')
    expect(await page.evaluate(() => document.activeElement?.id)).toBe('main')
    await article('show_session').locator('.try > summary').focus()
    await page.keyboard.press('Enter')
    await page.keyboard.press('Tab')
    await page.keyboard.press('Enter')
    await article('show_session')
      .getByText(/^200 in/)
      .waitFor()
    expect(await article('show_session').locator('form pre').textContent()).toContain('"signedIn": false')
  })

  test('is printed without what only a screen needs, and with the errors open', async () => {
    const { page } = browser
    await open()
    await page.emulateMedia({ media: 'print' })
    expect(await page.getByRole('navigation').isVisible()).toBe(false)
    expect(await page.locator('.try').first().isVisible()).toBe(false)
    expect(await article('merge_users').getByRole('cell', { name: 'same_person' }).isVisible()).toBe(true)
    await page.emulateMedia({ media: 'screen' })
  })

  test('is linked from the demo', async () => {
    const { page } = browser
    await page.goto('/')
    await page.getByRole('link', { name: 'API reference' }).click()
    await page.getByRole('heading', { name: 'merge_users' }).waitFor()
  })
})
