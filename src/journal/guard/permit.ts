/** The permit: what a guarded call must show before its first byte. Issued once per durable intent, spent once, void after its deadline. */
declare const brand: unique symbol

/** Cannot be written down elsewhere: the brand has no value, and an object that was not issued here is refused when it is spent. */
export interface Permit {
  readonly [brand]: 'permit'
  readonly operation: string
}

interface Ticket {
  readonly action: string
  readonly deadline: number
  spent: boolean
  /** Something may have left under it. */
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

/** For the journal only. The deadline runs on the monotonic clock: a clock set back does not lengthen it. */
export function issuePermit(operation: string, action: string, milliseconds: number): Permit {
  const permit = Object.freeze({ operation }) as Permit
  issued.set(permit, { action, deadline: performance.now() + milliseconds, spent: false, used: false })
  return permit
}

/** Called by the upstream immediately before it sends. Throws unless this permit may be used now, for this action, for the first time. */
export function spendPermit(permit: Permit, action: string): void {
  const ticket = issued.get(permit)
  if (!ticket) throw new PermitError('forged')
  if (ticket.action !== action) throw new PermitError('other_action')
  if (ticket.spent) throw new PermitError('spent')
  if (performance.now() > ticket.deadline) throw new PermitError('expired')
  ticket.spent = true
  ticket.used = true
}

/** Called by the upstream when it knows that not a byte has left, as when no connection could be made. The permit stays spent. */
export function markUnused(permit: Permit): void {
  const ticket = issued.get(permit)
  if (ticket) ticket.used = false
}

export const isUsed = (permit: Permit): boolean => issued.get(permit)?.used ?? false
