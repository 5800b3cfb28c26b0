/** Writes the typed client's table: the rows it needs at run time, and their types as plain TypeScript, since a page's project has no zod. */
import { z } from 'zod'
import { answers } from '../src/contract/answers.ts'
import { parameters, sentences } from '../src/contract/descriptions.ts'
import { limitClass, type Operation, pathParams, takesIdempotencyKey } from '../src/contract/operation.ts'
import { problemsOf } from '../src/contract/operation-problems.ts'
import { all, type OperationId } from '../src/contract/operations.ts'
import { bodies } from '../src/contract/schemas.ts'
import { currentEndpoints } from '../src/session/routes/endpoints.ts'
import { exchangeEndpoints } from '../src/sign-in/endpoints.ts'

type Schema = z.core.JSONSchema.BaseSchema
type SchemaOrFlag = z.core.JSONSchema._JSONSchema

const isObject = (schema: SchemaOrFlag): schema is Schema => typeof schema === 'object'

const literals = (values: readonly unknown[]): string =>
  values.map((value) => (typeof value === 'string' ? `'${value}'` : String(value))).join(' | ')

/** A schema as a type; what has a name of its own is called by it. */
const typeOf = (schema: SchemaOrFlag): string => {
  if (!isObject(schema)) return 'unknown'
  if (schema.$ref) return schema.$ref.split('/').at(-1)!
  if (schema.const !== undefined) return literals([schema.const])
  if (schema.enum) return literals(schema.enum)
  const either = schema.anyOf ?? schema.oneOf
  if (either) return [...new Set(either.map(typeOf))].join(' | ')
  if (schema.type === 'array') return `readonly ${group(typeOf(schema.items as Schema))}[]`
  if (schema.type === 'object') return objectOf(schema)
  return [schema.type ?? 'unknown']
    .flat()
    .map((type) => (type === 'integer' ? 'number' : type))
    .join(' | ')
}

const group = (type: string): string => (/[ |]/.test(type) && !type.startsWith('{') ? `(${type})` : type)

const objectOf = ({ properties = {}, required = [], propertyNames, additionalProperties }: Schema): string => {
  const fields = Object.entries(properties)
  // Of a record alone the names are said to be anything.
  if (propertyNames) return `{ readonly [name: string]: ${typeOf(additionalProperties ?? true)} }`
  if (fields.length === 0) return 'object'
  return `{\n${fields.map(([name, field]) => `${docOf(field)}readonly ${name}${required.includes(name) ? '' : '?'}: ${typeOf(field)}`).join('\n')}\n}`
}

const docOf = (schema: SchemaOrFlag): string => {
  if (!isObject(schema)) return ''
  const { description, format, maxLength } = schema
  const words = [
    description,
    format === 'date-time' && !description?.includes('8601') && 'ISO 8601',
    maxLength !== undefined && `At most ${maxLength} characters`,
  ].filter((it) => typeof it === 'string')
  return words.length > 0 ? `/** ${words.join('. ')}. */\n` : ''
}

/** The models that a schema is made of, its own last. */
const modelsOf = (name: string, schema: z.ZodType, io: 'input' | 'output'): [string, Schema][] => {
  const { $defs = {}, ...own } = z.toJSONSchema(schema, { io, unrepresentable: 'any' })
  return [...(Object.entries($defs) as [string, Schema][]), [name, own]]
}

const declaration = ([name, schema]: readonly [string, Schema]): string =>
  Object.keys(schema.properties ?? {}).length > 0
    ? `export interface ${name} ${objectOf(schema)}`
    : `export type ${name} = ${typeOf(schema)}`

const form = (row: Operation): boolean => row.takes === 'ImageUpload'

const askOf = (row: Operation): string => {
  const ids = pathParams(row).map((name) => `/** ${parameters[name as keyof typeof parameters]}. */\nreadonly ${name}: string`)
  const query = (row.query ?? []).map((name) => `/** ${parameters[name]}. */\nreadonly ${name}: readonly string[]`)
  const file = '/** PNG, JPEG, GIF or WebP, at most 10 MB; told by its bytes, which its type may not contradict. */\nreadonly source: Blob'
  const body = form(row) ? [file] : row.takes ? [`readonly body: ${row.takes}`] : []
  return `${form(row) ? 'ImageUpload & ' : ''}{\n${[...ids, ...query, ...body].join('\n')}\n}`
}

const optionsOf = (row: Operation): string =>
  takesIdempotencyKey(row) ? 'GuardedOptions' : row.effect === 'read' ? 'CallOptions' : 'RecordedOptions'

const method = (row: Operation): string => `/**
 * ${sentences[row.id as OperationId]}
 *
 * For ${row.by.join(', ')}; counted among ${limitClass(row)}.${row.effect === 'guarded' ? ' Sent once, and recorded in the journal.' : ''}
 * @throws ClientError, beside what any call may meet: ${problemsOf(row)
   .map((code) => `\`${code}\``)
   .join(', ')}
 */
${row.id}(ask: ${askOf(row)}, options?: ${optionsOf(row)}): Promise<Answered<${row.returns}>>`

/** As a line of words, since every byte is loaded by pages. `safe`: a repeat does no harm; `key`: it does none with an Idempotency-Key. */
const callOf = (row: Operation): string => {
  const path = row.query ? `${row.path}?${row.query[0]}` : row.path
  const repeat = row.effect === 'read' ? ' safe' : takesIdempotencyKey(row) ? ' key' : ''
  const body = row.takes ? (form(row) ? ' form' : ' json') : ''
  return `  ${row.id}: '${row.method} ${path}${repeat}${body}',`
}

const answerOf = (row: { answers: { 200: { content: { 'application/json': { schema: z.ZodType } } } } }): z.ZodType =>
  row.answers[200].content['application/json'].schema

/** Not formatted yet. */
export const clientOperations = (): string => {
  const models = new Map([
    ...Object.entries(bodies).flatMap(([name, schema]) => modelsOf(name, schema, 'input')),
    ...Object.entries(answers).flatMap(([name, schema]) => modelsOf(name, schema, 'output')),
    ...modelsOf('SessionView', answerOf(currentEndpoints.show_session), 'output'),
    ...modelsOf('Tokens', answerOf(exchangeEndpoints.exchange_token), 'output'),
  ])
  return `/** Derived by npm run derive, from the tables of operations and endpoints: what the typed client needs of them, without zod. */
import type { Answered, CallOptions, GuardedOptions, RecordedOptions } from './client-call.ts'

${[...models].map(declaration).join('\n\n')}

/** The thirteen operations, under the vendor's names. */
export interface Operations {
${all.map(method).join('\n\n')}
}

/** Method, path with the name of its query; \`safe\`: a repeat does no harm, \`key\`: it does none with an Idempotency-Key; form of the body. */
export const calls = {
${all.map(callOf).join('\n')}
} as const
`
}
