/** A body by its schema: what is wrong, by place, and in words that never repeat a value. */
import type { z } from 'zod'
import { placeOf, pointerOf } from './field-faults.ts'
import { nearName } from './near-names.ts'
import { type FieldFault, Problem } from './problems.ts'

/** A body of thousands of wrong fields must not make an answer of megabytes. */
const maxFaults = 20

/** The value as its schema types it, or a `bad_request` that names the fields at fault. */
export const checkBody = <S extends z.ZodType>(schema: S, value: unknown): z.output<S> => {
  const { success, data, error } = schema.safeParse(value, { error: plainWords })
  if (!success) throw bodyProblem(error, schema)
  return data
}

/** Names the first field at fault in its sentence, and all of them in `errors`. */
const bodyProblem = ({ issues }: z.ZodError, schema: z.ZodType): Problem => {
  const [first] = issues
  const place = first === undefined ? '' : placeOf(pathOf(first))
  return new Problem('bad_request', {
    detail: `${place || 'body'}: ${first === undefined ? 'is not accepted' : sentence(first, hintOf(schema))}`,
    errors: firstOfEach(issues)
      .flatMap((issue) => faultsOf(issue, hintOf(schema)))
      .slice(0, maxFaults),
  })
}

/** One for each place: zod measures a value also when it is none of the type. */
const firstOfEach = (issues: readonly z.core.$ZodIssue[]): z.core.$ZodIssue[] => {
  const places = new Set<string>()
  return issues.filter(({ path }) => places.size < places.add(JSON.stringify(path)).size)
}

type Hint = (path: readonly PropertyKey[], key: string) => string

const hintOf =
  (schema: z.ZodType): Hint =>
  (path, key) => {
    const name = nearName(schema, path, key)
    return name === undefined ? '' : `; did you mean ${name}?`
  }

/** The key at fault is named in the sentence, or is empty. */
const pathOf = (issue: z.core.$ZodIssue): PropertyKey[] => (issue.code === 'invalid_key' ? issue.path.slice(0, -1) : issue.path)

/** Each unknown key is a fault of its own. */
const faultsOf = (issue: z.core.$ZodIssue, hint: Hint): FieldFault[] =>
  issue.code === 'unrecognized_keys'
    ? issue.keys
        .slice(0, maxFaults)
        .map((key) => ({ pointer: pointerOf([...issue.path, key]), detail: `unknown field${hint(issue.path, key)}` }))
    : [{ pointer: pointerOf(pathOf(issue)), detail: sentence(issue) }]

/** Only unknown keys are the caller's text, and they are put as places. */
const sentence = (issue: z.core.$ZodIssue, hint: Hint = () => ''): string =>
  issue.code === 'unrecognized_keys'
    ? `unknown field ${placeOf(issue.keys.slice(0, 1))}${hint(issue.path, issue.keys[0] ?? '')}`
    : issue.message

const oneOf = (values: readonly unknown[]): string => `must be ${values.length > 1 ? 'one of ' : ''}${values.join(', ')}`

/** Types by the names that JSON has for them. */
const types: Readonly<Record<string, string>> = { record: 'object', int: 'whole number' }
const typeOf = ({ expected }: { readonly expected: string }): string => types[expected] ?? expected

const units: Readonly<Record<string, string>> = { string: 'characters', array: 'entries', object: 'fields' }

/** In place of all words of zod; they never name the value. A schema's own come before these. */
const plainWords: z.core.$ZodErrorMap = (issue) => {
  if (issue.code === 'invalid_key') return `a key: ${issue.issues.map(({ message }) => message).join(', ')}`
  if (issue.code === 'invalid_type') return issue.input === undefined ? 'is required' : `expected ${typeOf(issue)}`
  if (issue.code === 'invalid_value') return oneOf(issue.values)
  if (issue.code === 'invalid_union' && Array.isArray(issue['options'])) return oneOf(issue['options'])
  if (issue.code === 'invalid_union' && issue.errors.length > 0) return `expected ${kindsOf(issue.errors)}`
  const unit = 'origin' in issue ? units[String(issue.origin)] : undefined
  if (issue.code === 'too_small' && unit) return issue.minimum === 1 ? 'must not be empty' : `must have at least ${issue.minimum} ${unit}`
  if (issue.code === 'too_big' && unit) return `may have at most ${issue.maximum} ${unit}`
  if (issue.code === 'too_small') return `must be ${issue.inclusive ? 'at least' : 'more than'} ${issue.minimum}`
  if (issue.code === 'too_big') return `must be ${issue.inclusive ? 'at most' : 'less than'} ${issue.maximum}`
  if (issue.code === 'invalid_format') return `expected ${formats[issue.format] ?? issue.format}`
  return 'is not accepted'
}

const formats: Readonly<Record<string, string>> = { email: 'an email address' }

/** The types that a union takes. */
const kindsOf = (errors: readonly (readonly z.core.$ZodIssue[])[]): string => {
  const kinds = new Set(errors.flat().flatMap((issue) => (issue.code === 'invalid_type' ? [typeOf(issue)] : [])))
  return [...kinds].join(' or ')
}
