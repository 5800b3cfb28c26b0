/** The OpenAPI 3.1 documents, one for each listener, derived from operations and endpoints. */
import { createDocument, type ZodOpenApiMediaTypeObject, type ZodOpenApiOperationObject, type ZodOpenApiPathsObject } from 'zod-openapi'
import { answers } from '../contract/answers.ts'
import { exampleAnswers, exampleBodies, sentences } from '../contract/descriptions.ts'
import { limitClass, type Operation, pathParams } from '../contract/operation.ts'
import { allProblemsOf } from '../contract/operation-problems.ts'
import type { OperationId } from '../contract/operations.ts'
import { bodies } from '../contract/schemas.ts'
import { anyRequest, components, imageUpload, refusal, statusesOf, withStatus } from './openapi-components.ts'
import { endpointPaths } from './openapi-endpoints.ts'
import { answerHeaders, operationHeaders, operationRefusalHeaders, ref, refusalHeaders, requestHeadersOf } from './openapi-headers.ts'
import { withoutUnused } from './unused-components.ts'

const contact = { name: 'The operators of this deployment' }
const license = { name: 'MIT', identifier: 'MIT' }

const about = `One session per person or program instead of the app-wide key of the messaging service.

The thirteen operations have the vendor's bodies and answers, and its paths without the app, which is the session's; \`x-path-with-app\` is the vendor's own form, which is served too. \`me\` stands for the caller's own user.
A web page sends its cookie by itself and adds the header \`X-BFF-CSRF: 1\` to every call; apps and programs send \`Authorization: Bearer\`, and never both.`

export const openapiDocument = (basePath: string, operations: readonly Operation[]) =>
  withoutUnused(
    createDocument({
      openapi: '3.1.0',
      info: {
        title: 'AppUser API behind smooch-bff',
        version: '1.1',
        summary: 'The AppUser operations of Smooch (Sunshine Conversations) v1.1 with sessions, roles and limits',
        description: about,
        contact,
        license,
      },
      servers: [{ url: basePath || '/' }],
      tags: [
        { name: 'AppUser', description: 'The thirteen operations' },
        { name: 'Sessions', description: 'Who am I, and sign out' },
        { name: 'Console', description: "The journal's read API, for auditors and admins" },
        { name: 'Webhooks', description: 'Where the vendor tells of changes' },
        { name: 'Documents', description: 'What this is' },
      ],
      security: [{ bearer: [] }, { cookie: [] }],
      paths: { ...operationPaths(operations), ...endpointPaths('public') },
      components: { ...components, schemas: { ...bodies, ImageUpload: imageUpload, ...answers } },
    }),
  )

/** Of the private listener, whose paths have no prefix. */
export const privateDocument = () =>
  withoutUnused(
    createDocument({
      openapi: '3.1.0',
      info: {
        title: 'Private listener of smooch-bff',
        version: '1.1',
        summary: 'Sessions and people for backends that vouch for them; health and figures for who runs the service',
        description: 'Reached from inside only: PRIVATE_HOST and PRIVATE_PORT say where.',
        contact,
        license,
      },
      servers: [{ url: '/' }],
      tags: [{ name: 'Private', description: 'Sessions, people, health and figures' }],
      security: [{ serviceKey: [] }],
      paths: endpointPaths('private'),
      components,
    }),
  )

const templated = (path: string): string => path.replace(/:(\w+)/g, '{$1}')

const operationPaths = (operations: readonly Operation[]): ZodOpenApiPathsObject => {
  const paths: ZodOpenApiPathsObject = {}
  for (const row of operations) {
    const path = `/v1.1${templated(row.path)}`
    const method = row.method.toLowerCase() as Lowercase<Operation['method']>
    paths[path] = { ...paths[path], [method]: describe(row) }
  }
  return paths
}

const describe = (row: Operation) => {
  const { id, by, takes, returns, status = 200, query = [] } = row
  const codes = allProblemsOf(row)
  return {
    operationId: id,
    tags: ['AppUser'],
    summary: sentences[id as OperationId],
    description: `For ${by.join(', ')}. Counted among ${limitClass(row)}.${row.effect === 'guarded' ? ' Sent once, never repeated, and recorded in the journal.' : ''}`,
    parameters: [...pathParams(row), ...query, ...requestHeadersOf(row)].map((name) => ref('parameters', name)),
    ...(takes && {
      requestBody: {
        required: true,
        content: takes === 'ImageUpload' ? imageForm : { 'application/json': { schema: bodies[takes], example: exampleBodies[takes] } },
      },
    }),
    responses: {
      [`${status}` as '200']: {
        description: 'The answer of the messaging service, with what the caller may not see left out',
        headers: answerHeaders({ limited: true }, operationHeaders(row)),
        content: { 'application/json': { schema: answers[returns], example: exampleAnswers[returns] } },
      },
      ...Object.fromEntries(
        statusesOf(codes).map((code) => [
          code,
          refusal(withStatus(code, codes), refusalHeaders({ limited: true }, code, operationRefusalHeaders(row, code))),
        ]),
      ),
      ...anyRequest,
    },
    'x-callers': by,
    'x-limit': limitClass(row),
    'x-effect': row.effect,
    'x-path-with-app': `/v1.1/apps/{appId}${templated(row.path)}`,
  } satisfies ZodOpenApiOperationObject
}

const imageForm: Record<string, ZodOpenApiMediaTypeObject> = {
  'multipart/form-data': {
    schema: imageUpload,
    encoding: { source: { contentType: 'image/png, image/jpeg, image/gif, image/webp' } },
    example: { ...exampleBodies.ImageUpload, source: 'the bytes of the file' },
  },
}
