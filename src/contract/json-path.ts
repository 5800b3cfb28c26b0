/** Names a place in a body, for the words of a refusal and as its pointer. */

/** `properties.colour`, `actions[2].uri`, `properties["plan name"]`. Other keys could be any text,
 * so they are not repeated. */
export const placeOf = (labels: readonly PropertyKey[]): string => labels.map(labelOf).join('').replace(/^\./, '')

/** The place as RFC 9457 points to it: a JSON pointer in a fragment, as far as its keys are plain words. */
export const pointerOf = (labels: readonly PropertyKey[]): string => {
  const unclear = labels.findIndex((label) => labelOf(label) === '.?')
  const clear = unclear < 0 ? labels : labels.slice(0, unclear)
  return ['#', ...clear.map((label) => encodeURIComponent(String(label).replaceAll('/', '~1')))].join('/')
}

const labelOf = (label: PropertyKey): string => {
  if (typeof label === 'number') return `[${label}]`
  const key = String(label)
  if (/^[\w$-]{1,64}$/.test(key)) return `.${key}`
  return /^[\p{L}\p{M}\p{N} ._:/+$-]{1,64}$/u.test(key) ? `["${key}"]` : '.?'
}
