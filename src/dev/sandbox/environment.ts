/** TABLE: variables of the stand-in, which `npm run demo` has too, and what each may be. */
import { defaultApp, defaultPort } from './options.ts'

interface Variable {
  readonly otherwise: string
  readonly fits: RegExp
  readonly is: string
}

const variables = {
  SANDBOX_PORT: {
    otherwise: String(defaultPort),
    fits: /^(\d{1,4}|[1-5]\d{4}|6[0-4]\d{3}|65[0-4]\d{2}|655[0-2]\d|6553[0-5])$/,
    is: 'a port, 0 to 65535',
  },
  SANDBOX_HOST: { otherwise: '127.0.0.1', fits: /^[\w.:-]+$/, is: 'an address or a name of this machine' },
  SANDBOX_PREFIX: { otherwise: '', fits: /^(\/[\w-]+)+$/, is: 'a path such as /sc' },
  SANDBOX_APP_ID: { otherwise: defaultApp.appId, fits: /^[\w-]{1,64}$/, is: 'an app id' },
  SANDBOX_KEY_ID: { otherwise: 'app_69f0100f2a3b4c5d6e7f8092', fits: /^(app|act)_[\w-]{1,64}$/, is: 'the id of a key: app_… or act_…' },
  SANDBOX_KEY_SECRET: { otherwise: '', fits: /^[\x21-\x7e]{16,}$/, is: 'at least 16 characters without spaces' },
} as const satisfies Record<string, Variable>

type Name = keyof typeof variables

/** The value, or what stands in its place; an empty one counts as absent. Throws and names the
 * variable, not a secret in it. */
export const sandboxVariable = (env: NodeJS.ProcessEnv, name: Name): string => {
  const { otherwise, fits, is }: Variable = variables[name]
  const value = env[name]
  if (!value) return otherwise
  if (fits.test(value)) return value
  throw new Error(`${name} ${name === 'SANDBOX_KEY_SECRET' ? '' : `is ${JSON.stringify(value)}, but `}must be ${is}`)
}
