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
