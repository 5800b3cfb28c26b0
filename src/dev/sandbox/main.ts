/** `npm run sandbox`: the sandbox on its own, until SIGINT or SIGTERM. */
import { randomBytes } from 'node:crypto'
import { errorMessage, withSetting } from '../../platform/error-message.ts'
import { refusalOfWords } from '../words.ts'
import { defaultApp, defaultPort, type Key, startSandbox } from './sandbox.ts'

const { SANDBOX_PORT, SANDBOX_HOST, SANDBOX_APP_ID, SANDBOX_KEY_ID, SANDBOX_KEY_SECRET, SANDBOX_PREFIX } = process.env

const port = Number(SANDBOX_PORT || defaultPort)
const appId = SANDBOX_APP_ID || defaultApp.appId
const id = SANDBOX_KEY_ID || 'app_69f0100f2a3b4c5d6e7f8092'
const secret = SANDBOX_KEY_SECRET || randomBytes(24).toString('base64url')
const scope: Key['scope'] = id.startsWith('act_') ? 'account' : 'app'

const mina = {
  userId: 'cust-20481',
  givenName: 'Mina',
  surname: 'Okafor',
  email: 'mina@example.org',
  properties: { plan: 'gold', seats: 3 },
  clients: [{ platform: 'twilio', externalId: '+15145550100', displayName: '+1 514-555-0100', info: { phoneNumber: '+15145550100' } }],
}

const serve = async (): Promise<void> => {
  if (!Number.isInteger(port) || port < 0 || port > 65_535) throw new RangeError('SANDBOX_PORT must be 0 to 65535')
  const sandbox = await startSandbox({
    port,
    host: SANDBOX_HOST || '127.0.0.1',
    prefix: SANDBOX_PREFIX || '',
    apps: [{ appId, keys: [{ id, secret, scope }] }],
    people: [mina],
  })
  const password = SANDBOX_KEY_SECRET ? '$SANDBOX_KEY_SECRET' : secret
  console.log(`A stand-in for the Smooch v1.1 AppUser API
  address  ${sandbox.url}
  app id   ${appId}
  key id   ${id}
  secret   ${SANDBOX_KEY_SECRET ? 'as given in SANDBOX_KEY_SECRET' : `${secret}   (made for this run)`}
  try      curl -u "${id}:${password}" ${sandbox.url}/v1.1/apps/${appId}/appusers/${mina.userId}
  steer    ${sandbox.origin}/__sandbox/requests, faults, users, apps, confirm-link, reset`)
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => sandbox.close())
}

const refusal = refusalOfWords('sandbox', process.argv.slice(2))
try {
  if (refusal === undefined) await serve()
  else {
    process.stderr.write(refusal)
    process.exitCode = 2
  }
} catch (error) {
  console.error(`The stand-in could not start: ${errorMessage(withSetting(error, { SANDBOX_PORT: port }))}`)
  process.exitCode = 1
}
