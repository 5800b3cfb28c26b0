/** What stands behind a command: flags read strictly, and the error for those that do not fit. */

export type Flags = Readonly<Record<string, string | boolean | readonly string[] | undefined>>

export class Usage extends Error {}

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
