/** `npm run webhooks -- delete ..` sent DELETE to the app itself: an address folds `webhooks/..` away. */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, test } from '@jest/globals'
import { loadApps } from '../../../config/apps.ts'
import { load } from '../../../config/load.ts'
import { webhooks } from '../../../src/webhooks/cli.ts'
import { processEnv } from '../../support/service-process.ts'

const asked: string[] = []
const vendor = createServer((req, res) => {
  asked.push(`${req.method} ${req.url}`)
  res.end('{}')
})

test.each(['..', '.', '', '../..', '..%2f', 'x/..'])('"%s" is no webhook, and nothing is sent', async (id) => {
  await new Promise<void>((resolve) => vendor.listen(0, '127.0.0.1', resolve))
  try {
    const { settings } = load({ ...processEnv, SMOOCH_BASE_URL: `http://127.0.0.1:${(vendor.address() as AddressInfo).port}` })
    await expect(webhooks(['delete', id], settings, loadApps(settings), () => {})).rejects.toThrow('is not the id of a webhook')
    expect(asked).toEqual([])
  } finally {
    await new Promise((resolve) => vendor.close(resolve))
  }
})
