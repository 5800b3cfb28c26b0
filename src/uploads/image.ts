/** An image in transit: checked by its first bytes, streamed, closed only after every check. */
import { randomUUID } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import { checkBody } from '../contract/body-faults.ts'
import { Problem } from '../contract/problems.ts'
import { type BodyOf, bodies } from '../contract/schemas.ts'
import { receiveUpload, type UploadLimits } from './form.ts'

/** By its first bytes; the declared type may only not contradict them. */
type ImageType = 'image/png' | 'image/jpeg' | 'image/gif' | 'image/webp'

/** As many bytes as are looked at: the head of a GIF, whose signature says least. */
const signatureLength = 13

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

/** The types declared where none is known; `text/plain` is that of a part without (RFC 7578). */
const silent: ReadonlySet<string> = new Set(['application/octet-stream', 'binary/octet-stream', 'text/plain'])
const otherNames: Readonly<Record<string, ImageType>> = {
  'image/jpg': 'image/jpeg',
  'image/pjpeg': 'image/jpeg',
  'image/x-png': 'image/png',
}

const mayBeDeclared = (type: ImageType, declared: string): boolean => silent.has(declared) || (otherNames[declared] ?? declared) === type

type ImageFields = BodyOf<'ImageUpload'>

export interface ImageForm extends Disposable {
  /** For the form that goes upstream. */
  readonly contentType: string
  /** True once the end of the form was given out: from here on the vendor may act on it. */
  readonly sealed: boolean
  /** Resolves when the whole form has come; rejects with what was wrong with it. */
  readonly whole: Promise<void>
  /** The form that goes upstream; can be read once. */
  parts(): AsyncGenerator<Uint8Array>
  /** Gives up what has not been read yet; without effect after the end. */
  cancel(): void
}

interface Options extends Partial<UploadLimits> {
  /** Throws a problem when the caller may not send these. Called before anything is sent when
   * `role` came first, and always before the form is closed. */
  checkFields?: (fields: ImageFields) => void | Promise<void>
}

const defaults: UploadLimits = { bytes: 10 * 1024 * 1024, deadline: 60_000, minRate: { bytes: 5 * 1024, window: 5_000 } }

const take = async (chunks: AsyncIterator<Buffer>, length: number): Promise<Buffer> => {
  let head: Buffer = Buffer.alloc(0)
  while (head.length < length) {
    const { done, value } = await chunks.next()
    if (done) break
    head = Buffer.concat([head, value])
  }
  return head
}

const prove = (head: Buffer, declared: string): ImageType => {
  const type = imageType(head)
  if (!type) throw new Problem('unsupported_media_type', { detail: 'The file is none of PNG, JPEG, GIF and WebP.' })
  if (!mayBeDeclared(type, declared))
    throw new Problem('unsupported_media_type', {
      detail: `The file is ${type}, but its part is declared as another type: declare the true one, or none.`,
    })
  return type
}

const asProblem = (error: unknown): Problem =>
  error instanceof Problem ? error : new Problem('bad_request', { detail: 'The upload ended early.', cause: error })

/** Reads an upload as far as the first bytes of its file, which tell what it is. */
export const readImageForm = async (request: IncomingMessage, { checkFields = () => {}, ...limits }: Options = {}): Promise<ImageForm> => {
  const upload = receiveUpload(request, { ...defaults, ...limits })
  const check = async (): Promise<ImageFields> => {
    const fields = checkBody(bodies.ImageUpload, Object.fromEntries(upload.fields))
    await checkFields(fields)
    return fields
  }
  const cancel = (): void => void upload.stop(new Problem('bad_request', { detail: 'The upload was given up.' }))
  let sealed = false

  try {
    const { stream, declared } = await upload.opened
    const chunks: AsyncIterableIterator<Buffer> = stream[Symbol.asyncIterator]()
    const head = await take(chunks, signatureLength)
    const type = prove(head, declared)
    if (upload.fields.has('role')) await check()
    const multipartWriter = createMultipartWriter(type)

    async function* parts(): AsyncGenerator<Uint8Array> {
      try {
        yield multipartWriter.opening
        yield head
        for await (const chunk of chunks) yield chunk
        await upload.ended
        const closing = multipartWriter.closing(await check())
        sealed = true
        yield closing
      } catch (error) {
        throw upload.stop(asProblem(error))
      } finally {
        cancel()
      }
    }
    return {
      contentType: multipartWriter.contentType,
      get sealed() {
        return sealed
      },
      whole: upload.ended,
      parts,
      cancel,
      [Symbol.dispose]: cancel,
    }
  } catch (error) {
    throw upload.stop(asProblem(error))
  }
}

/** The form that goes upstream, made anew: our boundary, our file name, the checked fields. */
const createMultipartWriter = (type: ImageType) => {
  const boundary = `smooch-bff-${randomUUID()}` // cannot be guessed, so no field value can close the form
  const name = `image.${type.slice('image/'.length)}`
  return {
    contentType: `multipart/form-data; boundary=${boundary}`,
    opening: Buffer.from(
      `--${boundary}\r\nContent-Disposition: form-data; name="source"; filename="${name}"\r\nContent-Type: ${type}\r\n\r\n`,
    ),
    closing: (fields: BodyOf<'ImageUpload'>): Buffer => {
      const parts = Object.entries(fields).map(
        ([field, value]) => `\r\n--${boundary}\r\nContent-Disposition: form-data; name="${field}"\r\n\r\n${value}`,
      )
      return Buffer.from(`${parts.join('')}\r\n--${boundary}--\r\n`)
    },
  }
}
