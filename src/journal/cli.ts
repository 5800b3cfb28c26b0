/** `npm run journal -- COMMAND`: people's way to the journal, beside the service and without it. Exit codes: 0 good, 1 not good, 2 wrong use, 3 the journal cannot be opened. */
import { readFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { connectRedis } from '../redis.ts'
import { anchorOn } from './anchor-redis.ts'
import { checkFile, publicKeyIn } from './check.ts'
import { publicKey } from './checkpoint.ts'
import { type Context, commands, type Output } from './commands.ts'
import { newId } from './events.ts'
import { Usage } from './flags.ts'
import { type Keys, keyList, keysOf, openStore, placeOf, requireJournal } from './open.ts'
import { createPostgres } from './store-postgres.ts'

const names = [
  'from',
  'to',
  'format',
  'out',
  'verdict',
  'by',
  'note',
  'tenant',
  'user',
  'before',
  'target',
  'actor',
  'action',
  'state',
  'ticket',
  'cursor',
  'role',
  'key',
] as const

const options = {
  checkpoint: { type: 'string', multiple: true },
  follow: { type: 'boolean' },
  personal: { type: 'boolean' },
  proof: { type: 'boolean' },
  ...(Object.fromEntries(names.map((name) => [name, { type: 'string' }])) as Record<(typeof names)[number], { type: 'string' }>),
} as const

const help = `npm run journal -- COMMAND\n\n${Object.values(commands)
  .map((command) => `  ${command.help}`)
  .join(
    '\n',
  )}\n  init [--role NAME]                                create the tables (PostgreSQL, as owner)\n  check FILE [--key KEY]                            check a downloaded proof; needs no journal\n\nJOURNAL_URL says which journal; JOURNAL_SIGNING_KEY and JOURNAL_SEALING_KEY (or _FILE) its keys.\n`

type Environment = Readonly<Record<string, string | undefined>>
const secret = (env: Environment, name: string): string[] => {
  const file = env[`${name}_FILE`]
  return keyList((file === undefined ? env[name] : readFileSync(file, 'utf8')) ?? '')
}

const urlIn = (env: Environment): string => env['JOURNAL_URL'] ?? 'sqlite:./data/journal.db'

function ownKeys(env: Environment, mustExist = true): Keys {
  const url = urlIn(env)
  if (mustExist) requireJournal(url)
  return keysOf(url, { signing: secret(env, 'JOURNAL_SIGNING_KEY'), sealing: secret(env, 'JOURNAL_SEALING_KEY') })
}

export async function runCli(
  argv: readonly string[],
  env: Environment,
  out: Output,
  stop: AbortSignal,
  anchor?: Context['anchor'],
): Promise<number> {
  try {
    const { values, positionals } = parseArgs({ args: [...argv], options, allowPositionals: true })
    const [name = '', ...words] = positionals
    if (name === 'check') return check(words, values.key, env, out)
    const command = Object.hasOwn(commands, name) ? commands[name] : undefined
    if (!command && name !== 'init') throw new Usage(help)
    const url = urlIn(env)
    const keys = ownKeys(env, command !== undefined)
    if (!command) {
      await createPostgres(url, keys.keys[0]!, values.role)
      out.write(out.people ? 'the journal is ready\n' : '{"ready":true}\n')
      return 0
    }
    const store = await openStore(url, { keys: keys.keys, instance: newId('i'), threads: false })
    try {
      return await command.run({ ...keys, store, anchor, out, stop }, values, words)
    } finally {
      await store.close()
    }
  } catch (error) {
    const { message, code } = error as Error & { code?: string }
    const wrongUse = error instanceof Usage || code?.startsWith('ERR_PARSE_ARGS')
    out.progress('')
    out.write(out.people ? `${message}\n` : `${JSON.stringify({ error: message })}\n`)
    return wrongUse ? 2 : 3
  }
}

function check([file = '']: readonly string[], key: string | undefined, env: Environment, out: Output): number {
  if (file === '') throw new Usage('check needs a file')
  const keys = key === undefined ? ownKeys(env).keys.map((own) => publicKey(own)) : [publicKeyIn(key)]
  const checked = checkFile(file, keys)
  const words = checked
    ? `holds: event ${checked.index} of ${checked.origin} at size ${checked.size}\n${JSON.stringify(checked.event, null, 2)}`
    : 'DOES NOT HOLD'
  out.write(out.people ? `${words}\n` : `${JSON.stringify({ holds: checked !== undefined, ...checked })}\n`)
  return checked ? 0 : 1
}

if (import.meta.main) {
  const people = process.stdout.isTTY
  const stop = new AbortController()
  process.once('SIGINT', () => stop.abort())
  let shown = 0
  const url = process.env['REDIS_URL']
  const redis = url ? await connectRedis(url, {}, () => undefined) : undefined
  process.exitCode = await runCli(
    process.argv.slice(2),
    process.env,
    {
      people,
      write: (text) => {
        process.stdout.write(text)
      },
      progress: (text) => {
        if (!process.stderr.isTTY || (text !== '' && performance.now() - shown < 200)) return
        shown = performance.now()
        process.stderr.write(`\r\u001b[K${text}`)
      },
    },
    stop.signal,
    redis && anchorOn(redis, placeOf(urlIn(process.env), process.env['APPS_FILE'] ?? process.env['SMOOCH_APP_ID'])),
  )
  redis?.close()
}
