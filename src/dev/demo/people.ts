/** The people who can sign in to the demo, and the users of the sandbox. */
import type { Role } from '../../contract/operation.ts'

export const people = {
  customer: { userId: 'cust-20481', actor: { id: 'cust-20481', name: 'Mina Okafor' }, roles: ['user'] },
  agent: { actor: { id: 'agent-7', name: 'Alex Agent' }, roles: ['agent'] },
  auditor: { actor: { id: 'auditor-1', name: 'Iris Auditor' }, roles: ['auditor'] },
  admin: { actor: { id: 'admin-1', name: 'Ada Admin' }, roles: ['admin'] },
} as const satisfies Record<string, { userId?: string; actor: { id: string; name: string }; roles: readonly Role[] }>

/** Users of the sandbox at the start: the customer, and the same person twice, for a merge. */
export const appUsers = [
  {
    userId: people.customer.userId,
    givenName: 'Mina',
    surname: 'Okafor',
    email: 'mina@example.org',
    properties: { plan: 'gold', seats: 3 },
    clients: [
      { platform: 'web', displayName: 'Web Messenger', info: { city: 'Montreal', country: 'Canada' }, raw: { browser: 'Firefox' } },
    ],
    businessSystems: [{ type: 'zendesk', ticketId: '81' }],
  },
  { userId: 'cust-30007', givenName: 'Tomas', surname: 'Lind', email: 'tomas@example.org', properties: { plan: 'basic' } },
  { userId: 'cust-30007-old', givenName: 'Tomás', surname: 'Lind', properties: {} },
]
