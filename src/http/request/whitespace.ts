/** Blanks around a header's value are SP and HTAB (RFC 9110, section 5.6.3); `trim()` also takes
 * U+00A0 and others, which are bytes of the value here. */
export const withoutBlanks = (text: string): string => {
  let from = 0
  let to = text.length
  while (from < to && isBlank(text, from)) from++
  while (to > from && isBlank(text, to - 1)) to--
  return text.slice(from, to)
}

const isBlank = (text: string, at: number): boolean => text[at] === ' ' || text[at] === '\t'
