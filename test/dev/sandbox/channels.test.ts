/** Channels, business systems, links and codes of the stand-in. */
import { describe, expect, test } from '@jest/globals'
import { until } from '../../support/until.ts'
import { appId, start } from './start.ts'

const sms = { type: 'twilio', phoneNumber: '+1 514-555-0100', confirmation: { type: 'prompt' } }
const never = { switches: { confirmLinksAfter: 'never' as const } }

describe('what a user is connected to', () => {
  test('channels are shown with the field that goes with their type, business systems as they were added', async () => {
    await using it = await start({ people: [{ userId: 'u' }] })
    const integrationId = it.sandbox.integration(appId, 'twilio')!
    it.sandbox.addClient(appId, 'u', { platform: 'twilio', integrationId, externalId: '+15145550100' })
    it.sandbox.addClient(appId, 'u', { platform: 'messenger', externalId: '2049913377' })
    it.sandbox.addClient(appId, 'u', { platform: 'ios' })
    it.sandbox.addBusinessSystem(appId, 'u', { type: 'slack', channelId: 'C0420TEST' })
    expect((await it.ask('GET', '/appusers/u/channels')).body).toEqual({
      channels: [
        { type: 'twilio', integrationId, phoneNumber: '+15145550100' },
        { type: 'messenger', userId: '2049913377' },
      ],
    })
    expect((await it.ask('GET', '/appusers/u/businesssystems')).body).toEqual({
      businessSystems: [{ type: 'slack', channelId: 'C0420TEST' }],
    })
    for (const path of ['channels', 'businesssystems', 'authcode']) expect((await it.ask('GET', `/appusers/x/${path}`)).status).toBe(404)
  })
})

describe('link_app_user', () => {
  test('answers 200 with the channel pending, and confirms by itself after the time set', async () => {
    await using it = await start({ people: [{ userId: 'u' }], switches: { confirmLinksAfter: 0 } })
    const { status, body } = await it.ask('POST', '/appusers/u/channels', sms)
    expect(status).toBe(200)
    expect(body.appUser.clients).toEqual([])
    expect(body.appUser.pendingClients).toEqual([{ id: expect.any(String), platform: 'twilio', displayName: '+15145550100' }])
    const linked = await until(() => it.sandbox.user(appId, 'u')?.clients[0])
    expect(linked).toMatchObject({ platform: 'twilio', externalId: '+15145550100', active: true, primary: true })
    expect(it.sandbox.user(appId, 'u')?.pendingClients).toEqual([])
  })

  test('is confirmed or fails when told to', async () => {
    await using it = await start({ people: [{ userId: 'u' }], ...never })
    expect(it.sandbox.confirmLink(appId, 'u')).toBe(false)
    await it.ask('POST', '/appusers/u/channels', sms)
    await it.ask('POST', '/appusers/u/channels', sms)
    expect(it.sandbox.user(appId, 'u')?.pendingClients).toHaveLength(1)
    expect(it.sandbox.failLink(appId, 'u')).toBe(true)
    expect(it.sandbox.user(appId, 'u')).toMatchObject({ clients: [], pendingClients: [] })
    const { body } = await it.ask('POST', '/appusers/u/channels', { ...sms, primary: false })
    expect(it.sandbox.confirmLink(appId, 'u', body.appUser.pendingClients[0]!.id)).toBe(true)
    expect(it.sandbox.user(appId, 'u')?.clients).toMatchObject([{ primary: false }])
  })

  test('merges the user to whom the channel belongs', async () => {
    const other = { userId: 'other', givenName: 'Oda', clients: [{ platform: 'twilio', externalId: '+15145550100' }] }
    await using it = await start({ people: [{ userId: 'u' }, other], ...never })
    await it.ask('POST', '/appusers/u/channels', sms)
    it.sandbox.confirmLink(appId, 'u')
    expect(it.sandbox.user(appId, 'other')).toBeUndefined()
    expect(it.sandbox.user(appId, 'u')).toMatchObject({ givenName: 'Oda', clients: [{ externalId: '+15145550100', primary: true }] })
  })

  test('refuses what the vendor refuses', async () => {
    await using it = await start({ people: [{ userId: 'u' }] })
    const message = { role: 'appMaker', type: 'text', text: 'Hello' }
    const refused = [
      {},
      { ...sms, type: 'telegram' },
      { ...sms, type: '__proto__' },
      { ...sms, phoneNumber: '212 555 2368' },
      { ...sms, phoneNumber: undefined },
      { ...sms, confirmation: undefined },
      { ...sms, confirmation: { type: 'maybe' } },
      { ...sms, confirmation: { type: 'userActivity' } },
      { ...sms, confirmation: { type: 'immediate', message: { ...message, actions: [{ type: 'reply' }] } } },
      { ...sms, integrationId: it.sandbox.integration(appId, 'whatsapp') },
      { ...sms, type: 'messenger', confirmation: { type: 'immediate' } },
      { type: 'mailgun', address: 'nobody', confirmation: { type: 'immediate' } },
      { type: 'mailgun', address: 'm@example.org', confirmation: { type: 'prompt' } },
    ]
    for (const body of refused) expect(await it.ask('POST', '/appusers/u/channels', body)).toMatchObject({ status: 400 })
    expect((await it.ask('POST', '/appusers/u/channels', { ...sms, integrationId: 'f'.repeat(24) })).body.error.code).toBe(
      'integration_not_found',
    )
    expect((await it.ask('POST', '/appusers/x/channels', sms)).body.error.code).toBe('user_not_found')
    const taken = [
      { ...sms, type: 'messenger', givenName: 'Mina', confirmation: { type: 'userActivity', message } },
      { type: 'mailgun', address: 'm@example.org', subject: 'Hi', confirmation: { type: 'immediate' } },
    ]
    for (const body of taken) expect((await it.ask('POST', '/appusers/u/channels', body)).status).toBe(200)
  })
})

