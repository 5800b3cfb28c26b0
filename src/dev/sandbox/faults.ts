/** Faults on demand: which requests are hit, how often, and what is wrong with the answer. */
import { badRequest } from './refusal.ts'

export interface Fault {
  /** Absent: every request, also without a matching route. */
  operation?: string
  /** Only requests about this user, by whichever of the two names. */
  userId?: string
  /** Absent: until cleared. */
  times?: number
  /** Carried out before the wait and the wrong answer. Absent: not at all, or after the wait. */
  applied?: boolean
  /** Milliseconds. Alone: the right answer, late. */
  latency?: number
  /** Like a latency, until this is settled; for who runs the sandbox in the own process. */
  held?: Promise<unknown>
  /** Alone: the vendor's error body for that status. */
  status?: number
  /** Seconds. A 429 says 1 unless this is false. */
  retryAfter?: number | string | false
  headers?: Record<string, string>
  /** A string is sent as text/plain, everything else as JSON. */
  body?: unknown
  /** An HTML page, with 200 unless `status` says otherwise. */
  html?: string
  /** A JSON body that never ends. */
  endless?: boolean
  /** Address of a redirect; with 302 unless `status` says otherwise. */
  redirect?: string
  /** The connection is reset. */
  reset?: boolean
  /** Never an answer. */
  hang?: boolean
}

const types: Record<keyof Fault, readonly string[]> = {
  operation: ['string'],
  userId: ['string'],
  times: ['number'],
  applied: ['boolean'],
  latency: ['number'],
  held: ['object'],
  status: ['number'],
  retryAfter: ['number', 'string', 'boolean'],
  headers: ['object'],
  body: ['string', 'number', 'boolean', 'object'],
  html: ['string'],
  endless: ['boolean'],
  redirect: ['string'],
  reset: ['boolean'],
  hang: ['boolean'],
}

/** Throws for unknown fields: a misspelt fault would test nothing. */
export function checkFault(given: unknown): Fault {
  if (typeof given !== 'object' || given === null || Array.isArray(given)) throw badRequest('A fault is an object')
  for (const [name, value] of Object.entries(given)) {
    const allowed = Object.hasOwn(types, name) ? types[name as keyof Fault] : undefined
    if (!allowed) throw badRequest(`A fault has no ${name}; it has ${Object.keys(types).join(', ')}`)
    if (!allowed.includes(typeof value)) throw badRequest(`${name} of a fault must be ${allowed.join(' or ')}`)
  }
  const fault = given as Fault
  if (fault.status !== undefined && !(Number.isInteger(fault.status) && fault.status >= 200 && fault.status <= 599)) {
    throw badRequest('status of a fault must be 200 to 599')
  }
  return fault
}

/** True when the fault replaces the answer, and does not only delay it. */
export const answersItself = ({ status, body, html, endless, redirect, reset, hang }: Fault) =>
  status !== undefined || body !== undefined || html !== undefined || redirect !== undefined || Boolean(endless || reset || hang)

export function newFaults() {
  let standing: { fault: Fault; left: number }[] = []
  return {
    add(fault: Fault): void {
      const left = checkFault(fault).times ?? Number.POSITIVE_INFINITY
      if (left > 0) standing.push({ fault, left })
    },
    clear(): void {
      standing = []
    },
    all: (): readonly Fault[] => standing.map(({ fault }) => fault),
    /** The oldest fault that fits; uses up one of its `times`. */
    take(operation: string | null, isAbout: (userId: string) => boolean): Fault | undefined {
      const found = standing.find(
        ({ fault }) =>
          (fault.operation === undefined || fault.operation === operation) && (fault.userId === undefined || isAbout(fault.userId)),
      )
      if (!found) return undefined
      found.left -= 1
      standing = standing.filter(({ left }) => left > 0)
      return found.fault
    },
  }
}

export type Faults = ReturnType<typeof newFaults>
