/** Reads an answer's body within a bound, so that an endless one costs no more memory than that. */

/** The text, or undefined when it is longer than `most` bytes or not UTF-8. */
export const readText = async (response: Response, most: number): Promise<string | undefined> => {
  if (!response.body) return ''
  const reader = response.body.getReader()
  const chunks: Uint8Array[] = []
  for (let size = 0; ; ) {
    const { done, value } = await reader.read()
    if (done) break
    size += value.byteLength
    if (size > most) {
      await reader.cancel()
      return undefined
    }
    chunks.push(value)
  }
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(Buffer.concat(chunks))
  } catch {
    return undefined
  }
}
