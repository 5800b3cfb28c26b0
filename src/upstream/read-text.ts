/** Reads an answer's body within a bound, so that an endless one costs no more memory than that. */
import type { Readable } from 'node:stream'

const decoder = new TextDecoder('utf-8', { fatal: true })

const textOf = (bytes: Buffer): string | undefined => {
  try {
    return decoder.decode(bytes)
  } catch {
    return undefined
  }
}

/** The text, or undefined when it is longer than `most` bytes or not UTF-8. Rejects when it breaks off. */
export const readText = (body: Readable, most: number): Promise<string | undefined> =>
  new Promise((resolve, reject) => {
    const chunks: Uint8Array[] = []
    let size = 0
    body.on('data', (chunk: Uint8Array) => {
      size += chunk.byteLength
      chunks.push(chunk)
      if (size <= most) return
      resolve(undefined)
      // The connection ends with it.
      body.destroy()
    })
    body.on('end', () => resolve(textOf(Buffer.concat(chunks, size))))
    body.on('error', reject)
    body.on('close', () => reject(new Error('the answer broke off')))
  })
