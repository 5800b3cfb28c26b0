/** The commands of the package, one row each. */

export interface Command {
  readonly about: string
  /** What stands behind its name. */
  readonly takes?: string
  /** What runs when it is imported. */
  readonly module: URL
  /** Go before what was given. */
  readonly words?: readonly string[]
  readonly dotEnv?: boolean
  readonly examples: readonly string[]
  readonly exitCodes: string
  /** Its own `help` lists what it can do; `each`: and `--help` tells of one. */
  readonly helps?: true | 'each'
}

export const commands: Readonly<Record<string, Command>> = {
  init: {
    about:
      'Write .env, fresh keys in secrets/, and compose.yml, which runs it all with a Redis, into this folder; what exists is never overwritten',
    module: new URL('./init/main.ts', import.meta.url),
    examples: ['npx smooch-bff init'],
    exitCodes: '0 written, 1 a file exists already or cannot be written, 2 wrong use',
  },
  start: {
    about: 'Serve until SIGTERM, SIGQUIT, SIGINT or SIGHUP',
    module: new URL('../main.ts', import.meta.url),
    dotEnv: true,
    examples: ['npx smooch-bff start', 'PORT=8080 npx smooch-bff start'],
    exitCodes: '0 stopped by a signal with nothing lost, 1 could not start, or lost events of the journal, 2 wrong use',
  },
  check: {
    about: 'Look at settings, Redis, journal, vendor, webhooks, identity provider and clocks, and say what to do',
    module: new URL('../main.ts', import.meta.url),
    words: ['check'],
    dotEnv: true,
    examples: ['npx smooch-bff check', 'npx smooch-bff check --json'],
    exitCodes: '0 no fault, 1 a fault, 2 wrong use',
  },
  journal: {
    about: 'Read, verify and keep the journal',
    takes: 'COMMAND',
    module: new URL('../journal/cli/main.ts', import.meta.url),
    dotEnv: true,
    helps: 'each',
    examples: [
      'npx smooch-bff journal verify',
      'npx smooch-bff journal list --target cust-20481 --tenant 69f0100f2a3b4c5d6e7f8091',
      'npx smooch-bff journal export --format csv > journal.csv',
    ],
    exitCodes:
      '0 good, 1 not good, 2 wrong use, 3 the journal cannot be opened, 130 and 143 ended by SIGINT and SIGTERM before it was done',
  },
  webhooks: {
    about: 'Register, list and delete webhooks at the vendor',
    takes: 'COMMAND',
    module: new URL('../webhooks/main.ts', import.meta.url),
    dotEnv: true,
    helps: true,
    examples: ['npx smooch-bff webhooks register', 'npx smooch-bff webhooks list'],
    exitCodes: '0 done, 1 not done',
  },
  demo: {
    about: 'Try everything on this machine: a stand-in for the vendor, the service in front of it, and a page',
    module: new URL('../dev/demo/main.ts', import.meta.url),
    examples: ['npx smooch-bff demo', 'PORT=8080 npx smooch-bff demo'],
    exitCodes: '0 ended by a signal, 1 could not start, 2 wrong use',
  },
  sandbox: {
    about: 'Run the stand-in for the vendor alone, to develop and test against',
    module: new URL('../dev/sandbox/main.ts', import.meta.url),
    examples: ['npx smooch-bff sandbox', 'SANDBOX_PORT=4000 SANDBOX_APP_ID=app npx smooch-bff sandbox'],
    exitCodes: '0 ended by a signal, 1 could not start, 2 wrong use',
  },
}
