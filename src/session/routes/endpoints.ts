/** TABLE: the routes of sessions: current, sign-out, own sessions; on the private listener what a
 * backend does to people and programs. */

import { z } from 'zod'
import { exampleIds } from '../../contract/ids.ts'
import { bodyErrors, done, type Endpoints, json } from '../../http/endpoint.ts'
import { Assertion } from '../assertion.ts'

const times = { createdAt: z.iso.datetime(), expiresAt: z.iso.datetime() }
const kind = z.enum(['cookie', 'bearer', 'service'])
const id = z.string().min(1).max(1024)

const person = { appId: id.optional(), userId: id.optional(), actorId: id.optional() }
const isOne = ({ userId, actorId }: { userId?: string | undefined; actorId?: string | undefined }) =>
  (userId === undefined) !== (actorId === undefined)

const EndBody = z
  .strictObject({ userId: id.optional(), actorId: id.optional() })
  .refine(isOne, { message: 'needs one of userId and actorId' })
export const EndPersonBody = z
  .strictObject({ ...person, everyone: z.literal(true).optional() })
  .refine((it) => (it.everyone ? it.userId === undefined && it.actorId === undefined : isOne(it)), {
    message: 'needs one of userId, actorId and everyone',
  })
export const RolesBody = z
  .strictObject({ ...person, roles: z.array(z.enum(['user', 'agent', 'admin', 'auditor', 'service'])).max(5) })
  .refine(isOne, { message: 'needs one of userId and actorId' })

const own = z.union([
  z.object({
    signedIn: z.literal(true),
    sessionId: z.string(),
    appId: z.string(),
    userId: z.string().optional(),
    actor: z.object({ id: z.string(), name: z.string().optional() }),
    onBehalfOf: z.string().optional(),
    roles: z.array(z.string()),
    kind,
    authTime: z.int().meta({ description: 'When the person last proved who they are; seconds since 1970' }),
    ...times,
  }),
  z.object({ signedIn: z.literal(false) }),
])
const minted = z.object({
  token: z.string().meta({ description: 'For Authorization: Bearer; with kind cookie it is inside setCookie' }),
  sessionId: z.string(),
  expiresAt: z.iso.datetime(),
  setCookie: z.string().optional().meta({ description: 'With kind cookie: the value of the Set-Cookie header to pass on to the browser' }),
})
const programs = z.object({
  sessions: z.array(
    z.object({
      sessionId: z.string(),
      appId: z.string(),
      actor: z.string().meta({ description: 'The name of the program, else its id' }),
      roles: z.array(z.string()),
      ...times,
    }),
  ),
})
const mine = z.object({
  sessions: z.array(
    z.object({
      sessionId: z.string(),
      current: z.boolean(),
      kind,
      device: z.string().optional(),
      createdAt: z.iso.datetime(),
      lastSeenAt: z.iso.datetime(),
      expiresAt: z.iso.datetime(),
    }),
  ),
})

const [createdAt, lastSeenAt, expiresAt] = ['2026-11-23T09:00:00.000Z', '2026-11-23T10:12:00.000Z', '2026-11-23T21:00:00.000Z']
const [sessionId, appId, userId] = [exampleIds.session, '69f0100f2a3b4c5d6e7f8091', 'cust-20481']
const exampleSession: z.input<typeof own> = {
  signedIn: true,
  sessionId,
  createdAt,
  expiresAt,
  appId,
  userId,
  actor: { id: userId, name: 'Mina Okafor' },
  roles: ['user'],
  kind: 'cookie',
  authTime: 1_795_424_400,
}

const people = { tag: 'Sessions', csrf: true } as const
/** The cookie is cleared with the session that it carries. */
const ending = { ...done, headers: ['Set-Cookie'] } as const
const backend = { tag: 'Private', by: 'service key' } as const

