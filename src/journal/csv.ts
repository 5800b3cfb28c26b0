/** CSV by RFC 4180 that no spreadsheet evaluates: a cell that begins like a formula or with an
 * apostrophe gets an apostrophe before it. Invisible characters become escapes. */

import { printableLines } from '../platform/printable.ts'

// Full-width forms too, and whatever a spreadsheet may skip before them.
const formula = /^[\s\p{Cc}\p{Cf}]*[=+\-@＝＋－＠'|%]|^[\t\r\n]/u

export const cell = (value: unknown): string => {
  const text = value === undefined || value === null ? '' : printableLines(String(value))
  const safe = formula.test(text) ? `'${text}` : text
  return /[",;\t\r\n']/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe
}

export const line = (cells: readonly unknown[]): string => `${cells.map(cell).join(',')}\r\n`
