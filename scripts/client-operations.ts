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
  if (either) return unionOf(either.filter(isObject))
  if (schema.type === 'array') return `readonly ${group(typeOf(schema.items as Schema))}[]`
  if (schema.type === 'object') return objectOf(schema)
  return [schema.type ?? 'unknown']
    .flat()
    .map((type) => (type === 'integer' ? 'number' : type))
    .join(' | ')
}

const group = (type: string): string => (/[ |]/.test(type) && !type.startsWith('{') ? `(${type})` : type)

const fieldsOf = ({ properties = {}, required = [] }: Schema): string[] =>
  Object.entries(properties).map(
    ([name, field]) => `${docOf(field)}readonly ${name}${required.includes(name) ? '' : '?'}: ${typeOf(field)}`,
  )

const braced = (fields: readonly string[]): string => `{\n${fields.join('\n')}\n}`

const objectOf = (schema: Schema): string => {
  // Of a record alone the names are said to be anything.
  if (schema.propertyNames) return `{ readonly [name: string]: ${typeOf(schema.additionalProperties ?? true)} }`
  const fields = fieldsOf(schema)
  return fields.length === 0 ? 'object' : braced(fields)
}

/** Alternatives. Fields that all have stand once, and objects that differ in one constant are one. */
const unionOf = (either: readonly Schema[]): string => {
  const all = either.map(fieldsOf)
  const common = all[0]!.filter((field) => all.every((fields) => fields.includes(field)))
  if (common.length === 0) return [...new Set(either.map(typeOf))].join(' | ')
  const isConstant = (field: string): boolean => /: '\w+'$/.test(field)
  const alike = Map.groupBy(all, (fields) => fields.filter((field) => !isConstant(field)).join('\n'))
  const parts = [...alike.values()].map((those) => {
    const [constant = ''] = those[0]!.filter(isConstant)
    const values = those.map((fields) => fields.find(isConstant)!.split(': ').at(-1)!)
    const own = those[0]!.filter((field) => !isConstant(field) && !common.includes(field))
    return braced([`${constant.split(': ')[0]}: ${values.join(' | ')}`, ...own])
  })
  return `${braced(common)} & (${parts.join(' | ')})`
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

const parameter = (name: keyof typeof parameters, type: string): string => `/** ${parameters[name]}. */\nreadonly ${name}: ${type}`

/** Most calls name their user; beside that what else they ask for. */
const askOf = (row: Operation): string => {
  const ids = pathParams(row).filter((name) => name !== 'userId')
  const file = '/** PNG, JPEG, GIF or WebP, at most 10 MB; told by its bytes, which its type may not contradict. */\nreadonly source: Blob'
  const fields = [
    ...ids.map((name) => parameter(name as keyof typeof parameters, 'string')),
    ...(row.query ?? []).map((name) => parameter(name, 'readonly string[]')),
    ...(form(row) ? [file] : []),
  ]
  const body = row.takes && !form(row) ? [`{ readonly body: ${row.takes} }`] : []
  const named = pathParams(row).includes('userId') ? ['OfUser'] : []
  return [...named, ...(form(row) ? ['ImageUpload'] : []), ...(fields.length > 0 ? [braced(fields)] : []), ...body].join(' & ')
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

export interface OfUser ${braced([parameter('userId', 'string')])}

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
