/** The OpenAPI 3.1 document, derived from the operations, in both forms of path, and from the
 * endpoint rows. */
import { createDocument, type ZodOpenApiMediaTypeObject, type ZodOpenApiOperationObject, type ZodOpenApiPathsObject } from 'zod-openapi'
import { answers } from '../contract/answers.ts'
import { exampleAnswers, exampleBodies, sentences } from '../contract/descriptions.ts'
import { limitClass, type Operation, pathParams } from '../contract/operation.ts'
import type { OperationId } from '../contract/operations.ts'
import { bodies } from '../contract/schemas.ts'
import { components, errorRef, imageUpload, limitHeaders, ref, statuses } from './openapi-components.ts'
import { endpointPaths } from './openapi-endpoints.ts'

/** The full form has the vendor's name; OpenAPI needs another name for the short form. */
const forms = [
  { prefix: '/v1.1/apps/{appId}', suffix: '', tag: 'AppUser', parameters: [ref('parameters', 'appId')] },
  { prefix: '/v1.1', suffix: '_of_session_app', tag: 'AppUser, short form', parameters: [] },
] as const

const about = `One session per person or program instead of the app-wide key of the messaging service.

The thirteen operations have the vendor's paths, bodies and answers. The app may be left out of the path: it is the session's. \`me\` stands for the caller's own user.
A web page sends its cookie by itself and adds the header \`X-BFF-CSRF: 1\` to every call; apps and programs send \`Authorization: Bearer\`, and never both.`

export const openapiDocument = (basePath: string, operations: readonly Operation[]) =>
  createDocument({
    openapi: '3.1.0',
    info: {
      title: 'AppUser API behind smooch-bff',
      version: '1.1',
      summary: 'The AppUser operations of Smooch (Sunshine Conversations) v1.1 with sessions, roles and limits',
      description: about,
    },
    servers: [{ url: basePath || '/' }],
    tags: [
      { name: 'AppUser', description: 'The operations with the app in the path' },
      { name: 'AppUser, short form', description: "The same operations on the session's app" },
      { name: 'Sessions', description: 'Who am I, and sign out' },
      { name: 'Console', description: "The journal's read API, for auditors and admins" },
      { name: 'Webhooks', description: 'Where the vendor tells of changes' },
      { name: 'Documents', description: 'What this is' },
      { name: 'Private', description: 'On the private listener, for the backend that vouches for people and for who runs this' },
    ],
    security: [{ cookie: [] }, { bearer: [] }],
    paths: { ...operationPaths(operations), ...endpointPaths },
    components,
  })

const operationPaths = (operations: readonly Operation[]): ZodOpenApiPathsObject => {
  const paths: ZodOpenApiPathsObject = {}
  for (const { prefix, suffix, tag, parameters } of forms) {
    for (const row of operations) {
      const path = `${prefix}${row.path.replace(/:(\w+)/g, '{$1}')}`
      const method = row.method.toLowerCase() as Lowercase<Operation['method']>
      const described = describe(row)
      paths[path] = {
        ...paths[path],
        [method]: { ...described, operationId: `${row.id}${suffix}`, tags: [tag], parameters: [...parameters, ...described.parameters] },
      }
    }
  }
  return paths
}

const describe = (row: Operation) => {
  const { id, by, takes, returns, status = 200, query = [] } = row
  return {
    summary: sentences[id as OperationId],
    description: `For ${by.join(', ')}. Counted among ${limitClass(row)}.${row.effect === 'guarded' ? ' Sent once, never repeated.' : ''}`,
    parameters: [...[...pathParams(row), ...query].map((name) => ref('parameters', name)), ref('parameters', 'csrf')],
    ...(takes && {
      requestBody: {
        required: true,
        content: takes === 'ImageUpload' ? imageForm : { 'application/json': { schema: bodies[takes], example: exampleBodies[takes] } },
      },
    }),
    responses: {
      [`${status}` as '200']: {
        description: 'The answer of the messaging service, with what the caller may not see left out',
        headers: limitHeaders,
        content: { 'application/json': { schema: answers[returns], example: exampleAnswers[returns] } },
      },
      ...Object.fromEntries(statusesOfRows.map((code) => [code, errorRef(code)])),
    },
    'x-callers': by,
    'x-limit': limitClass(row),
  } satisfies ZodOpenApiOperationObject
}

/** Statuses for methods, hosts and headers, which any operation may answer. */
const ofHttp: readonly number[] = [405, 414, 417, 421, 431]

/** Statuses for bodies stay: a body of a GET or DELETE is dropped, yet must be sound. */
const statusesOfRows = statuses.filter((status) => !ofHttp.includes(status))

const imageForm: Record<string, ZodOpenApiMediaTypeObject> = {
  'multipart/form-data': {
    schema: imageUpload,
    encoding: { source: { contentType: 'image/png, image/jpeg, image/gif, image/webp' } },
    example: { ...exampleBodies.ImageUpload, source: 'the bytes of the file' },
  },
}
