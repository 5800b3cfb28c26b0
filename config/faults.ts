/** What is wrong with the value of a setting, in our own words and without repeating it. */
import type { z } from 'zod'
import { type SettingName, settings } from './settings.ts'

const kinds: Readonly<Record<string, string>> = {
  array: 'a list',
  boolean: 'true or false',
  int: 'a whole number',
  number: 'a number',
  object: 'fields, each a name, a colon and a value',
  string: 'text; what looks like a number stands in quotation marks',
}

/** Our words for faults without words of their own in the table; undefined: the library's. */
export const inOurWords: z.core.$ZodErrorMap = (issue) => {
  const length = issue['origin'] === 'string'
  if (issue.code === 'unrecognized_keys') return 'has a field that is not known'
  if (issue.code === 'invalid_value') return `must be one of ${issue.values.join(', ')}`
  if (issue.code === 'invalid_type') return `must be ${kinds[issue.expected] ?? issue.expected}`
  if (issue.code === 'too_small' && issue['origin'] === 'array') return 'is an empty list'
  if (issue.code === 'too_big') return length ? `must have at most ${issue.maximum} characters` : `must be at most ${issue.maximum}`
  if (issue.code === 'too_small') return length ? `must have at least ${issue.minimum} characters` : `must be at least ${issue.minimum}`
  return undefined
}

const quotes = '"\''

/** Slips of those who write settings that every schema of a text would let through. */
const slipIn = (name: SettingName, text: string): string | undefined => {
  if (text.length > 1 && quotes.includes(text[0]!) && text.endsWith(text[0]!))
    return 'stands in quotation marks, which would be part of it: leave them out'
  const isOneLine = 'secret' in settings[name] && !text.includes('-----BEGIN')
  // A list may have a line for each.
  if (isOneLine && text.split(',').some((part) => /\p{Cc}/u.test(part.trim())))
    return 'holds a line break or another control character within: give the value alone'
  return undefined
}

/** The fault of this text as the value of a setting, without repeating the text. */
export const faultOfSetting = (name: SettingName, text: string): string | undefined => {
  const slip = slipIn(name, text)
  if (slip !== undefined) return slip
  const { success, error } = settings[name].schema.safeParse(text, { error: inOurWords })
  return success ? undefined : error.issues.map(({ message }) => message).join('; ')
}
