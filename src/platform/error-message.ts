/** What an error says, in one line for operators: its message, or its code where it has none (as when each of several addresses failed), and what it came of. */
export const errorMessage = (error: unknown): string => {
  if (!(error instanceof Error)) return String(error)
  const { cause } = error
  const said = withoutText(error) || ('code' in error ? String(error.code) : error.name)
  return cause === undefined ? said : `${said}: ${errorMessage(cause)}`
}

/** The message of an error. Of a parser's only the place is kept: its words quote the text around the fault, which may be a secret. */
export const withoutText = ({ name, message }: Error): string => {
  if (name !== 'SyntaxError') return message
  const position = /at position (\d+)/.exec(message)?.[1]
  return position === undefined ? 'a text that cannot be parsed' : `a text that cannot be parsed, at character ${position}`
}
