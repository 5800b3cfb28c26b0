/** How a person starts a command of ours: by npm where the source is, by npx where the package is
 * installed, which has no scripts of npm. */

const isInstalled = import.meta.filename.endsWith('.js')

export const commandWords = (command: 'journal' | 'webhooks', words: string): string =>
  isInstalled ? `npx smooch-bff ${command} ${words}` : `npm run ${command} -- ${words}`
