/** A list of webhook secrets that ended with a comma held an empty one, and a delivery with an empty key was taken for the vendor's. */
import { expect, test } from '@jest/globals'
import { startBff } from '../support/bff.ts'

test.each(['the-new-secret-1234,', ',the-new-secret-1234', 'the-new-secret-1234,,the-old-secret-1234'])(
  '"%s" is no list of secrets',
  async (list) => {
    await expect(startBff({ env: { SMOOCH_WEBHOOK_SECRET: list } })).rejects.toThrow('SMOOCH_WEBHOOK_SECRET')
  },
)
