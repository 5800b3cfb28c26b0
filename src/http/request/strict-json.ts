/** JSON without what parsers read differently: doubled or magic keys, lone surrogates, numbers that
 * would change, endless depth. */
import { faultIn, placeOf } from '../../contract/field-faults.ts'
import type { Problem } from '../../contract/problems.ts'
import { isExact, mayRound } from '../../platform/exact-json.ts'

const depthLimit = 16
const magic = new Set(['__proto__', 'constructor', 'prototype'])
/** Strings whole, then punctuation, then numbers and words. For text that is known to be JSON. */
const tokens = /"[^"\\]*(?:\\.[^"\\]*)*"|[{}[\],:]|[^\s{}[\],:"]+/g

/** Where the reader is, and what it met there. */
const refuse = (says: string, frames: readonly Frame[] = [], { more = '', cause }: { more?: string; cause?: unknown } = {}): Problem => {
  const place = frames.map((frame) => frame.label)
  return faultIn('body', place, `${says}${more}`, {
    detail: `The body ${says}${place.length > 0 ? ` at ${placeOf(place)}` : ''}${more}.`,
    cause,
  })
}

/** The value of the bytes, or a `bad_request` that says what is wrong and where. */
export const parseStrictJson = (bytes: Uint8Array): unknown => {
  const text = decodeBody(bytes)
  const value = parse(text)
  scan(text)
  return value
}

/** The text of a body. Throws `bad_request` for what is not UTF-8, which is not repaired. */
export const decodeBody = (bytes: Uint8Array): string => {
  if (bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf) throw refuse('begins with a byte order mark')
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch (cause) {
    throw refuse('is not valid UTF-8', [], { cause })
  }
}

const parse = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch (error) {
    // V8's message quotes the text around the fault, so only the position is taken from it.
    const position = /at position (\d+)/.exec(String(error))?.[1]
    throw refuse(`is not valid JSON${position === undefined ? '' : ` at character ${position}`}`)
  }
}

/** One open object or array; `label` is the key or index that is being read. */
interface Frame {
  readonly keys: Set<string> | undefined
  label: string | number
  awaitsKey: boolean
}

const scan = (text: string): void => {
  const frames: Frame[] = []
  const numbersToo = mayRound(text)
  for (const [token] of text.matchAll(tokens)) {
    const frame = frames.at(-1)
    if (token === '{' || token === '[') {
      if (frames.length === depthLimit) throw refuse(`is nested more than ${depthLimit} deep`, frames)
      frames.push({ keys: token === '{' ? new Set() : undefined, label: token === '{' ? '' : 0, awaitsKey: token === '{' })
    } else if (token === '}' || token === ']') frames.pop()
    else if (token === ',') advance(frame!)
    else if (token === ':') continue
    else if (token.startsWith('"')) takeString(token, frames)
    else if (numbersToo && /^[-\d]/.test(token)) checkNumber(token, frames)
  }
}

const advance = (frame: Frame): void => {
  if (frame.keys) {
    frame.awaitsKey = true
    frame.label = ''
  } else frame.label = Number(frame.label) + 1
}

const takeString = (token: string, frames: Frame[]): void => {
  // Without a backslash a string means what it shows, and decoded UTF-8 holds no lone surrogate.
  const value = token.includes('\\') ? (JSON.parse(token) as string) : token.slice(1, -1)
  if (!value.isWellFormed()) throw refuse('holds half a surrogate pair', frames)
  const frame = frames.at(-1)
  if (!frame?.awaitsKey) return
  const { keys } = frame
  frame.awaitsKey = false
  frame.label = value
  if (magic.has(value)) throw refuse('holds a key that is not accepted', frames)
  if (keys?.has(value)) throw refuse('holds a key twice', frames)
  keys?.add(value)
}

const checkNumber = (token: string, frames: readonly Frame[]): void => {
  if (!Number.isFinite(Number(token))) throw refuse('holds a number out of range', frames)
  if (!isExact(token)) throw refuse('holds a number of more digits than can be kept', frames, { more: '; send it as text' })
}
