/** What an error says, in one line for operators: its message, or its code where it has none (as when each of several addresses failed), and what it came of. */
export const messageOf = (error: unknown): string => {
  if (!(error instanceof Error)) return String(error)
  const { message, cause } = error
  const said = message || ('code' in error ? String(error.code) : error.name)
  return cause === undefined ? said : `${said}: ${messageOf(cause)}`
}
