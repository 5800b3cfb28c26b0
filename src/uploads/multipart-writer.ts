/** The multipart form that goes upstream, made anew: our boundary, our file name, the checked
 * fields. */
import { randomUUID } from 'node:crypto'
import type { BodyOf } from '../contract/schemas.ts'
import type { ImageType } from './image-type.ts'

export const createMultipartWriter = (type: ImageType) => {
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
