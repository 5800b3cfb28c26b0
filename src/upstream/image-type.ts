/** Tells an image by its first bytes; the name and the declared type prove nothing. */

export type ImageType = 'image/png' | 'image/jpeg' | 'image/gif' | 'image/webp'

/** As many bytes as the longest signature needs. */
export const signatureLength = 12

const isText = (byte: number): boolean => (byte >= 0x20 && byte < 0x7f) || (byte >= 0x09 && byte <= 0x0d)

// `GIF89a/*` and `GIF89a=1` are scripts as well: what reads as the width of the screen is then text.
const isGif = (head: Buffer): boolean =>
  head.length >= 8 && /^GIF8[79]a$/.test(head.toString('latin1', 0, 6)) && !(isText(head[6]!) && isText(head[7]!))

const signatures: readonly (readonly [ImageType, (head: Buffer) => boolean])[] = [
  ['image/png', (head) => head.toString('latin1', 0, 8) === '\x89PNG\r\n\x1a\n'],
  ['image/jpeg', (head) => head.toString('latin1', 0, 3) === '\xff\xd8\xff'],
  ['image/gif', isGif],
  ['image/webp', (head) => head.toString('latin1', 0, 4) === 'RIFF' && head.toString('latin1', 8, 12) === 'WEBP'],
]

export const imageType = (head: Buffer): ImageType | undefined => signatures.find(([, matches]) => matches(head))?.[0]
