/** Shared components of the OpenAPI document: error bodies by status, headers, parameters, ways to
 * authenticate. */
import { z } from 'zod'
import type { ZodOpenApiComponentsObject, ZodOpenApiResponseObject } from 'zod-openapi'
import { answers } from '../contract/answers.ts'
import { type ProblemCode, problems } from '../contract/problems.ts'
import { bodies, channels } from '../contract/schemas.ts'
import { cookieNames } from '../http/cookies.ts'

export const ref = (kind: 'headers' | 'parameters' | 'responses', name: string | number) => ({ $ref: `#/components/${kind}/${name}` })

const codes = Object.keys(problems) as ProblemCode[]

export const statuses: readonly number[] = [...new Set(codes.map((code) => problems[code][0]))]

const errorBody = z
  .object({
    error: z.object({
      code: z.string().meta({ description: "Stable: one of ours, or the vendor's own where it refused" }),
      description: z.string(),
    }),
    type: z.string(),
    title: z.string(),
    status: z.int(),
    detail: z.string(),
    requestId: z.string().meta({ description: 'Quote it when you ask the operators' }),
    errors: z
      .array(
        z.object({
          pointer: z.string().meta({ description: 'A JSON pointer into the body, such as #/properties/plan' }),
          detail: z.string(),
        }),
      )
      .optional()
      .meta({ description: 'Of a body: every field at fault, at most 20' }),
  })
  .meta({
    description:
      "The one error body: the vendor's shape and RFC 9457 in one. With Accept: application/problem+json it comes under that type.",
  })

/** The whole form: the checked fields, and the file, which is streamed. */
export const imageUpload = bodies.ImageUpload.extend({
  source: z.string().meta({
    format: 'binary',
    description: 'PNG, JPEG, GIF or WebP, at most 10 MB; told by its bytes, which the type of its part may not contradict',
  }),
})

export const limitHeaders = {
  RateLimit: ref('headers', 'RateLimit'),
  'RateLimit-Policy': ref('headers', 'RateLimit-Policy'),
  'X-Request-Id': ref('headers', 'X-Request-Id'),
}

const errorResponse = (status: number): ZodOpenApiResponseObject => {
  const own = codes.filter((code) => problems[code][0] === status)
  const example = (code: ProblemCode) => {
    const [, sentence] = problems[code]
    const requestId = 'req_oQ6pWq0bT1mHc8dV2nKx'
    return {
      error: { code, description: sentence },
      type: `urn:smooch-bff:problem:${code}`,
      title: sentence,
      status,
      detail: sentence,
      requestId,
    }
  }
  return {
    description: own.map((code) => `\`${code}\`: ${problems[code][1]}`).join('\n\n'),
    headers: {
      'X-Request-Id': ref('headers', 'X-Request-Id'),
      ...((status === 429 || status === 503) && { 'Retry-After': ref('headers', 'Retry-After') }),
      ...(status === 401 && { 'WWW-Authenticate': ref('headers', 'WWW-Authenticate') }),
    },
    content: {
      'application/json': {
        schema: errorBody,
        examples: Object.fromEntries(own.map((code) => [code, { value: example(code) }])),
      },
    },
  }
}

/** `Status404` and its like. */
export const errorRef = (status: number) => ref('responses', `Status${status}`)

const header = (description: string, example: string) => ({ description, schema: { type: 'string' as const }, example })

export const components: ZodOpenApiComponentsObject = {
  schemas: { ...bodies, ImageUpload: imageUpload, ...answers, Error: errorBody },
  responses: Object.fromEntries(statuses.map((status) => [`Status${status}`, errorResponse(status)])),
  headers: {
    RateLimit: header('What is left of the limit, and the seconds until it is full again', '"reads";r=118;t=42'),
    'RateLimit-Policy': header('The limit and its window in seconds', '"reads";q=120;w=60'),
    'X-Request-Id': header('Names this request in our log', 'req_oQ6pWq0bT1mHc8dV2nKx'),
    'Retry-After': header('Seconds to wait; absent where a repeated call could do harm', '5'),
    'WWW-Authenticate': header(
      'Bearer; with error="invalid_token" where a token was sent, and error="insufficient_user_authentication" where a fresh sign-in is needed',
      'Bearer error="invalid_token"',
    ),
  },
  parameters: {
    appId: {
      name: 'appId',
      in: 'path',
      required: true,
      description: "The app of the caller's session; any other is refused",
      schema: { type: 'string' },
      example: '69f0100f2a3b4c5d6e7f8091',
    },
    userId: {
      name: 'userId',
      in: 'path',
      required: true,
      description: "`me` for the caller's own user, or a userId, or the vendor's `_id`",
      schema: { type: 'string', minLength: 1, maxLength: 256 },
      example: 'me',
    },
    channel: {
      name: 'channel',
      in: 'path',
      required: true,
      description: 'The type of the channel',
      schema: { type: 'string', enum: [...channels] },
      example: 'twilio',
    },
    integrationIds: {
      name: 'integrationIds',
      in: 'query',
      required: true,
      description: 'Ids of the integrations to link, joined by commas',
      schema: { type: 'array', items: { type: 'string' }, minItems: 1 },
      style: 'form',
      explode: false,
      example: ['69f0100f2a3b4c5d6e7f80a2'],
    },
    sessionId: {
      name: 'sessionId',
      in: 'path',
      required: true,
      description: 'As the list of sessions names it',
      schema: { type: 'string' },
      example: 's_3kJx0aPq7Zt1',
    },
    id: {
      name: 'id',
      in: 'path',
      required: true,
      description: 'Of the operation or event, as the lists name it',
      schema: { type: 'string' },
      example: 'op_019ab2c4-5d6e-7f80-91a2-b3c4d5e6f708',
    },
    csrf: {
      name: 'X-BFF-CSRF',
      in: 'header',
      required: false,
      description: 'Needed, with the value 1, when the session travels in the cookie',
      schema: { type: 'string', const: '1' },
      example: '1',
    },
  },
  securitySchemes: {
    cookie: {
      type: 'apiKey',
      in: 'cookie',
      name: cookieNames(true).session,
      description: `The session of a web page. On an http origin it is named ${cookieNames(false).session}. COOKIE_NAME puts another word in place of bff.`,
    },
    bearer: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT', description: 'The token of a session of kind bearer or service' },
    webhookSecret: {
      type: 'apiKey',
      in: 'header',
      name: 'X-API-Key',
      description: 'The secret of the app’s webhook, which the vendor made',
    },
    serviceKey: { type: 'http', scheme: 'bearer', description: 'The secret of one of SERVICE_KEYS; on the private listener only' },
  },
}