export const currentEndpoints = {
  show_session: {
    ...people,
    method: 'get',
    head: true,
    path: '/auth/session',
    by: 'session, if any',
    summary: 'Who am I? Does not count as activity.',
    answers: { 200: { description: 'The session, or that there is none', content: json(own, exampleSession) } },
    errors: [400, 403, ...bodyErrors, 503],
  },
  sign_out: {
    ...people,
    method: 'delete',
    path: '/auth/session',
    by: 'session',
    summary: 'Sign out: the session ends everywhere at once, and the cookie is cleared.',
    answers: {
      200: {
        description: 'Signed out here; endSession is where the person can sign out at the identity provider, which asks first',
        headers: ['Set-Cookie', 'Clear-Site-Data'],
        content: json(z.object({ endSession: z.url() }), { endSession: 'https://id.example.com/logout?client_id=web' }),
      },
      204: { ...done, headers: ['Set-Cookie', 'Clear-Site-Data'] },
    },
    errors: [400, 403, ...bodyErrors, 503],
  },
} as const satisfies Endpoints

export const ownEndpoints = {
  list_my_sessions: {
    ...people,
    method: 'get',
    head: true,
    path: '/auth/sessions',
    by: 'session',
    limit: 'reads',
    summary: 'Where am I signed in?',
    answers: {
      200: {
        description: 'My sessions, the oldest first',
        content: json(mine, {
          sessions: [{ sessionId, current: true, kind: 'cookie', device: 'Firefox, macOS', createdAt, lastSeenAt, expiresAt }],
        }),
      },
    },
    errors: [400, 401, 403, ...bodyErrors, 429, 503],
  },
  end_my_sessions: {
    ...people,
    method: 'delete',
    path: '/auth/sessions',
    by: 'session',
    limit: 'writes',
    summary: 'Sign out everywhere.',
    answers: { 204: ending },
    errors: [400, 401, 403, ...bodyErrors, 429, 503],
  },
  end_sessions_of_user: {
    ...people,
    method: 'post',
    path: '/auth/sessions/end',
    by: 'session',
    limit: 'writes',
    summary: "Agents and admins end a user's sessions, admins also those of staff and programs, by userId or actorId.",
    body: { required: true, content: json(EndBody, { userId }) },
    answers: { 204: done },
    errors: [400, 401, 403, ...bodyErrors, 429, 503],
  },
  end_my_session: {
    ...people,
    method: 'delete',
    path: '/auth/sessions/:sessionId',
    by: 'session',
    limit: 'writes',
    summary: 'End one of my sessions.',
    answers: { 204: ending },
    errors: [400, 401, 403, 404, ...bodyErrors, 429, 503],
  },
} as const satisfies Endpoints

export const mintEndpoints = {
  mint_session: {
    ...backend,
    method: 'post',
    path: '/sessions',
    summary: 'Make a session for a person or program that the backend vouches for.',
    body: { required: true, content: json(Assertion, { kind: 'bearer', userId }) },
    answers: {
      201: {
        description: 'The session',
        content: json(minted, { token: exampleIds.token, sessionId, expiresAt }),
      },
    },
    errors: [400, 401, 403, 409, ...bodyErrors, 429, 503],
  },
  list_service_sessions: {
    ...backend,
    method: 'get',
    head: true,
    path: '/sessions',
    summary: 'List the service sessions that live.',
    answers: {
      200: {
        description: 'Service sessions of all apps',
        content: json(programs, { sessions: [{ sessionId, createdAt, expiresAt, appId, actor: 'crm-sync', roles: ['agent'] }] }),
      },
    },
    errors: [400, 401, 429, 503],
  },
  end_service_session: {
    ...backend,
    method: 'delete',
    path: '/sessions/:sessionId',
    summary: 'End a service session; the next call with its token is refused.',
    answers: { 204: done },
    errors: [400, 401, 404, ...bodyErrors, 429, 503],
  },
} as const satisfies Endpoints

export const personEndpoints = {
  end_sessions_of_person: {
    ...backend,
    method: 'post',
    path: '/sessions/end',
    summary: 'End the sessions of a person, or of everyone in an app.',
    body: { required: true, content: json(EndPersonBody, { userId }) },
    answers: { 204: done },
    errors: [400, 401, ...bodyErrors, 429, 503],
  },
  change_roles_of_person: {
    ...backend,
    method: 'post',
    path: '/sessions/roles',
    summary: 'Tell of changed roles: lost ones are gone on the next request, new ones come with a new token.',
    body: { required: true, content: json(RolesBody, { actorId: 'agent-7', roles: ['agent'] }) },
    answers: { 204: done },
    errors: [400, 401, 403, ...bodyErrors, 429, 503],
  },
} as const satisfies Endpoints
