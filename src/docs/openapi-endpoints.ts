/** Endpoint rows of all rooms as paths of the OpenAPI document. */
import type { ZodOpenApiOperationObject, ZodOpenApiPathsObject } from 'zod-openapi'
import { apiEndpoints } from '../console/endpoints.ts'
import { pathParams } from '../contract/operation.ts'
import { type Answer, type Endpoint, type Endpoints, text } from '../http/endpoint.ts'
import { healthEndpoints } from '../http/health.ts'
import { currentEndpoints, mintEndpoints, ownEndpoints, personEndpoints } from '../session/routes/endpoints.ts'
import { backchannelEndpoints, exchangeEndpoints, loginEndpoints, logoutEndpoints } from '../sign-in/endpoints.ts'
import { webhookEndpoints } from '../webhooks/routes.ts'
import { anyRequest, errorRef } from './openapi-components.ts'
import { answerHeaders, ref } from './openapi-headers.ts'

const about = { method: 'get', head: true, tag: 'Documents', by: 'anyone', lenientQuery: true, errors: [429, 503] } as const

export const docsEndpoints = {
  openapi: {
    ...about,
    path: '/openapi.json',
    summary: 'The document of this listener, as this deployment has it.',
    answers: { 200: { description: 'OpenAPI 3.1', content: text('application/json') } },
  },
  docs: {
    ...about,
    path: '/docs',
    summary: 'The same as a page to read, to search and to try.',
    answers: { 200: { description: 'The page', content: text('text/html') } },
  },
  docs_style: {
    ...about,
    path: '/docs.css',
    summary: 'The style of that page.',
    answers: { 200: { description: 'A style sheet', content: text('text/css') } },
  },
  docs_script: {
    ...about,
    path: '/docs.js',
    summary: 'What searches, copies and tries on that page.',
    answers: { 200: { description: 'A script', content: text('text/javascript') } },
  },
} as const satisfies Endpoints

export const privateDocsEndpoints = {
  openapi_private: {
    ...about,
    tag: 'Private',
    path: '/openapi.json',
    summary: 'The document of this listener.',
    answers: { 200: { description: 'OpenAPI 3.1', content: text('application/json') } },
    errors: [],
  },
} as const satisfies Endpoints

/** In the order of the document. */
export const endpoints: Endpoints = {
  ...currentEndpoints,
  ...exchangeEndpoints,
  ...loginEndpoints,
  ...logoutEndpoints,
  ...ownEndpoints,
  ...backchannelEndpoints,
  ...apiEndpoints,
  ...webhookEndpoints,
  ...docsEndpoints,
  ...mintEndpoints,
  ...personEndpoints,
  ...healthEndpoints,
  ...privateDocsEndpoints,
}

const security: Readonly<Record<Endpoint['by'], NonNullable<ZodOpenApiOperationObject['security']>>> = {
  anyone: [{}],
  session: [{ bearer: [] }, { cookie: [] }],
  'session, if any': [{ bearer: [] }, { cookie: [] }, {}],
  'cookie, if any': [{ cookie: [] }, {}],
  'service key': [{ serviceKey: [] }],
  'webhook secret': [{ webhookSecret: [] }],
}

const callers: Readonly<Record<Endpoint['by'], string>> = {
  anyone: 'For anyone.',
  session: 'Needs a session.',
  'session, if any': 'With a session or without.',
  'cookie, if any': 'With the session cookie or without.',
  'service key': 'For backends that hold a service key.',
  'webhook secret': 'For the vendor.',
}

const mediaOf = (content: NonNullable<Answer['content']>) =>
  Object.fromEntries(
    Object.entries(content).map(([type, { schema, example }]) => [
      type,
      { schema: schema ?? { type: 'string' as const }, ...(example !== undefined && { example }) },
    ]),
  )

const answerOf = ({ description, content, headers }: Answer, limited = false) => ({
  description,
  headers: answerHeaders({ limited }, headers),
  ...(content && { content: mediaOf(content) }),
})

const failurePage = {
  description: 'To a browser, a refusal is a page that says what went wrong',
  headers: answerHeaders({ limited: false }),
  content: mediaOf(text('text/html')),
}

const describe = (id: string, row: Endpoint): ZodOpenApiOperationObject => ({
  operationId: id,
  tags: [row.tag],
  summary: row.summary,
  description: [
    callers[row.by],
    row.roles && `For the role ${row.roles.join(' or ')}${row.recentSignIn ? ', after a recent sign-in' : ''}.`,
    row.limit && `Counted among ${row.limit}.`,
  ]
    .filter(Boolean)
    .join(' '),
  security: security[row.by],
  parameters: [
    ...(row.csrf ? [ref('parameters', 'csrf')] : []),
    ...pathParams(row).map((name) => ref('parameters', name)),
    ...Object.entries(row.query ?? {}).map(([name, [description, example]]) => ({
      name,
      in: 'query' as const,
      required: false,
      description,
      example,
      schema: { type: 'string' as const },
    })),
  ],
  ...(row.body && { requestBody: { required: row.body.required, content: mediaOf(row.body.content) } }),
  responses: {
    ...Object.fromEntries(Object.entries(row.answers).map(([status, answer]) => [status, answerOf(answer, row.limit !== undefined)])),
    ...Object.fromEntries(row.errors.map((status) => [status, errorRef(status, row.limit !== undefined)])),
    ...anyRequest,
    ...(row.page && { default: failurePage }),
  },
})

/** Paths of one listener. */
export const endpointPaths = (listener: 'public' | 'private'): ZodOpenApiPathsObject => {
  const paths: ZodOpenApiPathsObject = {}
  for (const [id, row] of Object.entries(endpoints)) {
    if ((row.tag === 'Private') !== (listener === 'private')) continue
    const path = row.path.replace(/:(\w+)/g, '{$1}')
    paths[path] = { ...paths[path], [row.method]: describe(id, row) }
  }
  return paths
}
