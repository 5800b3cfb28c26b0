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
type ListenError = Error & { readonly code?: string; readonly syscall?: string; readonly port?: number }

const faults: Readonly<Record<string, string>> = {
  EADDRINUSE: 'is taken: end what uses it, or set another port',
  EACCES: 'is not for this user: set a port above 1023',
}

/** The same in words of the setting that gives the port, by `ports`; any other error stays as it
 * is. */
export const withSetting = (error: unknown, ports: Readonly<Record<string, number>>): unknown => {
  const { syscall, code = '', port } = error as ListenError
  const fault = syscall === 'listen' ? faults[code] : undefined
  const setting = Object.keys(ports).find((name) => ports[name] === port)
  return fault === undefined || setting === undefined ? error : new Error(`${setting} ${fault}`, { cause: error })
}
