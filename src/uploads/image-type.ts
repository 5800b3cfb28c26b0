/** The type of an image by its first bytes; the declared type may only not contradict them. */

export type ImageType = 'image/png' | 'image/jpeg' | 'image/gif' | 'image/webp'

/** As many bytes as are looked at: the head of a GIF, whose signature says least. */
export const signatureLength = 13

const isText = (byte: number): boolean => (byte >= 0x20 && byte < 0x7f) || (byte >= 0x09 && byte <= 0x0d)

/** `GIF89a` is a variable's name as well: a script goes on in text, or hides what follows in a
 * comment, a string or a pattern. No screen is so wide. */
const isScript = (afterName: Buffer): boolean => /^(?:\/[/*]|=[/"'`])/.test(afterName.toString('latin1')) || afterName.every(isText)

const isGif = (head: Buffer): boolean =>
  /^GIF8[79]a/.test(head.toString('latin1', 0, 6)) && head.length >= 8 && !isScript(head.subarray(6, 13))

const signatures: readonly (readonly [ImageType, (head: Buffer) => boolean])[] = [
  ['image/png', (head) => head.toString('latin1', 0, 8) === '\x89PNG\r\n\x1a\n'],
  ['image/jpeg', (head) => head.toString('latin1', 0, 3) === '\xff\xd8\xff'],
  ['image/gif', isGif],
  ['image/webp', (head) => head.toString('latin1', 0, 4) === 'RIFF' && head.toString('latin1', 8, 12) === 'WEBP'],
]

export const imageType = (head: Buffer): ImageType | undefined => signatures.find(([, matches]) => matches(head))?.[0]

/** What clients declare that do not know the type; `text/plain` is also what a part without a type
 * is (RFC 7578). */
const silent: ReadonlySet<string> = new Set(['application/octet-stream', 'binary/octet-stream', 'text/plain'])
const otherNames: Readonly<Record<string, ImageType>> = {
  'image/jpg': 'image/jpeg',
  'image/pjpeg': 'image/jpeg',
  'image/x-png': 'image/png',
}

export const mayBeDeclared = (type: ImageType, declared: string): boolean =>
  silent.has(declared) || (otherNames[declared] ?? declared) === type
