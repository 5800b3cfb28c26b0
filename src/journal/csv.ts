/** CSV by RFC 4180 that no spreadsheet evaluates: a cell that begins like a formula gets an apostrophe, and so does one that begins with an apostrophe, so that reading gives back what was written, with unseen marks as escapes. */

import { printableLines } from '../platform/printable.ts'

// Also the full-width forms, and anything that a spreadsheet might skip before them.
const FORMULA = /^[\s\p{Cc}\p{Cf}]*[=+\-@＝＋－＠'|%]|^[\t\r\n]/u

export const cell = (value: unknown): string => {
  const text = value === undefined || value === null ? '' : printableLines(String(value))
  const safe = FORMULA.test(text) ? `'${text}` : text
  return /[",;\t\r\n']/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe
}

export const line = (cells: readonly unknown[]): string => `${cells.map(cell).join(',')}\r\n`
