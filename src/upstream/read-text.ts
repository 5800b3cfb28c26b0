/** Reads an answer's body within a bound, so that an endless one costs no more memory than that. */

/** The text, or undefined when it is longer than `most` bytes or not UTF-8. */
export const readText = async (body: AsyncIterable<Uint8Array>, most: number): Promise<string | undefined> => {
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of body) {
    size += chunk.byteLength
    // Leaving the loop ends the stream, and the connection with it.
    if (size > most) return undefined
    chunks.push(chunk)
  }
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(Buffer.concat(chunks))
  } catch {
    return undefined
  }
}
