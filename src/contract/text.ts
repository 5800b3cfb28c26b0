/** Invisible characters: one rule for ids, names and texts. No runtime import: for browsers too. */

/** Characters that turn or hide their surroundings. A joiner between two letters belongs to the
 * word in Persian and Indic scripts. */
const formatting = /(?!(?<=[\p{L}\p{M}])[\u200c\u200d](?=[\p{L}\p{M}]))[\p{Cc}\p{Cf}\p{Cs}]/gu

export const withoutFormatting = (text: string): string => text.replace(formatting, '')

/** In an id also characters that fonts leave blank, whatever their category (spaces, fillers, empty
 * Braille); only a plain space within is visible. */
export const unseen =
  /(?!(?<=[\p{L}\p{M}])[\u200c\u200d](?=[\p{L}\p{M}]))(?! )[\p{Cc}\p{Cf}\p{Cs}\p{White_Space}\p{Default_Ignorable_Code_Point}\u2800\u{13441}\u{13442}\u{1d159}]|^ | $/u

/** A visible character; a text without one counts as empty. */
const visible = /[^\p{C}\p{White_Space}\p{Default_Ignorable_Code_Point}\u2800\u{13441}\u{13442}\u{1d159}]/u

export const isBlank = (text: string): boolean => !visible.test(text)

/** The rule of a schema, and its words. */
export const notBlank = [(text: string): boolean => !isBlank(text), 'must hold at least one visible character'] as const
