/** Endpoint rows of all rooms as paths of the OpenAPI document. */
import type { ZodOpenApiOperationObject, ZodOpenApiPathsObject } from 'zod-openapi'
import { journalEndpoints, verifyEndpoints } from '../console/endpoints.ts'
import { type Answer, type Endpoint, type Endpoints, text } from '../http/endpoint.ts'
import { healthEndpoints } from '../http/health.ts'
import { currentEndpoints, mintEndpoints, ownEndpoints, personEndpoints } from '../session/routes/endpoints.ts'
import { backchannelEndpoints, exchangeEndpoints, loginEndpoints, logoutEndpoints } from '../sign-in/endpoints.ts'
import { webhookEndpoints } from '../webhooks/routes.ts'
import { errorRef, ref } from './openapi-components.ts'

const about = { method: 'get', head: true, tag: 'Documents', by: 'anyone', errors: [429] } as const

export const docsEndpoints = {
  openapi: {
    ...about,
    path: '/openapi.json',
    summary: 'This document, as this deployment has it.',
    answers: { 200: { description: 'OpenAPI 3.1', content: text('application/json') } },
  },
  docs: {
    ...about,
    path: '/docs',
    summary: 'The thirteen operations as a page.',
    answers: { 200: { description: 'A page without scripts', content: text('text/html') } },
  },
  docs_style: {
    ...about,
    path: '/docs.css',
    summary: 'The style of that page.',
    answers: { 200: { description: 'A style sheet', content: text('text/css') } },
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
  ...journalEndpoints,
  ...verifyEndpoints,
  ...webhookEndpoints,
  ...docsEndpoints,
  ...mintEndpoints,
  ...personEndpoints,
  ...healthEndpoints,
}

const security: Readonly<Record<Endpoint['by'], NonNullable<ZodOpenApiOperationObject['security']>>> = {
  anyone: [{}],
  session: [{ cookie: [] }, { bearer: [] }],
  'session, if any': [{}, { cookie: [] }, { bearer: [] }],
  'cookie, if any': [{}, { cookie: [] }],
  'service key': [{ serviceKey: [] }],
  'webhook secret': [{ webhookSecret: [] }],
}

const privateListener = { url: 'http://127.0.0.1:3001', description: 'The private listener; see PRIVATE_HOST and PRIVATE_PORT' }

const answerOf = ({ description, content }: Answer) => ({
  description,
  ...(content && {
    content: Object.fromEntries(
      Object.entries(content).map(([type, { schema, example }]) => [
        type,
        { schema: schema ?? { type: 'string' as const }, ...(example !== undefined && { example }) },
      ]),
    ),
  }),
})

const describe = (id: string, row: Endpoint): ZodOpenApiOperationObject => ({
  operationId: id,
  tags: [row.tag],
  summary: row.summary,
  security: security[row.by],
  ...(row.tag === 'Private' && { servers: [privateListener] }),
  parameters: [
    ...(row.csrf ? [ref('parameters', 'csrf')] : []),
    ...[...row.path.matchAll(/:(\w+)/g)].map(([, name]) => ref('parameters', name!)),
    ...Object.entries(row.query ?? {}).map(([name, [description, example]]) => ({
      ...{ name, in: 'query' as const, required: false, description, example },
      schema: { type: 'string' as const },
    })),
  ],
  ...(row.body && { requestBody: { required: row.body.required, content: answerOf({ description: '', ...row.body }).content! } }),
  responses: {
    ...Object.fromEntries(Object.entries(row.answers).map(([status, answer]) => [status, answerOf(answer)])),
    ...Object.fromEntries(row.errors.map((status) => [status, errorRef(status)])),
  },
})

export const endpointPaths: ZodOpenApiPathsObject = {}
for (const [id, row] of Object.entries(endpoints)) {
  const path = row.path.replace(/:(\w+)/g, '{$1}')
  endpointPaths[path] = { ...endpointPaths[path], [row.method]: describe(id, row) }
}
