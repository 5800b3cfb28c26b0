/** What nobody can see: one rule for ids, for names and for the texts of profiles and notes. No runtime import: a browser can use it. */

/** Turns or hides what stands around it. A joiner between two letters belongs to the word in Persian and Indic scripts. */
const formatting = /(?!(?<=[\p{L}\p{M}])[\u200c\u200d](?=[\p{L}\p{M}]))[\p{Cc}\p{Cf}\p{Cs}]/gu

export const withoutFormatting = (text: string): string => text.replace(formatting, '')

/** In an id also what fonts leave blank, whatever Unicode calls it (a space, a filler, the empty Braille pattern): only a plain space within is seen. */
export const unseen =
  /(?!(?<=[\p{L}\p{M}])[\u200c\u200d](?=[\p{L}\p{M}]))(?! )[\p{Cc}\p{Cf}\p{Cs}\p{White_Space}\p{Default_Ignorable_Code_Point}\u2800\u{13441}\u{13442}\u{1d159}]|^ | $/u

/** Something that is more than room: a text without it is as good as empty. */
export const visible = /[^\p{C}\p{White_Space}\p{Default_Ignorable_Code_Point}\u2800\u{13441}\u{13442}\u{1d159}]/u

export const isBlank = (text: string): boolean => !visible.test(text)
