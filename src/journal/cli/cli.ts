/** `npm run journal -- COMMAND`, and `npx smooch-bff journal COMMAND`: the journal for people. Exit
 * codes: 0 good, 1 not good, 2 wrong use, 3 the journal cannot be opened. */

import { readFileSync } from 'node:fs'
import { exampleIds } from '../../contract/ids.ts'
import { Problem } from '../../contract/problems.ts'
import { commandWords } from '../../platform/command-words.ts'
import { errorMessage } from '../../platform/error-message.ts'
import { printableLines } from '../../platform/printable.ts'
import { connectRedis } from '../../platform/redis/client.ts'
import { type Anchor, anchorOn } from '../log/anchor.ts'
import { publicKey } from '../log/checkpoint.ts'
import { type Keys, keyList, keysOf, locationOf, openFor, requireJournal, type Secrets } from '../store/open.ts'
import { createPostgres } from '../store/postgres/schema-state.ts'
import { notAProof, verifierIn, verifyProof } from '../verify/verify-proof.ts'
import { type Command, type Context, type Output, Stopped, say } from './command.ts'
import { type Flags, read, readNamed, text, Usage } from './flags.ts'
import { maintenanceCommands } from './maintenance-commands.ts'
import { readingCommands } from './reading-commands.ts'
import { partOf } from './whole-file.ts'

type Environment = Readonly<Record<string, string | undefined>>

/** Without the name of the file, as the service says it: a secret may stand in its place. */
const contentOf = (name: string, file: string): string => {
  try {
    return readFileSync(file, 'utf8').trim()
  } catch (error) {
    throw new Error(`${name} cannot be read: ${(error as Error).message.split(',')[0]}`)
  }
}

/** The value as the service reads it, from the variable or NAME_FILE; empty counts as absent. */
const setting = (env: Environment, name: string): string | undefined => {
  const [file, given] = [env[`${name}_FILE`]?.trim(), env[name]?.trim()]
  // Else another journal would be verified than the one that was meant.
  if (file && given)
    throw new Usage(`${name} and ${name}_FILE are both set; keep one: with ${name}_FILE= in front, a file in .env does not count`)
  return (file ? contentOf(`${name}_FILE`, file) : given) || undefined
}

const urlIn = (env: Environment): string => setting(env, 'JOURNAL_URL') ?? 'sqlite:./data/journal.db'

const keysIn = (env: Environment, name: string): string[] => keyList(setting(env, name) ?? '')

const secretsIn = (env: Environment): Secrets => ({
  signing: keysIn(env, 'JOURNAL_SIGNING_KEY'),
  sealing: keysIn(env, 'JOURNAL_SEALING_KEY'),
})

const ownKeys = (env: Environment): Keys => keysOf(urlIn(env), secretsIn(env))

/** A command that does not open the journal. */
interface Standalone extends Omit<Command, 'run'> {
  readonly run: (env: Environment, out: Output, flags: Flags, argument: string) => Promise<number>
}

const standalone: Readonly<Record<string, Standalone>> = {
  init: {
    help: 'init [--role NAME]                                create the tables (PostgreSQL, as owner); add what an earlier version lacks',
    example: 'init --role smooch_bff',
    flags: ['role'],
    run: async (env, out, flags) => {
      const url = urlIn(env)
      if (url.startsWith('sqlite:')) await (await openFor('init', url, secretsIn(env))).store.close()
      else await createPostgres(url, ownKeys(env).keys[0]!, text(flags, 'role'))
      say({ out }, { ready: true }, 'the journal is ready')
      return 0
    },
  },
  check: {
    help: 'check FILE [--key KEY]                            check a downloaded proof; needs no journal',
    example: `check ${exampleIds.event}.tlog-proof --key 'smooch-bff/j_…+hash+key'`,
    flags: ['key'],
    argument: 'FILE',
    run: (env, out, flags, file) => {
      const key = text(flags, 'key')
      if (key === undefined) requireJournal(urlIn(env))
      const given = key === undefined ? ownKeys(env).keys.map((own) => ({ key: publicKey(own) })) : [verifierIn(key)]
      const verifiers = given.filter((it) => it !== undefined)
      if (verifiers.length === 0) throw new Usage('--key is no key: it is name+hash+key as verify prints it, whole, or its last part')
      const content = readNamed(file)
      const fault = notAProof(content)
      if (fault !== undefined) throw new Usage(`${file} ${fault}`)
      const checked = verifyProof(content, verifiers)
      if (typeof checked === 'string') say({ out }, { holds: false, why: checked }, `DOES NOT HOLD: ${checked}`)
      else
        say(
          { out },
          { holds: true, ...checked },
          `holds: event ${checked.index} of ${checked.origin} at size ${checked.size}\n${JSON.stringify(checked.event, null, 2)}`,
        )
      return Promise.resolve(typeof checked === 'string' ? 1 : 0)
    },
  },
}

const commands: Readonly<Record<string, Command>> = { ...readingCommands, ...maintenanceCommands }