describe('unlink_app_user', () => {
  test('takes off all clients of a type; a repeat is 404, or 200 when switched so', async () => {
    const clients = [
      { platform: 'twilio', externalId: '+1' },
      { platform: 'twilio', externalId: '+2' },
      { platform: 'line', externalId: '3' },
    ]
    await using it = await start({ people: [{ userId: 'u', clients }] })
    expect(await it.ask('DELETE', '/appusers/u/channels/twilio', { anything: 'is put up with' })).toMatchObject({ status: 200, text: '{}' })
    expect(it.sandbox.user(appId, 'u')?.clients).toMatchObject([{ platform: 'line' }])
    expect((await it.ask('DELETE', '/appusers/u/channels/twilio')).body.error.code).toBe('not_found')
    it.sandbox.switches.unlinkAbsent = 'ok'
    expect((await it.ask('DELETE', '/appusers/u/channels/twilio')).status).toBe(200)
    expect((await it.ask('DELETE', '/appusers/u/channels/web')).status).toBe(400)
  })
})

describe('codes', () => {
  test('an auth code is new each time and good for one use', async () => {
    await using it = await start({ people: [{ userId: 'u' }] })
    const [one, two] = await Promise.all([1, 2].map(async () => (await it.ask('GET', '/appusers/u/authcode')).body))
    expect(Object.keys(one!)).toEqual(['authCode'])
    expect(one!.authCode).not.toBe(two!.authCode)
    expect(it.sandbox.redeem(one!.authCode)).toMatchObject({ kind: 'auth', appId, _id: it.sandbox.user(appId, 'u')?._id })
    expect(it.sandbox.redeem(one!.authCode)).toBeUndefined()
    it.sandbox.switches.codeLifetime = 0
    expect(it.sandbox.redeem((await it.ask('GET', '/appusers/u/authcode')).body.authCode)).toBeUndefined()
  })

  test('link requests come one for each integration, comma-joined, also as %2C', async () => {
    await using it = await start({ people: [{ userId: 'u' }] })
    const [m, t] = ['messenger', 'telegram'].map((type) => it.sandbox.integration(appId, type)!)
    for (const comma of [',', '%2C']) {
      const { status, body } = await it.ask('GET', `/appusers/u/linkrequest?integrationIds=${m}${comma}${t}`)
      expect(status).toBe(200)
      expect(body.linkRequests).toMatchObject([
        { integrationId: m, type: 'messenger' },
        { integrationId: t, type: 'telegram' },
      ])
      expect(body.linkRequests[0]!.url).toContain(body.linkRequests[0]!.code)
      expect(it.sandbox.redeem(body.linkRequests[0]!.code)).toMatchObject({ kind: 'link' })
    }
    expect((await it.ask('GET', `/appusers/u/linkrequest?integrationIds=${m},nope`)).body.error.code).toBe('integration_not_found')
    for (const query of ['', '?integrationIds=', '?integrationIds=a,']) {
      expect((await it.ask('GET', `/appusers/u/linkrequest${query}`)).status).toBe(400)
    }
  })
})
