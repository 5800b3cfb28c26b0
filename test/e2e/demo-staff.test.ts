/** The demo page in a real browser, against the whole service and the stand-in: what an agent and an admin do. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals'
import { appId } from '../support/bff.ts'
import { canariesIn } from '../support/canaries.ts'
import { chromiumInstalled } from './browser.ts'
import { type Demo, mina, openDemo } from './demo-page.ts'

const withBrowser = chromiumInstalled() ? describe : describe.skip

withBrowser('the demo page, for staff', () => {
  let demo: Demo
  beforeAll(async () => {
    demo = await openDemo()
  })
  afterAll(() => demo[Symbol.asyncDispose]())
  beforeEach(() => demo.restart())
  afterEach(async () => {
    expect(demo.browser.complaints.splice(0)).toEqual([])
    // No key is in anything that the browser was sent.
    const bodies = await demo.bodies()
    expect(bodies.length).toBeGreaterThan(3)
    expect(bodies.filter(({ text }) => canariesIn(text).length > 0)).toEqual([])
  })

  test('an agent looks a user up, sees what only staff see, and creates one ahead of time', async () => {
    await demo.signIn('agent')
    await demo.lookUp(mina)
    await demo.page.getByText('What the channel reported').click()
    await demo.seen('"city": "Montreal"')
    await demo.seen('ticketId: 81')
    expect(await demo.page.getByRole('button', { name: /Delete|Erase|Merge|auth code/ }).count()).toBe(0)
    await demo.page.getByLabel('userId or _id').fill('nobody-here')
    await demo.press('Look up')
    await demo.seen('user_not_found: ')
    demo.expectRefusals(1)

    const form = demo.card('Pre-create a user')
    await form.getByLabel('userId').fill('cust-50001')
    await form.getByLabel('Given name').fill('Noor')
    await demo.press('Create')
    await demo.page.getByRole('heading', { name: 'Noor' }).waitFor()
    expect(demo.last('pre_create_app_user')).toMatchObject({ body: { userId: 'cust-50001', givenName: 'Noor' } })
    await demo.picture('agent')
  })

  test('an admin merges two users by their _ids, after being told what will happen', async () => {
    const [survivor, goes] = [demo.bff.sandbox.user(appId, 'cust-30007')!, demo.bff.sandbox.user(appId, 'cust-30007-old')!]
    await demo.signIn('admin')
    await demo.page.getByLabel('Surviving user').fill('cust-30007')
    await demo.page.getByLabel('Discarded user').fill('cust-30007-old')
    await demo.press('Merge…')
    await demo.dialog().getByText('Tomás Lind (cust-30007-old) is deleted for good.').waitFor()
    await demo.picture('merge', false)
    await demo.agree('Merge for good')
    await demo.seen('Merged; the surviving user is shown above. 200')
    expect(demo.last('merge_users')).toMatchObject({ body: { surviving: { _id: survivor._id }, discarded: { _id: goes._id } } })
    expect(demo.bff.sandbox.user(appId, 'cust-30007-old')).toBeUndefined()
  })

  test('an admin erases a profile, then deletes the user', async () => {
    await demo.signIn('admin')
    await demo.lookUp(mina)
    await demo.press('Erase the profile…')
    expect(await demo.dialog().locator(':focus').textContent()).toBe('Cancel')
    await demo.agree('Erase the profile')
    await demo.seen('The profile is erased; the user is still there. 200')
    expect(demo.last('delete_app_user_profile').url).toMatch(/\/profile$/)
    expect(demo.bff.sandbox.user(appId, mina)?.givenName).toBeUndefined()
    await demo.picture('admin')

    await demo.press('Delete the user…')
    await demo.agree('Delete the user')
    await demo.seen(`${mina} is deleted.`)
    expect(demo.last('delete_app_user').method).toBe('DELETE')
    const auditor = await demo.bff.signIn({ roles: ['auditor'], actor: { id: 'iris' } })
    const { operations } = (await demo.bff.call('GET', '/ops/api/operations?action=delete', { headers: auditor })).json
    expect(operations[0].reason).toEqual({ code: 'test', ticket: 'OPS-4711', note: 'sealed' })
    expect(demo.bff.sandbox.user(appId, mina)).toBeUndefined()
  })

  test('a call that wants a fresh sign-in is repeated after one', async () => {
    await demo.signIn('admin')
    await demo.lookUp('cust-30007')
    const body = { error: { code: 'step_up_required', description: 'Sign in again, then repeat the call.' } }
    await demo.page.route(/\/profile$/, (route) => route.fulfill({ status: 401, contentType: 'application/json', json: body }), {
      times: 1,
    })
    await demo.press('Erase the profile…')
    await demo.agree('Erase the profile')
    await demo.agree('Sign in again and repeat')
    await demo.seen('The profile is erased')
    expect(demo.last('delete_app_user_profile').applied).toBe(true)
    demo.expectRefusals(1)
  })
})
