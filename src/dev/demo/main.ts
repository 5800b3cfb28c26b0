/** `npm run demo`: the sandbox in place of the vendor, the service in front of it and a page to try
 * it, all on this machine. */
import { randomBytes } from 'node:crypto'
import { Router } from 'express'
import { loadApps } from '../../../config/apps.ts'
import { load, SettingsError } from '../../../config/load.ts'
import { settings as settingRows } from '../../../config/settings.ts'
import { errorMessage, withSetting } from '../../platform/error-message.ts'
import { urlHost } from '../../platform/ip-address.ts'
import { createLog } from '../../platform/log/logger.ts'
import { printableLines } from '../../platform/printable.ts'
import { untilSignal } from '../../platform/process/signals.ts'
import { startApp } from '../../service/app.ts'
import { loginAddress } from '../../sign-in/return-to.ts'
import { sandboxVariable } from '../sandbox/environment.ts'
import { defaultPort, startSandbox } from '../sandbox/sandbox.ts'
import { areOfThisMachine } from '../this-machine.ts'
import { refusalOfWords } from '../words.ts'
import { demoFaults } from './faults.ts'
import { demoPage } from './page.ts'
import { appUsers, people } from './people.ts'
import { demoSignIn } from './sign-in.ts'

const addressOf = (host: string): string => `http://${urlHost(host)}`

const secret = () => randomBytes(32).toString('base64url')

/** Pages elsewhere on this machine, and always the demo's own. */
const originsOf = ({ PUBLIC_ORIGIN, PORT }: NodeJS.ProcessEnv): { PUBLIC_ORIGIN?: string } => {
  if (!PUBLIC_ORIGIN || PORT === '0') return {}
  return { PUBLIC_ORIGIN: [...new Set([`http://localhost:${PORT || 3000}`, ...PUBLIC_ORIGIN.split(',')])].join(',') }
}

const ports = () => {
  const { SANDBOX_PORT, PORT, PRIVATE_PORT } = process.env
  return {
    SANDBOX_PORT: Number(SANDBOX_PORT || defaultPort),
    PORT: Number(PORT || settingRows.PORT.default),
    PRIVATE_PORT: Number(PRIVATE_PORT || settingRows.PRIVATE_PORT.default),
  }
}

const run = async (): Promise<void> => {
  const { env } = process
  if (env['NODE_ENV'] === 'production')
    throw new SettingsError(['NODE_ENV is production: the demo lets anybody sign in as anybody; use npm start'])
  const appId = sandboxVariable(env, 'SANDBOX_APP_ID')
  const key = { id: 'app_69f0100f2a3b4c5d6e7f8092', secret: secret(), scope: 'app' as const }
  const serviceKey = secret()
  const webhookSecret = secret()
  const chosen = (name: string, otherwise: string) => ({ [name]: env[name] || otherwise })
  const sandbox = await startSandbox({
    port: Number(sandboxVariable(env, 'SANDBOX_PORT')),
    apps: [{ appId, keys: [key] }],
    people: appUsers,
  })
  try {
    const { settings } = load({
      ...env,
      ...originsOf(env),
      ...chosen('SESSION_KEYS', `demo:${secret()}`),
      ...chosen('SESSION_PEPPERS', `demo:${secret()}`),
      ...chosen('SERVICE_KEYS', `demo:${serviceKey}`),
      ...chosen('SELF_PROPERTIES', 'language'),
      ...chosen('LOG_LEVEL', 'warn'),
      ...chosen('JOURNAL_URL', 'sqlite:./data/demo/journal.db'),
      SMOOCH_BASE_URL: sandbox.url,
      SMOOCH_APP_ID: appId,
      SMOOCH_KEY_ID: key.id,
      SMOOCH_KEY_SECRET: key.secret,
      SMOOCH_WEBHOOK_SECRET: webhookSecret,
    })
    const { PUBLIC_ORIGIN = [], STAFF_ORIGIN, HOST, PRIVATE_HOST } = settings
    if (!areOfThisMachine([...PUBLIC_ORIGIN, ...(STAFF_ORIGIN ? [STAFF_ORIGIN] : []), ...[HOST, PRIVATE_HOST].map(addressOf)]))
      throw new SettingsError([
        'PUBLIC_ORIGIN, STAFF_ORIGIN, HOST or PRIVATE_HOST is not on this machine: the demo lets anybody sign in as anybody',
      ])
    const log = createLog(settings.LOG_LEVEL)
    const extend: Parameters<typeof startApp>[0]['extend'] = ({ mint, origins }) => ({
      root: demoPage(settings.BASE_PATH, sandbox.integration(appId, 'messenger'), settings.AUDIT_REASONS),
      below: Router().use(
        demoSignIn(mint, origins, settings.BASE_PATH),
        demoFaults(() => sandbox, origins),
      ),
      signIn: loginAddress(settings.BASE_PATH),
    })
    const app = await startApp({ settings, apps: loadApps(settings), log, extend })
    sandbox.addWebhook(appId, { target: `${app.publicUrl}${settings.BASE_PATH}/webhooks/smooch/${appId}`, secret: webhookSecret })
    // Another journal may hold a password in its address.
    const journal = env['JOURNAL_URL'] ? 'as JOURNAL_URL says' : 'in ./data/demo'
    const keyToShow = env['SERVICE_KEYS'] ? 'as given in SERVICE_KEYS' : serviceKey
    process.stdout.write(welcome({ ...app, base: settings.BASE_PATH, sandbox: sandbox.url, serviceKey: keyToShow, journal }))
    await untilSignal()
    await app.close(5_000)
    await log.close()
  } finally {
    await sandbox.close()
  }
}

interface Shown {
  origins: readonly string[]
  privateUrl: string
  base: string
  sandbox: string
  serviceKey: string
  journal: string
}

const welcome = ({ origins: [origin, ...others], privateUrl, base, sandbox, serviceKey, journal }: Shown): string => `
smooch-bff demo, everything on this machine

  page         ${origin}/          sign in as ${Object.keys(people).join(', ')}
${others.map((other) => `  your page    ${other}/          signs in at ${other}${base}/auth/login\n`).join('')}  API          ${origin}${base}/v1.1/appusers/me
  private      ${privateUrl}          health, metrics, sessions
  stand-in     ${sandbox}          plays the vendor; GET /__sandbox/requests shows what reached it
  service key  ${serviceKey}

Try a mobile-style call:

  TOKEN=$(curl -s ${privateUrl}/sessions -H 'Authorization: Bearer ${serviceKey}' \\
    -H 'Content-Type: application/json' -d '{"kind":"bearer","userId":"${people.customer.userId}"}' | sed 's/.*"token":"\\([^"]*\\)".*/\\1/')
  curl -s ${origin}${base}/v1.1/appusers/me -H "Authorization: Bearer $TOKEN"

Ctrl-C ends it. Users and sessions are gone then; the journal stays: ${journal}.
`

const refusal = refusalOfWords('demo', process.argv.slice(2))
try {
  if (refusal === undefined) await run()
  else {
    process.stderr.write(refusal)
    process.exitCode = 2
  }
} catch (error) {
  process.stderr.write(`The demo could not start: ${printableLines(errorMessage(withSetting(error, ports())))}\n`)
  process.exitCode = 1
}
