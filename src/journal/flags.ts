/** What stands behind a command: flags read strictly, and the error for those that do not fit. */

const texts = [
  'from',
  'to',
  'format',
  'out',
  'verdict',
  'by',
  'note',
  'tenant',
  'user',
  'before',
  'target',
  'actor',
  'action',
  'state',
  'ticket',
  'cursor',
  'limit',
  'role',
  'key',
] as const
const switches = ['follow', 'personal', 'proof', 'help'] as const

export type Flag = (typeof texts)[number] | (typeof switches)[number] | 'checkpoint'

/** As `parseArgs` takes them. */
export const options = {
  checkpoint: { type: 'string', multiple: true },
  ...(Object.fromEntries(switches.map((name) => [name, { type: 'boolean' }])) as Record<(typeof switches)[number], { type: 'boolean' }>),
  ...(Object.fromEntries(texts.map((name) => [name, { type: 'string' }])) as Record<(typeof texts)[number], { type: 'string' }>),
} as const

export type Flags = Readonly<Record<string, string | boolean | readonly string[] | undefined>>

export class Usage extends Error {}

/** A flag or word that means nothing here is refused: whoever gave it would take the answer for another one. */
export const requireKnown = (
  name: string,
  given: Flags,
  { flags, word }: { readonly flags: readonly Flag[]; readonly word?: string },
  words: readonly string[],
): void => {
  const stranger = Object.keys(given).find((flag) => !(flags as readonly string[]).includes(flag))
  const takes = flags.length > 0 ? `it takes ${flags.map((flag) => `--${flag}`).join(', ')}` : 'it takes no flags'
  if (stranger !== undefined) throw new Usage(`${name} does not take --${stranger}; ${takes}`)
  const most = word === undefined ? 0 : 1
  if (words.length > most) throw new Usage(`${name} does not take the word ${words[most]}`)
  if (word !== undefined && !words[0]) throw new Usage(`${name} needs ${word}`)
}

export const text = (flags: Flags, name: string): string | undefined => (typeof flags[name] === 'string' ? flags[name] : undefined)
export const need = (flags: Flags, name: string): string => {
  const value = text(flags, name)
  if (value === undefined || value === '') throw new Usage(`--${name} is needed`)
  return value
}
export const number = (flags: Flags, name: string): number | undefined => {
  const value = text(flags, name)
  if (value !== undefined && !/^\d+$/.test(value)) throw new Usage(`--${name} is a number`)
  return value === undefined ? undefined : Number(value)
}
export const formatOf = (flags: Flags): 'ndjson' | 'csv' => {
  const format = text(flags, 'format') ?? 'ndjson'
  if (format !== 'ndjson' && format !== 'csv') throw new Usage('--format is ndjson or csv')
  return format
}
