/** A list of webhook secrets that ended with a comma held an empty one, and a delivery with an empty key was taken for the vendor's. */
import { expect, test } from '@jest/globals'
import { load } from '../../../config/load.ts'
import { processEnv } from '../../support/service-process.ts'

test.each(['the-new-secret-1234,', ',the-new-secret-1234', 'the-new-secret-1234,,the-old-secret-1234'])(
  '"%s" is no list of secrets',
  (list) => {
    expect(() => load({ ...processEnv, SMOOCH_WEBHOOK_SECRET: list })).toThrow('SMOOCH_WEBHOOK_SECRET')
  },
)
