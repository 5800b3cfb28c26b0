/** Names a place in a body, for the words of a refusal. */

/** `properties.colour`, `actions[2].uri`, `properties["plan name"]`. A key that is no plain words could be any text, and is not repeated. */
export const placeOf = (labels: readonly PropertyKey[]): string => labels.map(labelOf).join('').replace(/^\./, '')

const labelOf = (label: PropertyKey): string => {
  if (typeof label === 'number') return `[${label}]`
  const key = String(label)
  if (/^[\w$-]{1,64}$/.test(key)) return `.${key}`
  return /^[\p{L}\p{M}\p{N} ._:/+$-]{1,64}$/u.test(key) ? `["${key}"]` : '.?'
}
