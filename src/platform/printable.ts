/** One rule for text that people see: what steers a terminal, turns the direction of a line or takes no room is shown as an escape and never obeyed. The escapes are those of JSON, so that JSON stays what it was. */

/** Controls (C0, DEL, C1), formats (bidi, zero-width), separators of lines, halves of pairs, and what fonts leave out. */
const unseen = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/gu
/** The same but for the ends of lines and tabs. */
const unseenInLines = /(?![\t\n])[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/gu

const escaped = (character: string): string =>
  Array.from({ length: character.length }, (_, at) => `\\u${character.charCodeAt(at).toString(16).padStart(4, '0')}`).join('')

/** One word or cell: an end of line in it is an escape, too. */
export const printable = (text: string): string => text.replace(unseen, escaped)

/** Plain ASCII, as most texts are: a class of such characters is far cheaper to look for. */
const plain = /^[\t\n -~]*$/

/** A text of ours that has lines; what was put into them was made printable before. */
export const printableLines = (text: string): string => (plain.test(text) ? text : text.replace(unseenInLines, escaped))
