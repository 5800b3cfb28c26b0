/** Flags of the scripts that people run. A slip starts nothing: it is said in one line, with exit code 2. */
import { parseArgs } from 'node:util'

interface Flag<T> {
  /** Without a value. */
  readonly alone?: true
  readonly otherwise: T
  readonly is: string
  /** Undefined for what it may not be. */
  readonly read: (value: string) => T | undefined
}

export const toggle: Flag<boolean> = { alone: true, otherwise: false, is: 'without a value', read: () => true }

export const whole = <T extends number | undefined>(otherwise: T, most: number, least = 1): Flag<number | T> => ({
  otherwise,
  is: `a whole number from ${least} to ${most}`,
  read: (value) => (/^\d{1,10}$/.test(value) && Number(value) >= least && Number(value) <= most ? Number(value) : undefined),
})

/** A part of one, such as 0.2. */
export const share: Flag<number> = {
  otherwise: 1,
  is: 'a number above 0, up to 1',
  read: (value) => (/^(0?\.\d{1,6}|1)$/.test(value) && Number(value) > 0 ? Number(value) : undefined),
}

export const word = <T extends string | undefined>(otherwise: T): Flag<string | T> => ({
  otherwise,
  is: 'a name',
  read: (value) => value || undefined,
})

export const oneOf = <T extends string, O extends T | undefined>(names: readonly T[], otherwise?: O): Flag<T | O> => ({
  otherwise: otherwise as O,
  is: `one of ${names.join(', ')}`,
  read: (value) => names.find((name) => name === value),
})

/** A comma list. */
export const list = <T>({ is, read }: Flag<T>, otherwise: readonly NonNullable<T>[]): Flag<readonly NonNullable<T>[]> => ({
  otherwise,
  is: `a comma list, each ${is}`,
  read: (value) => {
    const items = value.split(',').map((item) => read(item.trim()))
    return items.includes(undefined) ? undefined : (items as NonNullable<T>[])
  },
})

type Flags = Readonly<Record<string, Flag<unknown>>>
type Values<F extends Flags> = { readonly [Name in keyof F]: F[Name] extends Flag<infer T> ? T : never }

const parsed = (flags: Flags): Readonly<Record<string, unknown>> => {
  const options = Object.fromEntries(
    Object.entries(flags).map(([name, { alone }]) => [name, { type: alone ? ('boolean' as const) : ('string' as const) }]),
  )
  const { values } = parseArgs({ args: process.argv.slice(2), options })
  return Object.fromEntries(
    Object.entries(flags).map(([name, { otherwise, is, read }]) => {
      const value = values[name]
      if (value === undefined) return [name, otherwise]
      const got = read(String(value))
      if (got === undefined) throw new Error(`--${name} is ${is}, and ${JSON.stringify(value)} is not`)
      return [name, got]
    }),
  )
}

/** The flags of this process, as `npm run SCRIPT -- …` was given them. */
export const flagsOf = <F extends Flags>(script: string, flags: F): Values<F> => {
  try {
    return parsed(flags) as Values<F>
  } catch (error) {
    const names = Object.keys(flags).map((name) => `--${name}`)
    // What Node says further is about quoting.
    const said = (error as Error).message.split('. ')[0]!.replace(/\.$/, '')
    process.stderr.write(`npm run ${script}: ${said}${names.length > 0 ? `; it takes ${names.join(', ')}` : ''}\n`)
    process.exit(2)
  }
}
