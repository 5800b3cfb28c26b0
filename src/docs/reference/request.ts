/** An operation as one request with the document's examples, from which samples are written. */
import type { DescribedOperation, Parameter } from './document.ts'

export interface SampleRequest {
  readonly operation: DescribedOperation
  readonly method: string
  /** With the base path and the query. */
  readonly target: string
  /** Of path and query, by name. */
  readonly parameters: Readonly<Record<string, string>>
  readonly headers: readonly (readonly [name: string, value: string])[]
  /** The header whose value is new for each intent. */
  readonly keyHeader?: string
  readonly json?: unknown
  /** Text fields of a form; its file is called `source`. */
  readonly form?: Readonly<Record<string, string>>
}

export const keyHeader = 'Idempotency-Key'
/** Why, in samples of what destroys. */
const why = ['Audit-Reason', 'Audit-Ticket']

/** `me` where a person may act on the own user, else somebody's id. */
export const exampleOf = ({ examples, example }: Parameter, { callers }: DescribedOperation): string => {
  const chosen = callers && !callers.includes('self') ? examples?.other : examples?.own
  return String(chosen?.value ?? example ?? '')
}

export const requestOf = (base: string, operation: DescribedOperation): SampleRequest => {
  const { method, path, parameters, body, guarded } = operation
  const valuesIn = (place: Parameter['in']) =>
    Object.fromEntries(parameters.filter((it) => it.in === place && it.required).map((it) => [it.name, exampleOf(it, operation)]))
  const [inPath, query] = [valuesIn('path'), valuesIn('query')]
  const search = Object.entries(query).map(([name, value]) => `${name}=${encodeURIComponent(value)}`)
  const [type, { example } = {}] = body ?? []
  const key = parameters.find(({ name }) => name === keyHeader)
  return {
    operation,
    method,
    target: `${base}${path.replace(/\{(\w+)\}/g, (_all, name: string) => encodeURIComponent(inPath[name]!))}${search.length > 0 ? `?${search.join('&')}` : ''}`,
    parameters: { ...inPath, ...query },
    headers: guarded
      ? parameters.filter(({ name }) => why.includes(name)).map((parameter) => [parameter.name, exampleOf(parameter, operation)])
      : [],
    ...(key && { keyHeader }),
    ...(type === 'application/json' && { json: example ?? {} }),
    ...(type === 'multipart/form-data' && { form: fieldsOf(example) }),
  }
}

/** The file is no text. */
export const fieldsOf = (example: unknown): Readonly<Record<string, string>> => {
  const { source: _file, ...fields } = example as Record<string, string>
  return fields
}
