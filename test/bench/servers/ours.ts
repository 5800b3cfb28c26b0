/** OURS: the whole service, as `npm start` runs it, with every duty on. */

import { loadApps } from '../../../config/apps.ts'
import { load } from '../../../config/load.ts'
import { createLog } from '../../../src/platform/log/logger.ts'
import { growNewSpace } from '../../../src/platform/process/v8-flags.ts'
import { startApp } from '../../../src/service/app.ts'
import { ready } from '../child.ts'
import { appId } from '../person.ts'

const secret = (name: string) => `bench-${name}-secret-of-32-characters-or-more`
const { settings } = load({
  NODE_ENV: 'test',
  PORT: '0',
  PRIVATE_PORT: '0',
  SMOOCH_BASE_URL: process.env['VENDOR'],
  SMOOCH_APP_ID: appId,
  SMOOCH_KEY_ID: 'app_bench',
  SMOOCH_KEY_SECRET: secret('key'),
  SESSION_KEYS: `k:${secret('session')}`,
  SESSION_PEPPERS: `p:${secret('pepper')}`,
  SERVICE_KEYS: `bench:${secret('service')}`,
  REDIS_URL: process.env['REDIS'],
  JOURNAL_URL: process.env['JOURNAL'],
  LIMIT_READS: '1000000',
  LIMIT_WRITES: '1000000',
  LIMIT_GUARDED: '1000000',
  LIMIT_IMAGES: '1000000',
})
const app = await startApp({ settings, apps: loadApps(settings), log: createLog('info') })
growNewSpace()
ready({ url: app.publicUrl, path: '/bff/v1.1/appusers/me', privateUrl: app.privateUrl, serviceKey: secret('service') })
