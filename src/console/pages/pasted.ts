/** What people paste into the search, with whatever stood around it: an id in a line of the log, an
 * address of the console or of a call, a name in brackets or before a full stop. */
import { looksLikeSmoochId } from '../../contract/ids.ts'

const id = /\b(?:(?:op|evt)_[\da-f]{8}-[\da-f]{4}-[\da-f]{4}-[\da-f]{4}-[\da-f]{12}|req_[\w-]{20})(?![\w-])/i

/** An id of an operation, an event or a request in a longer word; capitals matter in the last. */
export const idIn = (text: string): string | undefined => {
  const found = id.exec(text)?.[0]
  return found?.startsWith('req_') ? found : found?.toLowerCase()
}

const decoded = (part: string): string | undefined => {
  try {
    return decodeURIComponent(part)
  } catch {
    return undefined
  }
}

/** The search of a page of the console, or the person of a call, when the word is its address. */
export const addressIn = (text: string): { readonly search?: string; readonly name?: string } => {
  const address = /^(?:https?:\/\/|\/)/i.test(text) ? URL.parse(text, 'http://localhost') : null
  const search = address && /\/ops\/?$/.test(address.pathname) ? address.searchParams.get('q') : null
  const name = decoded(/\/v1\.1\/(?:apps\/[^/]+\/)?appusers\/([^/]+)/.exec(address?.pathname ?? '')?.[1] ?? '')
  return search ? { search } : name ? { name } : {}
}

const opening = new Set('<([{"\'`“„‘«#')
const closing = new Set('>)]}"\'`”“’»,.;:!?')

/** Without what stands around a word in a text. */
export const bare = (text: string): string => {
  let [first, last] = [0, text.length]
  while (first < last && opening.has(text[first]!)) first += 1
  while (last > first && closing.has(text[last - 1]!)) last -= 1
  return text.slice(first, last)
}

/** Values with a comma between them. */
export const partsOf = (text: string): string[] =>
  text.split(',').flatMap((part) => {
    const value = bare(part.trim())
    return value === '' ? [] : [value]
  })

/** As it stands, since an id may hold any mark; and what else may be meant by it: its parts, and an
 * e-mail address or `_id` in small letters. */
export const formsOf = (text: string): string[] => {
  const parts = partsOf(text)
  const small = parts.filter((part) => part.includes('@') || looksLikeSmoochId(part.toLowerCase())).map((part) => part.toLowerCase())
  return [...new Set([text, ...parts, ...small])]
}
