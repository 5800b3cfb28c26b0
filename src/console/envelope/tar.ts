/** A tar archive (POSIX ustar) of a few files in one folder. */

export interface File {
  /** Below the folder; at most 100 bytes. */
  readonly name: string
  readonly bytes: Uint8Array
}

const block = 512

const octal = (value: number, length: number): string => `${value.toString(8).padStart(length - 1, '0')}\0`

const headerOf = (folder: string, name: string, size: number, seconds: number): Buffer => {
  if (Buffer.byteLength(name) > 100 || Buffer.byteLength(folder) > 155) throw new RangeError('a name is too long for the archive')
  const header = Buffer.alloc(block)
  const put = (text: string, at: number): number => header.write(text, at, 'latin1')
  put(name, 0)
  put(folder, 345)
  put(octal(0o644, 8), 100)
  put(octal(0, 8), 108)
  put(octal(0, 8), 116)
  put(octal(size, 12), 124)
  put(octal(seconds, 12), 136)
  put('        0', 148)
  put('ustar\u000000', 257)
  put(
    `${octal(
      header.reduce((sum, byte) => sum + byte, 0),
      7,
    )} `,
    148,
  )
  return header
}

export const tar = (folder: string, files: readonly File[], at: Date): Buffer =>
  Buffer.concat([
    ...files.flatMap(({ name, bytes }) => [
      headerOf(folder, name, bytes.length, Math.floor(at.getTime() / 1000)),
      bytes,
      Buffer.alloc((block - (bytes.length % block)) % block),
    ]),
    Buffer.alloc(2 * block),
  ])
