/** Which of its two ways to the vendor an operation takes. */
import type { GuardedOperation, Operation, UnguardedOperation } from '../../src/contract/operation.ts'

export const isGuarded = (operation: Operation): operation is GuardedOperation => operation.effect === 'guarded'
export const isOpen = (operation: Operation): operation is UnguardedOperation => operation.effect !== 'guarded'
