/** Which addresses may be trusted with secrets and keys: those that nobody on the way can read or answer for. */

const ownMachine = /^(localhost|127\.\d{1,3}\.\d{1,3}\.\d{1,3}|\[::1\])$/

/** On this machine there is no way in between. */
export const isLoopback = (address: string | URL): boolean => ownMachine.test(new URL(address).hostname)

export const isSecure = (address: string | URL): boolean => new URL(address).protocol === 'https:' || isLoopback(address)
