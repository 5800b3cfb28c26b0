/** One rule for text that people see: characters that steer a terminal, turn the direction of a
 * line or take no room become escapes. They are those of JSON, so JSON stays the same JSON. */

/** Controls, formats (bidi, zero-width), line separators, lone surrogates, blank letters. */
const unseen = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/gu
/** The same without line feeds and tabs. */
const unseenInLines = /(?![\t\n])[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/gu

const escaped = (character: string): string =>
  Array.from({ length: character.length }, (_, at) => `\\u${character.charCodeAt(at).toString(16).padStart(4, '0')}`).join('')

/** For one word or cell: line feeds become escapes too. */
export const printable = (text: string): string => text.replace(unseen, escaped)

/** Plain ASCII, as most texts are: a class of such characters is far cheaper to look for. */
const plain = /^[\t\n -~]*$/

/** For a text of several lines, whose parts from outside were made printable before. */
export const printableLines = (text: string): string => (plain.test(text) ? text : text.replace(unseenInLines, escaped))
