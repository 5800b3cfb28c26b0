/** TABLE: the routes of sign-in and sign-out: by browser, by an issuer's token, by the provider. */

import { z } from 'zod'
import { exampleIds } from '../contract/ids.ts'
import { bodyErrors, type Endpoints, form, json, text } from '../http/endpoint.ts'

export const tokenType = (name: string) => `urn:ietf:params:oauth:token-type:${name}` as const
const token = z.string().min(1).max(16_384)

const ExchangeBody = z.strictObject({
  grant_type: z.literal('urn:ietf:params:oauth:grant-type:token-exchange'),
  subject_token: token,
  subject_token_type: z.enum([tokenType('id_token'), tokenType('jwt'), tokenType('access_token')]),
  requested_token_type: z.literal(tokenType('access_token')).optional(),
})

const RefreshBody = z.strictObject({ grant_type: z.literal('refresh_token').optional(), refresh_token: token })

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
  access_token: exampleIds.token,
  issued_token_type: 'urn:ietf:params:oauth:token-type:access_token',
  token_type: 'Bearer',
  expires_in: 900,
  refresh_token: 'eyJhbGciOiJIUzI1NiJ9.e30.c3VjY2Vzc29y',
  refresh_expires_in: 2_592_000,
  sessionId: exampleIds.session,
}
const exchange: z.input<typeof ExchangeBody> = {
  grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
  subject_token: 'eyJhbGciOiJSUzI1NiJ9.e30.c2lnbmF0dXJl',
  subject_token_type: 'urn:ietf:params:oauth:token-type:id_token',
}
const toProvider = { description: 'To the identity provider', headers: ['Location', 'Set-Cookie'] } as const

export const loginEndpoints = {
  sign_in: {
    method: 'get',
    path: '/auth/login',
    tag: 'Sessions',
    by: 'anyone',
    summary: 'Sign in with a browser: a page that leads to the identity provider and back.',
    query: {
      returnTo: ['A path on this origin to go on to', '/chat'],
      provider: ['One of several providers', 'staff'],
      stepUp: ['1: prove again who you are, for what asks for a fresh sign-in', '1'],
      somebodyElse: ['1: sign in as somebody else, so that the provider asks although it knows you', '1'],
    },
    answers: {
      200: {
        description: 'Opened from another site: a page that opens this path again, so that the browser sends its cookies',
        content: text('text/html'),
      },
      302: toProvider,
    },
    page: true,
    errors: [400, 403, 429, 502, 503],
  },
  sign_in_callback: {
    method: 'get',
    path: '/auth/callback',
    tag: 'Sessions',
    by: 'anyone',
    summary: 'Where the identity provider sends the browser back to (OpenID Connect, code flow). Not to be called by hand.',
    query: {
      state: ['Which sign-in this is; ours', 'c3RhdGU'],
      code: ['What the provider gives for the tokens', 'Y29kZQ'],
      error: ['In place of the code: why there is none', 'access_denied'],
    },
    lenientQuery: true,
    answers: {
      200: {
        description: 'A page that goes on to where the person wanted to be',
        headers: ['Set-Cookie'],
        content: text('text/html'),
      },
    },
    page: true,
    errors: [400, 401, 403, 429, 502, 503],
  },
} as const satisfies Endpoints

export const logoutEndpoints = {
  sign_out_by_form: {
    method: 'post',
    path: '/auth/logout',
    tag: 'Sessions',
    by: 'cookie, if any',
    summary: 'Sign out here and at the identity provider: the target of a form, whose page is left for the provider.',
    body: { required: false, content: form(z.record(z.string(), z.string()).meta({ description: 'Fields mean nothing here' })) },
    answers: {
      303: {
        description: 'To the identity provider, or to SIGNED_OUT_PATH when there is nothing to end there',
        headers: ['Location', 'Set-Cookie', 'Clear-Site-Data'],
      },
    },
    page: true,
    errors: [400, 403, ...bodyErrors, 503],
  },
} as const satisfies Endpoints

export const exchangeEndpoints = {
  exchange_token: {
    method: 'post',
    path: '/auth/session',
    tag: 'Sessions',
    by: 'anyone',
    summary: "Trade a trusted issuer's token for a session (RFC 8693); for mobile apps.",
    body: { required: true, content: { ...json(ExchangeBody, exchange), ...form(ExchangeBody) } },
    answers: { 200: { description: 'The session', content: json(tokens, exampleTokens) } },
    errors: [400, 401, 403, ...bodyErrors, 429, 503],
  },
  refresh_session: {
    method: 'post',
    path: '/auth/refresh',
    tag: 'Sessions',
    by: 'cookie, if any',
    csrf: true,
    limit: 'writes',
    summary: 'The next access and refresh token; or, with the cookie and no body, a new cookie in place of the old one.',
    body: { required: false, content: { ...json(RefreshBody, { refresh_token: exampleTokens.refresh_token }), ...form(RefreshBody) } },
    answers: {
      200: {
        description: 'The tokens; or, for a cookie, the session under its new cookie',
        headers: ['Set-Cookie'],
        content: json(z.union([tokens, z.object({ sessionId: z.string(), expiresAt: z.iso.datetime() })]), exampleTokens),
      },
    },
    errors: [400, 401, 403, ...bodyErrors, 429, 503],
  },
} as const satisfies Endpoints

export const backchannelEndpoints = {
  backchannel_logout: {
    method: 'post',
    path: '/auth/backchannel-logout',
    tag: 'Sessions',
    by: 'anyone',
    summary: 'For identity providers: OpenID Connect Back-Channel Logout 1.0.',
    body: { required: true, content: form(z.object({ logout_token: token })) },
    answers: { 200: { description: 'What the token names has ended' } },
    errors: [400, ...bodyErrors, 429, 503],
  },
} as const satisfies Endpoints
