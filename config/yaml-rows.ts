/** A YAML file with the places of its parts. Faults are told by line, column and kind: the parser's
 * own messages quote the text, which holds secrets. */
import { type Document, isMap, isNode, LineCounter, type Node, parseDocument } from 'yaml'

const kinds: Readonly<Record<string, string>> = {
  BAD_SCALAR_START: 'a value begins with a character that YAML keeps for itself; put it in quotation marks',
  BLOCK_AS_IMPLICIT_KEY: 'a value holds a colon and a space, or is indented wrongly',
  BAD_INDENT: 'the indentation, or a bracket that is not closed',
  MISSING_CHAR: 'something is missing here: a closing quotation mark, a bracket, a colon or a dash',
  TAB_AS_INDENT: 'a tab; indent with spaces',
  DUPLICATE_KEY: 'a key is there twice',
  MULTIPLE_DOCS: 'a second document',
  NON_STRING_KEY: 'a key is not text',
  BAD_ALIAS: 'an alias that has no anchor',
  TAG_RESOLVE_FAILED: 'a tag that is not known',
}

/** Calls `fail` with every syntax fault, one line each. */
export const readYaml = (text: string, fail: (faults: readonly string[]) => never) => {
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, stringKeys: true, logLevel: 'error' })
  const place = (offset: number): string => {
    const { line, col } = lines.linePos(offset)
    return `line ${line}, column ${col}`
  }
  const faults = [...document.errors, ...document.warnings]
  if (faults.length > 0) fail(faults.map(({ code, pos }) => `${place(pos[0])}: ${kinds[code] ?? 'no YAML'} (${code})`))
  return {
    content: contentOf(document, fail),
    /** `line 3, column 5` of the value at this path, or of what should hold it; or of its `key`. */
    at: (path: readonly PropertyKey[], key?: string): string => place(offsetOf(document, path, key)),
    has: (path: readonly PropertyKey[]): boolean => document.hasIn(path),
  }
}

const contentOf = (document: Document, fail: (faults: readonly string[]) => never): unknown => {
  try {
    return document.toJS()
  } catch {
    return fail(['it holds an alias that has no anchor, or too many aliases'])
  }
}

/** The offset of the deepest part of the path that exists. */
const offsetOf = (document: Document, path: readonly PropertyKey[], key?: string): number => {
  for (let length = path.length; length > 0; length--) {
    const node: unknown = document.getIn(path.slice(0, length), true)
    if (!isNode(node)) continue
    const held =
      key !== undefined && length === path.length && isMap(node) ? node.items.find((pair) => String(pair.key) === key)?.key : node
    return ((held ?? node) as Node).range?.[0] ?? 0
  }
  return document.contents?.range?.[0] ?? 0
}

export type Yaml = ReturnType<typeof readYaml>
