/** Addresses that may get secrets: those where nobody on the way can read or answer. */

const ownMachine = /^(localhost|127\.\d{1,3}\.\d{1,3}\.\d{1,3}|\[::1\])$/

/** True for this machine, where nobody is on the way. */
export const isLoopback = (address: string | URL): boolean => ownMachine.test(new URL(address).hostname)

export const isSecure = (address: string | URL): boolean => new URL(address).protocol === 'https:' || isLoopback(address)
