/** Help of the package's commands, from their table. */
import { type Command, commands } from './commands.ts'

export const help = (): string => `smooch-bff COMMAND

${Object.entries(commands)
  .map(([name, { about }]) => `  ${name.padEnd(10)}${about}`)
  .join('\n')}

smooch-bff COMMAND --help tells more of one.
`

export const commandHelp = (
  name: string,
  { about, takes, examples, exitCodes, dotEnv }: Command,
): string => `smooch-bff ${name}${takes ? ` ${takes}` : ''}

${about}.${dotEnv ? ' Settings come from the environment and from .env in this folder.' : ''}

Examples:
${examples.map((example) => `  ${example}`).join('\n')}

Exit codes: ${exitCodes}.
`
