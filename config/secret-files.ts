/** Re-reads secret files while the process runs, within 5 s. After a file that fails its check, or
 * a key that the vendor refuses, the old value stays and an alarm is raised. */
import { faultOfSetting } from './faults.ts'
import { readSecretFile, type SecretFile, unreadable } from './load.ts'
import type { Secret } from './secret.ts'

const everyMs = 2_000

/** Settings whose new value is not used at once, and when it is. */
const later: readonly (readonly [RegExp, string])[] = [
  [/^(CACHE_)?REDIS_/, 'at the next connection; on a Cluster at the next start'],
  [/^JOURNAL_/, 'at the next start'],
]

export const takesEffect = (name: string): string => later.find(([names]) => names.test(name))?.[1] ?? 'now'

/** Whether sessions end with this change that nobody meant to end: the key that made them until now
 * is not kept behind the new one. */
export const dropsKeyInUse = (name: string, former: string, text: string): boolean =>
  /^SESSION_(KEYS|PEPPERS)$/.test(name) && !keysIn(text).includes(keysIn(former)[0])

const keysIn = (text: string): readonly (string | undefined)[] => text.split(',').map((pair) => pair.trim())

/** What somebody outside says of a new value: `unclear` is asked again. */
export type Verdict = 'taken' | 'refused' | 'unclear'

/** Tries the secret where it is for, before it is used; undefined without such a trial. */
export type Trial = (secret: Secret, text: string) => Promise<Verdict> | undefined

/** A key may be known at the vendor a little later than here. */
const refusedMs = 30_000

const verdicts: Readonly<Record<Exclude<Verdict, 'taken'>, string>> = {
  refused: 'is refused by the vendor',
  unclear: 'could not be tried, since the vendor gives no clear answer; it is tried again',
}

/** Returns what ends the watch. Polls: file events miss secrets that are swapped by symlink. */
export const watchSecretFiles = (
  files: readonly SecretFile[],
  changed: (name: string, former: string, text: string) => void,
  alarm: (name: string, reason: string) => void,
  trial: Trial = () => undefined,
): (() => void) => {
  const lastFault = new Map<string, string>()
  const tried = new Map<SecretFile, { readonly text: string; readonly until: number }>()
  const tell = ({ name, path }: SecretFile, fault: string | undefined): void => {
    // Faults by path: the secrets of several apps have one name.
    if (fault !== undefined && lastFault.get(path) !== fault) alarm(name, `${fault}; the old value stays in force`)
    if (fault === undefined) lastFault.delete(path)
    else lastFault.set(path, fault)
  }
  const take = (file: SecretFile, text: string): void => {
    const former = file.secret.reveal()
    file.secret.replace(text)
    tell(file, undefined)
    changed(file.name, former, text)
  }
  const hear = (file: SecretFile, text: string, verdict: Verdict): void => {
    if (read(file).text !== text) return
    if (verdict === 'taken') take(file, text)
    else tell(file, `the new content ${verdicts[verdict]}`)
    if (verdict === 'unclear') tried.delete(file)
  }
  const look = (): void => {
    for (const file of files) {
      const { text, fault } = read(file)
      const last = tried.get(file)
      if (text === undefined) tell(file, fault)
      else if (last?.text !== text || performance.now() > last.until) {
        const asked = trial(file.secret, text)
        if (!asked) take(file, text)
        else tried.set(file, { text, until: performance.now() + refusedMs })
        void asked?.catch((): Verdict => 'unclear').then((verdict) => hear(file, text, verdict))
      }
    }
  }
  const timer = setInterval(look, everyMs)
  timer.unref()
  return () => clearInterval(timer)
}

/** A text that is new and fit, or what is wrong with it; neither when nothing has changed. */
const read = ({ name, path, secret }: SecretFile): { readonly text?: string; readonly fault?: string } => {
  try {
    const text = readSecretFile(path)
    if (text === secret.reveal()) return {}
    const fault = faultOfSetting(name, text)
    return fault === undefined ? { text } : { fault: `the new content ${fault}` }
  } catch (error) {
    return { fault: `cannot be read: ${unreadable(error)}` }
  }
}
