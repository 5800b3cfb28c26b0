/** Re-reads secret files while the process runs: a swapped file takes effect within 5 s; a file that fails its check keeps the old value and raises an alarm. */
import { faultIn, readSecretFile, type SecretFile, unreadable } from './load.ts'

const everyMs = 2_000

/** Where a replaced value is not used at once. */
const later: readonly (readonly [RegExp, string])[] = [
  [/^(CACHE_)?REDIS_/, 'at the next connection; on a Cluster at the next start'],
  [/^JOURNAL_/, 'at the next start'],
]

export const takesEffect = (name: string): string => later.find(([names]) => names.test(name))?.[1] ?? 'now'

/** Returns the function that ends the watch. Polling, because mounted secrets are swapped by symlink, which file events miss. */
export const watchSecretFiles = (
  files: readonly SecretFile[],
  changed: (name: string) => void,
  alarm: (name: string, reason: string) => void,
): (() => void) => {
  const lastFault = new Map<string, string>()
  const look = () => {
    for (const { name, path, secret } of files) {
      const fault = refresh(name, path, secret, changed)
      // By path: a file with several apps brings one of the same name for each.
      if (fault && lastFault.get(path) !== fault) alarm(name, fault)
      if (fault) lastFault.set(path, fault)
      else lastFault.delete(path)
    }
  }
  const timer = setInterval(look, everyMs)
  timer.unref()
  return () => clearInterval(timer)
}

const refresh = (
  name: SecretFile['name'],
  path: string,
  secret: SecretFile['secret'],
  changed: (name: string) => void,
): string | undefined => {
  try {
    const text = readSecretFile(path)
    if (text === secret.reveal()) return undefined
    const fault = faultIn(name, text)
    if (fault !== undefined) return `the new content ${fault}; the old value stays in force`
    secret.replace(text)
    changed(name)
    return undefined
  } catch (error) {
    return `cannot be read: ${unreadable(error)}; the old value stays in force`
  }
}
