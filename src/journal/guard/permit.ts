/** The permit, which a guarded call must show before its first byte: issued once per durable
 * intent, spent once, void after its deadline. */
declare const brand: unique symbol

/** Cannot be forged: the brand has no value, and an object that was not issued here is refused. */
export interface Permit {
  readonly [brand]: 'permit'
  readonly operation: string
}

interface Ticket {
  readonly action: string
  readonly deadline: number
  readonly until: number
  spent: boolean
  /** True when something may have been sent with it. */
  used: boolean
}

const issued = new WeakMap<Permit, Ticket>()

export class PermitError extends Error {
  readonly reason: 'forged' | 'spent' | 'expired' | 'other_action'
  constructor(reason: PermitError['reason']) {
    super(`the permit is ${reason === 'other_action' ? 'for another action' : reason}: nothing was sent`)
    this.name = 'PermitError'
    this.reason = reason
  }
}

/** For the guard only. The deadline is on two clocks: nobody can set the monotonic one back, and
 * that of the day goes on while the machine is suspended. */
export function issuePermit(operation: string, action: string, milliseconds: number): Permit {
  const permit = Object.freeze({ operation }) as Permit
  issued.set(permit, { action, deadline: performance.now() + milliseconds, until: Date.now() + milliseconds, spent: false, used: false })
  return permit
}

/** For just before sending. Throws unless the permit is valid now, for this action, unspent. */
export function spendPermit(permit: Permit, action: string): void {
  const ticket = issued.get(permit)
  if (!ticket) throw new PermitError('forged')
  if (ticket.action !== action) throw new PermitError('other_action')
  if (ticket.spent) throw new PermitError('spent')
  if (performance.now() > ticket.deadline || Date.now() > ticket.until) throw new PermitError('expired')
  ticket.spent = true
  ticket.used = true
}

/** For when certainly not a byte was sent, as without a connection. The permit stays spent. */
export function markUnused(permit: Permit): void {
  const ticket = issued.get(permit)
  if (ticket) ticket.used = false
}

export const isUsed = (permit: Permit): boolean => issued.get(permit)?.used ?? false
