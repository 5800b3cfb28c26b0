/** Schemas as lists of fields: name, type with its limits, who may see or write it, meaning. */
import { type Content, type Html, html } from '../../http/html.ts'
import type { Reference, Schema } from './document.ts'

/** Text of the document, with code between backticks. */
export const prose = (text: string): Content => text.split('`').map((part, at) => (at % 2 === 0 ? part : code(part)))

export const code = (text: unknown): Html => html`<code>${String(text)}</code>`
const joined = (parts: readonly Content[], by: string): Content => parts.map((part, at) => (at === 0 ? part : html`${by}${part}`))

const lengthOf = ({ minLength, maxLength }: Schema): Content => {
  if (minLength === undefined && maxLength === undefined) return undefined
  if (maxLength === undefined) return `, at least ${minLength} character${minLength === 1 ? '' : 's'}`
  return minLength === undefined ? `, at most ${maxLength} characters` : `, ${minLength} to ${maxLength} characters`
}

const isNull = ({ type }: Schema): boolean => type === 'null'
const formats: Readonly<Record<string, string>> = { 'date-time': 'ISO 8601 time', binary: 'file', email: 'e-mail address', uri: 'URL' }

/** What may stand there, in words. A format says more than its pattern. */
export const typeOf = (schema: Schema): Content => {
  if (schema.$ref !== undefined) {
    const name = schema.$ref.split('/').at(-1)!
    return html`<a href="#${name}">${name}</a>`
  }
  if (schema.const !== undefined) return code(schema.const)
  if (schema.enum) return html`one of ${joined(schema.enum.map(code), ', ')}`
  const either = schema.oneOf ?? schema.anyOf
  if (either) return joined(either.map(typeOf), ' or ')
  if (Array.isArray(schema.type))
    return joined(
      schema.type.map((type: string) => typeOf({ ...schema, type })),
      ' or ',
    )
  if (isNull(schema)) return 'null'
  if (schema.type === 'array') return html`list of ${schema.items ? typeOf(schema.items) : 'anything'}`
  if (schema.type === 'object') {
    const { additionalProperties: values } = schema
    return typeof values === 'object' && Object.keys(values).length > 0 ? html`object with values: ${typeOf(values)}` : 'object'
  }
  const { format, pattern } = schema
  const shape = format === undefined ? pattern && html`, pattern ${code(pattern)}` : undefined
  return html`${(format && formats[format]) ?? schema.type ?? 'anything'}${lengthOf(schema)}${shape}`
}

const field = (name: string, schema: Schema, required: boolean): Html => {
  const { 'x-callers': callers, description } = schema
  return html`<div><dt>${code(name)}${required && html` <small class="needed">required</small>`}${callers && html` <small class="tag">only ${callers.join(', ')}</small>`}</dt>
<dd>${typeOf(schema)}${description && html`<br>${prose(description)}`}</dd></div>\n`
}

/** Objects inside, also in lists, have dotted names; a model has its own section. */
const rows = (schema: Schema, prefix = ''): Html[] =>
  Object.entries(schema.properties ?? {}).flatMap(([name, inner]) => {
    const list = inner.type === 'array' ? inner.items : undefined
    const nested = (list ?? inner).properties ? (list ?? inner) : undefined
    const own = `${prefix}${name}`
    return [field(own, inner, schema.required?.includes(name) ?? false), ...(nested ? rows(nested, `${own}${list ? '[]' : ''}.`) : [])]
  })

/** The constant by which one shape is told from another. */
const nameOf = (shape: Schema): Content =>
  Object.entries(shape.properties ?? {})
    .filter(([, { const: value }]) => value !== undefined)
    .map(([name, { const: value }]) => html`${name}: ${String(value)}`)[0]

export const fields = ({ resolved }: Reference, given: Schema): Content => {
  const schema = resolved(given)
  const shapes = schema.oneOf ?? schema.anyOf
  if (shapes) return shapes.map((shape, at) => html`<h5>${nameOf(shape) ?? `Shape ${at + 1}`}</h5>${list(rows(resolved(shape)))}`)
  const own = rows(schema)
  return own.length > 0 ? list(own) : html`<p>An ${typeOf(schema)}.</p>`
}

const list = (content: readonly Html[]): Html => html`<dl>${content}</dl>\n`

/** Parameters look like fields. */
export const parameterFields = (parameters: Reference['operations'][number]['parameters']): Html =>
  list(
    parameters.map(({ name, schema, description, required }) => field(name, { ...schema, ...(description && { description }) }, required)),
  )
