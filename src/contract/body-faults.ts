/** What is wrong with a body, from zod's issues: where, and in words that never repeat a value. */
import type { z } from 'zod'
import { placeOf, pointerOf } from './field-faults.ts'
import { nearName } from './near-names.ts'
import { type FieldFault, Problem } from './problems.ts'

/** A body of thousands of wrong fields must not make an answer of megabytes. */
const maxFaults = 20

/** A `bad_request` that names the first field at fault in its sentence, and all of them in `errors`. */
export const bodyProblem = ({ issues }: z.ZodError, schema: z.ZodType): Problem => {
  const [first] = issues
  const place = first === undefined ? '' : placeOf(pathOf(first))
  return new Problem('bad_request', {
    detail: `${place || 'body'}: ${first === undefined ? 'is not accepted' : sentence(first, hintOf(schema))}`,
    errors: issues.flatMap((issue) => faultsOf(issue, hintOf(schema))).slice(0, maxFaults),
  })
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

const oneOf = (values: readonly unknown[]): string => `must be one of ${values.join(', ')}`

const units: Readonly<Record<string, string>> = { string: 'characters', array: 'entries', object: 'fields' }

/** zod's messages name types and limits, never the value; only unknown keys are the caller's text,
 * and they are put as places. */
const sentence = (issue: z.core.$ZodIssue, hint: Hint = () => ''): string => {
  if (issue.code === 'unrecognized_keys') return `unknown field ${placeOf(issue.keys.slice(0, 1))}${hint(issue.path, issue.keys[0] ?? '')}`
  if (issue.code === 'invalid_key') return `a key: ${issue.issues.map((each) => sentence(each)).join(', ')}`
  if (issue.message.endsWith('received undefined')) return 'is required'
  // A schema's own words say more than ours.
  if (!/^(?:Invalid|Too small|Too big)\b/.test(issue.message)) return issue.message
  if (issue.code === 'invalid_value') return oneOf(issue.values)
  if (issue.code === 'invalid_union' && 'options' in issue && Array.isArray(issue.options)) return oneOf(issue.options)
  if (issue.code === 'too_small' && units[issue.origin])
    return issue.minimum === 1 ? 'must not be empty' : `must have at least ${issue.minimum} ${units[issue.origin]}`
  if (issue.code === 'too_big' && units[issue.origin]) return `may have at most ${issue.maximum} ${units[issue.origin]}`
  if (issue.code === 'invalid_union' && issue.message === 'Invalid input' && issue.errors.length > 0)
    return `expected ${kindsOf(issue.errors)}`
  return issue.message.replace(/^Invalid input: /, '').replace(/, received [\w ]+$/, '')
}

/** The types that a union takes. */
const kindsOf = (errors: readonly (readonly z.core.$ZodIssue[])[]): string => {
  const kinds = new Set(errors.flat().map((issue) => (issue.code === 'invalid_type' ? issue.expected : issue.message)))
  return [...kinds].join(' or ')
}
