/** The user that every server of the bench answers with: of ordinary size, with a version in its first name for the checker. */
export const appId = '69f0100f2a3b4c5d6e7f8091'

const smoochId = (number: number): string => `6a1f${number.toString(16).padStart(20, '0')}`

export const personOf = (number: number, version: number) => ({
  appUser: {
    _id: smoochId(number),
    userId: `u${number}`,
    givenName: `v${version}`,
    surname: 'Okafor',
    email: `user${number}@example.org`,
    signedUpAt: '2026-03-02T10:15:00.000Z',
    conversationStarted: true,
    properties: { plan: 'gold', seats: 3, language: 'fr', tier: 'b' },
    clients: [
      {
        id: 'f4c1d9a07b',
        platform: 'twilio',
        status: 'active',
        active: true,
        displayName: '+1 514-555-0100',
        lastSeen: '2026-03-05T08:00:00.000Z',
        info: { city: 'Montréal', country: 'Canada', vendor: 'Bell' },
        raw: { from: '+15145550100' },
      },
      {
        id: '0b77ad',
        platform: 'web',
        status: 'active',
        active: true,
        lastSeen: '2026-03-06T08:00:00.000Z',
        info: { browser: 'Firefox', currentUrl: 'https://shop.example/cart' },
      },
    ],
    pendingClients: [],
  },
})
