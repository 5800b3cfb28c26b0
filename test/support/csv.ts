/** Reads CSV back, as a check on what is written. */

/** The cells of a whole text, apostrophes taken off again. */
export function parse(text: string): string[][] {
  const rows: string[][] = []
  let row: string[] = []
  const token = /(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r\n|$)/gy
  while (token.lastIndex < text.length) {
    const match = token.exec(text)
    if (!match) throw new SyntaxError('not a CSV text')
    const content = match[1] === undefined ? match[2]! : match[1].replaceAll('""', '"')
    row.push(content.startsWith("'") ? content.slice(1) : content)
    if (match[3] !== ',') {
      rows.push(row)
      row = []
    } else if (token.lastIndex === text.length) row.push('')
  }
  if (row.length > 0) rows.push(row)
  return rows
}