const lines = Object.values<Pick<Command, 'help'>>({ ...commands, ...standalone }).map(({ help }) => `  ${help}\n`)
const exitCodes =
  'Exit codes: 0 good, 1 not good, 2 wrong use, 3 the journal cannot be opened, 130 and 143 ended by SIGINT and SIGTERM before it was done.'

const help = `npm run journal -- COMMAND, or where the package is installed: npx smooch-bff journal COMMAND

${lines.join('')}
JOURNAL_URL says which journal; JOURNAL_SIGNING_KEY and JOURNAL_SEALING_KEY its keys; REDIS_URL where its highest checkpoint is kept; each may be given as NAME_FILE.
COMMAND --help says more about one. ${exitCodes}
`

const helpOf = ({ help, example }: Pick<Command, 'help' | 'example'>): string =>
  `${help}\n\nExample:\n  ${commandWords('journal', example)}\n\n${exitCodes}\n`

const own = <T>(table: Readonly<Record<string, T>>, name: string): T | undefined => (Object.hasOwn(table, name) ? table[name] : undefined)

const ofFiles: Readonly<Record<string, string>> = {
  EEXIST: 'exists already, and may be the only copy: EEXIST',
  ENOENT: 'is not there, or its folder is not: ENOENT',
  EACCES: 'may not be used by this user: EACCES',
  EISDIR: 'is a folder: EISDIR',
}

/** What is wrong with a file that the caller named; undefined for any other fault. */
const faultOfFile = (error: unknown, argv: readonly string[]): string | undefined => {
  const { code = '', path = '' } = error as NodeJS.ErrnoException
  const named = argv.map((word) => word.slice(word.indexOf('=') + 1))
  const file = [...argv, ...named].find((it) => it === path || partOf(it) === path)
  if (file === undefined) return undefined
  if (file !== path && code === 'EEXIST') return `${path} is there: another command writes it, or one was killed at it; remove it then`
  return ofFiles[code] && `${file} ${ofFiles[code]}`
}

export async function runCli(
  argv: readonly string[],
  env: Environment,
  target: Output,
  stop: AbortSignal,
  anchor: Context['anchor'] = () => Promise.resolve(undefined),
): Promise<number> {
  // Into a pipe, exported lines go out as they were signed.
  const out: Output = target.people ? { ...target, write: (text) => target.write(printableLines(text)) } : target
  try {
    const [name = 'help', ...rest] = argv
    const [command, other] = [own(commands, name), own(standalone, name)]
    const known = command ?? other
    if (name === 'help' || argv.includes('--help')) {
      out.write(known ? helpOf(known) : help)
      return argv.length > 0 ? 0 : 2
    }
    if (!known)
      throw new Usage(`there is no command ${name}; it is one of ${[...Object.keys(commands), ...Object.keys(standalone)].join(', ')}`)
    const { flags, argument } = read(name, known, rest)
    const readOnly = Object.hasOwn(readingCommands, name) && !command?.writes?.(flags)
    return command
      ? await onJournal(env, readOnly, { anchor, out, stop }, (context) => command.run(context, flags, argument))
      : await other!.run(env, out, flags, argument)
  } catch (error) {
    const problem = error instanceof Problem ? error.particulars.detail : faultOfFile(error, argv)
    const said = problem ?? errorMessage(error)
    out.progress('')
    say({ out }, { error: said }, said)
    if (error instanceof Stopped) return error.exitCode
    return error instanceof Usage || problem !== undefined ? 2 : 3
  }
}

async function onJournal(
  env: Environment,
  readOnly: boolean,
  outer: Pick<Context, 'anchor' | 'out' | 'stop'>,
  run: (context: Context) => Promise<number>,
): Promise<number> {
  const opened = await openFor(readOnly ? 'reader' : 'tool', urlIn(env), secretsIn(env))
  try {
    return await run({ ...opened, ...outer })
  } finally {
    await opened.store.close()
  }
}

/** Connects only when a command needs the anchor. */
export const anchorIn =
  (env: Environment, opened: DisposableStack): Context['anchor'] =>
  async (): Promise<Anchor | undefined> => {
    const url = setting(env, 'REDIS_URL')
    if (!url) return undefined
    const identity = {
      ca: setting(env, 'REDIS_CA'),
      cert: setting(env, 'REDIS_CLIENT_CERT'),
      key: setting(env, 'REDIS_CLIENT_KEY'),
      sentinelLogin: setting(env, 'REDIS_SENTINEL_LOGIN'),
    }
    let failure: NodeJS.ErrnoException | undefined
    const redis = await connectRedis(
      () => ({ url, ...identity }),
      {},
      ({ cause }) => {
        failure = cause ?? failure
      },
    )
    opened.defer(() => redis.close())
    await redis.command('PING').catch((error: Error) => {
      const why = failure?.code ?? (failure ?? error).message
      throw new Error(
        `the Redis at REDIS_URL cannot be reached (${why}): start it, or correct REDIS_URL; verify goes without it when REDIS_URL is empty, and then sees no cut end`,
      )
    })
    return anchorOn(redis, locationOf(urlIn(env), env['APPS_FILE'] || env['SMOOCH_APP_ID']))
  }
