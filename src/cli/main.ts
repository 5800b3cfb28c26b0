#!/usr/bin/env node
/** `npx smooch-bff COMMAND`: becomes the module of that command, so that signals and workers meet
 * it as if it had been started itself. */
import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'
import { type Command, commands } from './commands.ts'
import { commandHelp, help } from './help.ts'

const oldestNode = 26

/** From .env in the folder; what the environment holds already comes first. */
const loadDotEnv = (): void => {
  try {
    process.loadEnvFile()
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
  }
}

const become = async ({ module, words = [], dotEnv }: Command, rest: readonly string[]): Promise<void> => {
  if (Number.parseInt(process.versions.node, 10) < oldestNode)
    return fail(`smooch-bff needs Node ${oldestNode} or later, and this is ${process.version}`, 1)
  if (dotEnv) loadDotEnv()
  process.argv.splice(1, process.argv.length, fileURLToPath(module), ...words, ...rest)
  await import(module.href)
}

const fail = (why: string, code: number): void => {
  process.stderr.write(`${why}\n`)
  process.exitCode = code
}

const say = (text: string): void => {
  // Its reader may go before the end, as `head` does.
  process.stdout.on('error', () => {})
  process.stdout.write(text)
}

const asksForHelp = (word: string | undefined): boolean => word === 'help' || word === '--help' || word === '-h'

const [first, ...rest] = process.argv.slice(2)
const [name, more] = asksForHelp(first) && rest.length > 0 ? [rest[0], ['help', ...rest.slice(1)]] : [first, rest]
const command = name !== undefined && Object.hasOwn(commands, name) ? commands[name] : undefined

if (name === undefined || asksForHelp(name)) {
  say(help())
  if (name === undefined) process.exitCode = 2
} else if (['--version', '-v', 'version'].includes(name)) {
  say(`${(createRequire(import.meta.url)('smooch-bff/package.json') as { version: string }).version}\n`)
} else if (!command) {
  fail(`there is no command ${JSON.stringify(name)}; it is one of ${Object.keys(commands).join(', ')}`, 2)
} else if (asksForHelp(more[0])) {
  const one = command.helps === 'each' ? more[1] : undefined
  if (one === undefined) say(commandHelp(name, command))
  if (command.helps) await become({ ...command, dotEnv: false }, one === undefined ? ['help'] : [one, '--help'])
} else if (more.length > 0 && command.takes === undefined && command.words === undefined) {
  fail(`${name} takes no words, and ${JSON.stringify(more[0])} is one; smooch-bff ${name} --help tells more`, 2)
} else {
  await become(command, more)
}
