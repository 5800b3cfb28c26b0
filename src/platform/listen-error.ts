/** A port that cannot be had, told by the name of its setting. */

type ListenError = Error & { readonly code?: string; readonly syscall?: string; readonly port?: number }

const faults: Readonly<Record<string, string>> = {
  EADDRINUSE: 'is taken: end what uses it, or set another port',
  EACCES: 'is not for this user: set a port above 1023',
}

/** `ports` by setting; any other error stays as it is. */
export const withSetting = (error: unknown, ports: Readonly<Record<string, number>>): unknown => {
  const { syscall, code = '', port } = error as ListenError
  const fault = syscall === 'listen' ? faults[code] : undefined
  const setting = Object.keys(ports).find((name) => ports[name] === port)
  return fault === undefined || setting === undefined ? error : new Error(`${setting} ${fault}`, { cause: error })
}
