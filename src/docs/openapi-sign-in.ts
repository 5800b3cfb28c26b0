/** The routes of signing in, of refreshing and of own sessions in the OpenAPI document, and what a backend tells of persons on the private listener. */
import { z } from 'zod'
import type { ZodOpenApiPathsObject } from 'zod-openapi'
import { EndBody } from '../session/routes/mine.ts'
import { EndPersonBody, RolesBody } from '../session/routes/people.ts'
import { ExchangeBody, RefreshBody } from '../sign-in/exchange.ts'
import { errorRef, ofBodies, ref } from './openapi-components.ts'

const errors = (...statuses: number[]) => Object.fromEntries(statuses.map((status) => [status, errorRef(status)]))
const nothing = { description: 'Done; there is no body' }
const json = <S extends z.ZodType>(schema: S, example: z.input<S>) => ({ 'application/json': { schema, example } })
const form = (schema: z.ZodType) => ({ 'application/x-www-form-urlencoded': { schema } })
const query = (name: string, description: string, example: string) => ({
  ...{ name, in: 'query' as const, required: false, description, example },
  schema: { type: 'string' as const },
})

const tokens = z.object({
  access_token: z.string(),
  issued_token_type: z.string(),
  token_type: z.literal('Bearer'),
  expires_in: z.int(),
  refresh_token: z.string().meta({ description: 'To be used once; it brings its successor' }),
  refresh_expires_in: z.int(),
  sessionId: z.string(),
})
const exampleTokens: z.input<typeof tokens> = {
  access_token: 'eyJhbGciOiJIUzI1NiJ9.e30.c2lnbmF0dXJl',
  issued_token_type: 'urn:ietf:params:oauth:token-type:access_token',
  token_type: 'Bearer',
  expires_in: 900,
  refresh_token: 'eyJhbGciOiJIUzI1NiJ9.e30.c3VjY2Vzc29y',
  refresh_expires_in: 2_592_000,
  sessionId: 's_3kJx0aPq7Zt1',
}
const mine = z.object({
  sessions: z.array(
    z.object({
      sessionId: z.string(),
      current: z.boolean(),
      kind: z.enum(['cookie', 'bearer', 'service']),
      device: z.string().optional(),
      createdAt: z.iso.datetime(),
      lastSeenAt: z.iso.datetime(),
      expiresAt: z.iso.datetime(),
    }),
  ),
})
const exampleMine: z.input<typeof mine> = {
  sessions: [
    {
      ...{ sessionId: 's_3kJx0aPq7Zt1', current: true, kind: 'cookie', device: 'Firefox, macOS' },
      ...{ createdAt: '2026-11-23T09:00:00.000Z', lastSeenAt: '2026-11-23T10:12:00.000Z', expiresAt: '2026-11-23T21:00:00.000Z' },
    },
  ],
}
const exchange: z.input<typeof ExchangeBody> = {
  grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
  subject_token: 'eyJhbGciOiJSUzI1NiJ9.e30.c2lnbmF0dXJl',
  subject_token_type: 'urn:ietf:params:oauth:token-type:id_token',
}
const sessions = { tags: ['Sessions'] }
const privately = { servers: [{ url: 'http://127.0.0.1:3001', description: 'The private listener; see PRIVATE_HOST and PRIVATE_PORT' }] }
const byBackend = { tags: ['Private'], security: [{ serviceKey: [] }] }

/** `POST /auth/session`, beside GET and DELETE of the same path. */
export const exchangeOperation = {
  operationId: 'exchange_token',
  ...sessions,
  summary: "Trade a trusted issuer's token for a session (RFC 8693); for mobile apps.",
  security: [{}],
  requestBody: { required: true, content: { ...json(ExchangeBody, exchange), ...form(ExchangeBody) } },
  responses: { 200: { description: 'The session', content: json(tokens, exampleTokens) }, ...errors(400, 401, 403, ...ofBodies, 429, 503) },
}

