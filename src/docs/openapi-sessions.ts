/** The routes of sessions in the OpenAPI document: who am I and sign out; minting on the private listener. */
import { z } from 'zod'
import type { ZodOpenApiPathsObject } from 'zod-openapi'
import { MintBody } from '../session/mint.ts'
import { errorRef, ofBodies, ref } from './openapi-components.ts'
import { exchangeOperation } from './openapi-sign-in.ts'

const times = { createdAt: z.iso.datetime(), expiresAt: z.iso.datetime() }
const actor = z.object({ id: z.string(), name: z.string().optional() })

const own = z.union([
  z.object({
    signedIn: z.literal(true),
    sessionId: z.string(),
    appId: z.string(),
    userId: z.string().optional(),
    actor,
    onBehalfOf: z.string().optional(),
    roles: z.array(z.string()),
    kind: z.enum(['cookie', 'bearer', 'service']),
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

const listed = z.object({
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

const session = { sessionId: 's_3kJx0aPq7Zt1', createdAt: '2026-11-23T09:00:00.000Z', expiresAt: '2026-11-23T21:00:00.000Z' }
const exampleSession = {
  signedIn: true,
  ...session,
  appId: '69f0100f2a3b4c5d6e7f8091',
  userId: 'cust-20481',
  actor: { id: 'cust-20481', name: 'Mina Okafor' },
  roles: ['user'],
  kind: 'cookie',
  authTime: 1_795_424_400,
}

const nothing = { description: 'Done; there is no body' }
const errors = (...statuses: number[]) => Object.fromEntries(statuses.map((status) => [status, errorRef(status)]))
const privately = { servers: [{ url: 'http://127.0.0.1:3001', description: 'The private listener; see PRIVATE_HOST and PRIVATE_PORT' }] }
const byBackend = { tags: ['Private'], security: [{ serviceKey: [] }] }

export const sessionPaths: ZodOpenApiPathsObject = {
  '/auth/session': {
    parameters: [ref('parameters', 'csrf')],
    get: {
      operationId: 'show_session',
      tags: ['Sessions'],
      summary: 'Who am I? Does not count as activity.',
      security: [{}, { cookie: [] }, { bearer: [] }],
      responses: {
        200: {
          description: 'The session, or that there is none',
          content: { 'application/json': { schema: own, example: exampleSession } },
        },
        ...errors(400, 403, ...ofBodies, 503),
      },
    },
    post: exchangeOperation,
    delete: {
      operationId: 'sign_out',
      tags: ['Sessions'],
      summary: 'Sign out: the session ends everywhere at once, and the cookie is cleared.',
      responses: {
        200: {
          description: 'Signed out here; endSession is where the person can sign out at the identity provider, which asks first',
          content: {
            'application/json': { schema: z.object({ endSession: z.url() }), example: { endSession: 'https://id.example.com/logout?…' } },
          },
        },
        204: nothing,
        ...errors(400, 403, ...ofBodies, 503),
      },
    },
  },
  '/sessions': {
    ...privately,
    post: {
      operationId: 'mint_session',
      ...byBackend,
      summary: 'Make a session for a person or program that the backend vouches for.',
      requestBody: {
        required: true,
        content: { 'application/json': { schema: MintBody, example: { kind: 'bearer', userId: 'cust-20481' } } },
      },
      responses: {
        201: {
          description: 'The session',
          content: {
            'application/json': {
              schema: minted,
              example: { token: 'eyJhbGciOiJIUzI1NiJ9.e30.c2lnbmF0dXJl', sessionId: session.sessionId, expiresAt: session.expiresAt },
            },
          },
        },
        ...errors(400, 401, 403, 409, ...ofBodies, 429, 503),
      },
    },
    get: {
      operationId: 'list_service_sessions',
      ...byBackend,
      summary: 'List the service sessions that live.',
      responses: {
        200: {
          description: 'Service sessions of all apps',
          content: {
            'application/json': {
              schema: listed,
              example: { sessions: [{ ...session, appId: exampleSession.appId, actor: 'crm-sync', roles: ['agent'] }] },
            },
          },
        },
        ...errors(400, 401, 429, 503),
      },
    },
  },
  '/sessions/{sessionId}': {
    ...privately,
    delete: {
      operationId: 'end_service_session',
      ...byBackend,
      summary: 'End a service session; the next call with its token is refused.',
      parameters: [{ name: 'sessionId', in: 'path', required: true, schema: { type: 'string' }, example: session.sessionId }],
      responses: { 204: nothing, ...errors(400, 401, 404, ...ofBodies, 429, 503) },
    },
  },
}
