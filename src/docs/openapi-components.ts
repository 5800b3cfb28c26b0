/** Shared components of the document: errors by status, headers, parameters, authentication. */
import { z } from 'zod'
import type { ZodOpenApiComponentsObject, ZodOpenApiResponseObject } from 'zod-openapi'
import { exampleBodies, parameters } from '../contract/descriptions.ts'
import { exampleIds } from '../contract/ids.ts'
import { type ProblemCode, problems } from '../contract/problems.ts'
import { bodies, channels } from '../contract/schemas.ts'
import { cookieNames } from '../http/request/cookies.ts'
import { headerComponents, headerParameters, headersNamed, ref, refusalHeaders } from './openapi-headers.ts'

const codes = Object.keys(problems) as ProblemCode[]

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
          in: z.enum(['query', 'path', 'header']).optional().meta({ description: 'Where the field is; absent: in the body' }),
          pointer: z.string().meta({
            description:
              'A JSON pointer into the body, such as #/properties/plan, or to a parameter or header by its name, such as #/integrationIds',
          }),
          detail: z.string(),
        }),
      )
      .optional()
      .meta({ description: 'Of a malformed request: every field at fault, at most 20' }),
  })
  .meta({
    id: 'Error',
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

const exampleOf = (code: ProblemCode) => {
  const [status, sentence] = problems[code]
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

/** A refusal with one of these codes. */
export const refusal = (own: readonly ProblemCode[], headers: ZodOpenApiResponseObject['headers'] = {}): ZodOpenApiResponseObject => ({
  description: own.map((code) => `\`${code}\``).join(', '),
  headers,
  content: {
    'application/json': { schema: errorBody, examples: Object.fromEntries(own.map((code) => [code, ref('examples', code)])) },
    'application/problem+json': { schema: errorBody },
  },
})

export const withStatus = (status: number, all: readonly ProblemCode[] = codes): ProblemCode[] =>
  all.filter((code) => problems[code][0] === status)

export const statusesOf = (all: readonly ProblemCode[]): number[] =>
  [...new Set(all.map((code) => problems[code][0]))].sort((a, b) => a - b)

/** Refusals of methods, hosts, paths and heads, which any request may get before it has a route. */
// biome-ignore format: names alone, some to a line
const beforeRoute: readonly ProblemCode[] = [
  'bad_request', 'invalid_path', 'method_not_allowed', 'target_too_long',
  'precondition_failed', 'expectation_failed', 'misdirected', 'headers_too_large',
]

/** `Status404` and its like, of routes that are not the vendor's. */
export const errorRef = (status: number, limited: boolean) => ref('responses', `${limited ? 'Session' : 'Status'}${status}`)
export const anyRequest = { '4XX': ref('responses', 'BeforeRoute') } as const

const shared = (name: string, limited: boolean) =>
  Object.fromEntries(
    statusesOf(codes).map((status) => [`${name}${status}`, refusal(withStatus(status), refusalHeaders({ limited }, status))]),
  )

/** What no path of a document refers to is left out of it. */
export const components: ZodOpenApiComponentsObject = {
  responses: {
    ...shared('Status', false),
    ...shared('Session', true),
    BeforeRoute: refusal(beforeRoute, headersNamed(['X-Request-Id', 'Allow'])),
  },
  examples: Object.fromEntries(codes.map((code) => [code, { value: exampleOf(code) }])),
  headers: headerComponents,
  parameters: {
    appId: {
      name: 'appId',
      in: 'path',
      required: true,
      description: parameters.appId,
      schema: { type: 'string' },
      example: '69f0100f2a3b4c5d6e7f8091',
    },
    userId: {
      name: 'userId',
      in: 'path',
      required: true,
      description: parameters.userId,
      schema: { type: 'string', minLength: 1, maxLength: 256 },
      examples: { own: { value: 'me' }, other: { value: exampleBodies.AppUserPreCreate.userId } },
    },
    channel: {
      name: 'channel',
      in: 'path',
      required: true,
      description: parameters.channel,
      schema: { type: 'string', enum: [...channels] },
      example: 'twilio',
    },
    integrationIds: {
      name: 'integrationIds',
      in: 'query',
      required: true,
      // A text, since clients write a list in three ways, and OpenAPI's own is the one refused.
      description: 'Ids of the integrations to link, joined by commas',
      schema: { type: 'string', pattern: '^[^,]+(,[^,]+)*$' },
      example: '69f0100f2a3b4c5d6e7f80a2,69f0100f2a3b4c5d6e7f80a3',
    },
    sessionId: {
      name: 'sessionId',
      in: 'path',
      required: true,
      description: 'As the list of sessions names it',
      schema: { type: 'string' },
      example: exampleIds.session,
    },
    id: {
      name: 'id',
      in: 'path',
      required: true,
      description: 'Of the operation or event, as the lists name it',
      schema: { type: 'string' },
      example: exampleIds.operation,
    },
    ...headerParameters,
  },
  securitySchemes: {
    bearer: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT', description: 'The token of a session of kind bearer or service' },
    cookie: {
      type: 'apiKey',
      in: 'cookie',
      name: cookieNames(true).session,
      description: `The session of a web page. On an http origin it is named ${cookieNames(false).session}. COOKIE_NAME puts another word in place of bff.`,
    },
    webhookSecret: {
      type: 'apiKey',
      in: 'header',
      name: 'X-API-Key',
      description: 'The secret of the app’s webhook, which the vendor made',
    },
    serviceKey: { type: 'http', scheme: 'bearer', description: 'The secret of one of SERVICE_KEYS; on the private listener only' },
  },
}