export const signInPaths: ZodOpenApiPathsObject = {
  '/auth/login': {
    get: {
      operationId: 'sign_in',
      ...sessions,
      summary: 'Sign in with a browser: a page that leads to the identity provider and back.',
      security: [{}],
      parameters: [
        query('returnTo', 'A path on this origin to go on to', '/chat'),
        query('provider', 'One of several providers', 'staff'),
        query('stepUp', '1: prove again who you are, for what asks for a fresh sign-in', '1'),
      ],
      responses: {
        200: {
          description: 'Opened from another site: a page that opens this path again, so that the browser sends its cookies',
          content: { 'text/html': { schema: z.string() } },
        },
        302: { description: 'To the identity provider' },
        ...errors(400, 403, 429, 503),
      },
    },
  },
  '/auth/logout': {
    post: {
      operationId: 'sign_out_by_form',
      ...sessions,
      summary: 'Sign out here and at the identity provider: the target of a form, whose page is left for the provider.',
      security: [{}, { cookie: [] }],
      responses: {
        303: { description: 'To the identity provider, or to SIGNED_OUT_PATH when there is nothing to end there' },
        ...errors(400, 403, ...ofBodies, 503),
      },
    },
  },
  '/auth/refresh': {
    post: {
      operationId: 'refresh_session',
      ...sessions,
      summary: 'The next access and refresh token; or, with the cookie and no body, a new cookie in place of the old one.',
      security: [{}, { cookie: [] }],
      requestBody: {
        required: false,
        content: { ...json(RefreshBody, { refresh_token: exampleTokens.refresh_token }), ...form(RefreshBody) },
      },
      responses: {
        200: { description: 'The tokens', content: json(tokens, exampleTokens) },
        ...errors(400, 401, 403, ...ofBodies, 429, 503),
      },
    },
  },
  '/auth/sessions': {
    parameters: [ref('parameters', 'csrf')],
    get: {
      operationId: 'list_my_sessions',
      ...sessions,
      summary: 'Where am I signed in?',
      responses: {
        200: { description: 'My sessions, the oldest first', content: json(mine, exampleMine) },
        ...errors(400, 401, 403, ...ofBodies, 429, 503),
      },
    },
    delete: {
      operationId: 'end_my_sessions',
      ...sessions,
      summary: 'Sign out everywhere.',
      responses: { 204: nothing, ...errors(400, 401, 403, ...ofBodies, 429, 503) },
    },
  },
  '/auth/sessions/{sessionId}': {
    parameters: [ref('parameters', 'csrf')],
    delete: {
      operationId: 'end_my_session',
      ...sessions,
      summary: 'End one of my sessions.',
      parameters: [{ name: 'sessionId', in: 'path', required: true, schema: { type: 'string' }, example: 's_3kJx0aPq7Zt1' }],
      responses: { 204: nothing, ...errors(400, 401, 403, 404, ...ofBodies, 429, 503) },
    },
  },
  '/auth/sessions/end': {
    parameters: [ref('parameters', 'csrf')],
    post: {
      operationId: 'end_sessions_of_user',
      ...sessions,
      summary: "Agents and admins end a user's sessions, admins also those of staff.",
      requestBody: { required: true, content: json(EndBody, { userId: 'cust-20481' }) },
      responses: { 204: nothing, ...errors(400, 401, 403, ...ofBodies, 429, 503) },
    },
  },
  '/auth/backchannel-logout': {
    post: {
      operationId: 'backchannel_logout',
      ...sessions,
      summary: 'For identity providers: OpenID Connect Back-Channel Logout 1.0.',
      security: [{}],
      requestBody: { required: true, content: form(z.object({ logout_token: z.string() })) },
      responses: { 200: { description: 'What the token names has ended' }, ...errors(400, ...ofBodies, 429, 503) },
    },
  },
  '/sessions/end': {
    ...privately,
    post: {
      operationId: 'end_sessions_of_person',
      ...byBackend,
      summary: 'End the sessions of a person, or of everyone in an app.',
      requestBody: { required: true, content: json(EndPersonBody, { userId: 'cust-20481' }) },
      responses: { 204: nothing, ...errors(400, 401, ...ofBodies, 429, 503) },
    },
  },
  '/sessions/roles': {
    ...privately,
    post: {
      operationId: 'change_roles_of_person',
      ...byBackend,
      summary: 'Tell of changed roles: lost ones are gone on the next request, new ones come with a new token.',
      requestBody: { required: true, content: json(RolesBody, { actorId: 'agent-7', roles: ['agent'] }) },
      responses: { 204: nothing, ...errors(400, 401, 403, ...ofBodies, 429, 503) },
    },
  },
}
