/** Arguments of a command, read strictly, and the error for those that do not fit. */
import { readFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { isBlank } from '../../contract/text.ts'

export type Flags = Readonly<Record<string, string | boolean | readonly string[] | undefined>>

export class Usage extends Error {}

interface Option {
  readonly type: 'string' | 'boolean'
  readonly multiple?: true
}

/** Other flags have one value. */
const special: Readonly<Record<string, Option>> = {
  checkpoint: { type: 'string', multiple: true },
  follow: { type: 'boolean' },
  personal: { type: 'boolean' },
  proof: { type: 'boolean' },
}

export interface ParsedArguments {
  readonly flags: readonly string[]
  /** Name of its one argument. */
  readonly argument?: string
}

/** Throws for an unknown flag or word: ignoring it would give another answer than was asked for. */
export const read = (name: string, { flags, argument }: ParsedArguments, args: readonly string[]): { flags: Flags; argument: string } => {
  const options = Object.fromEntries(flags.map((flag): [string, Option] => [flag, special[flag] ?? { type: 'string' }]))
  const { tokens, values, positionals } = parseArgs({ args: [...args], options, strict: false, tokens: true })
  const seen = new Set<string>()
  for (const token of tokens) {
    if (token.kind !== 'option') continue
    const option = Object.hasOwn(options, token.name) ? options[token.name] : undefined
    const known = flags.length > 0 ? `it takes ${flags.map((flag) => `--${flag}`).join(', ')}` : 'it takes no flags'
    if (!option) throw new Usage(`${name} does not take ${token.rawName}; ${known}`)
    if (option.type === 'boolean' && token.value !== undefined) throw new Usage(`${token.rawName} takes no value`)
    // A value that begins with a dash is a forgotten value, unless written as --flag=value.
    const value = token.value ?? ''
    if (option.type === 'string' && (isBlank(value) || (!token.inlineValue && value.startsWith('-'))))
      throw new Usage(`${token.rawName} needs a value`)
    if (seen.has(token.name) && !option.multiple) throw new Usage(`${token.rawName} is there twice`)
    seen.add(token.name)
  }
  const max = argument === undefined ? 0 : 1
  if (positionals.length > max) throw new Usage(`${name} does not take the word ${positionals[max]}`)
  if (argument !== undefined && !positionals[0]) throw new Usage(`${name} needs ${argument}`)
  return { flags: values as Flags, argument: positionals[0] ?? '' }
}

/** Of a file that the caller named: that it is a folder, Node says without its name. */
export const readNamed = (path: string): string => {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    throw Object.assign(error as Error, { path })
  }
}

export const text = (flags: Flags, name: string): string | undefined => (typeof flags[name] === 'string' ? flags[name] : undefined)
export const required = (flags: Flags, name: string): string => {
  const value = text(flags, name)
  if (value === undefined) throw new Usage(`--${name} is needed`)
  return value
}
export const number = (flags: Flags, name: string): number | undefined => {
  const value = text(flags, name)
  if (value !== undefined && !/^\d+$/.test(value)) throw new Usage(`--${name} is a number`)
  return value === undefined ? undefined : Number(value)
}
/** An id of an operation or event as the journal has it; capitals mean the same (RFC 9562). */
export const inSmallLetters = (id: string): string => id.toLowerCase()
export const formatOf = (flags: Flags): 'ndjson' | 'csv' => {
  const format = text(flags, 'format') ?? 'ndjson'
  if (format !== 'ndjson' && format !== 'csv') throw new Usage('--format is ndjson or csv')
  return format
}
