/** The text of an error in one line for operators: its message, or its code where it has none (as
 * when all of several addresses failed), and its causes. */

export const errorMessage = (error: unknown): string => {
  if (!(error instanceof Error)) return String(error)
  const { cause } = error
  const said = withoutText(error) || ('code' in error ? String(error.code) : error.name)
  return cause === undefined ? said : `${said}: ${errorMessage(cause)}`
}

/** The message without quoted input: of a parser's error only the place is kept, since the text
 * around the fault may be a secret. */
export const withoutText = ({ name, message }: Error): string => {
  if (name !== 'SyntaxError') return message
  const position = /at position (\d+)/.exec(message)?.[1]
  return position === undefined ? 'a text that cannot be parsed' : `a text that cannot be parsed, at character ${position}`
}

/** Of a port that cannot be had. */
type ListenError = Error & { readonly code?: string; readonly port?: number; readonly address?: string; readonly hostname?: string }

const notFound = ['hostname', 'cannot be looked up'] as const
const faults: Readonly<Record<string, readonly [of: 'port' | 'address' | 'hostname', fault: string]>> = {
  EADDRINUSE: ['port', 'is taken: end what uses it, or set another port'],
  EACCES: ['port', 'is not for this user: set a port above 1023'],
  EADDRNOTAVAIL: ['address', 'is no address of this machine'],
  ENOTFOUND: notFound,
  EAI_AGAIN: notFound,
}

/** In words of the setting that gives port or address, by `given`; others stay as they are. */
export const withSetting = (error: unknown, given: Readonly<Record<string, number | string>>): unknown => {
  const [of, fault] = faults[(error as ListenError).code ?? ''] ?? []
  const value = of && (error as ListenError)[of]
  const setting = value === undefined ? undefined : Object.keys(given).find((name) => given[name] === value)
  return setting === undefined ? error : new Error(`${setting} ${fault}`, { cause: error })
}
