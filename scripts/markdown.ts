/** Markdown of cells, names and tables, as the formatter wants it. */

export const cell = (text: string): string => text.replaceAll('|', '\\|')
export const code = (text: string): string => `\`${text}\``

/** Padded. */
export const table = (heads: readonly string[], lines: readonly (readonly string[])[]): string => {
  const widths = heads.map((head, at) => Math.max(3, head.length, ...lines.map((cells) => cells[at]!.length)))
  const dashes = widths.map((width) => '-'.repeat(width))
  return [heads, dashes, ...lines].map((cells) => `| ${cells.map((text, at) => text.padEnd(widths[at]!)).join(' | ')} |`).join('\n')
}

/** As the sites that show Markdown make it of a heading. */
export const anchorOf = (title: string): string =>
  title
    .toLowerCase()
    .replace(/[^\p{L}\p{N}_ -]/gu, '')
    .replaceAll(' ', '-')
