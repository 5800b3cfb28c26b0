/** Counts of an address that has no session, in the session store under a keyed name: no address is
 * stored. */
import { type KeyRing, keyedName } from '../../crypto/key-ring.ts'
import type { AddressCounts } from '../../http/rate-limit.ts'
import type { SessionStore } from './session-store.ts'

export const createAddressCounts = ({ store, peppers }: { readonly store: SessionStore; readonly peppers: KeyRing }): AddressCounts => {
  const tag = (address: string) => keyedName(peppers()[0], 'address', address)
  const windowMs = 60_000
  return {
    use: (name, address) => store.use(tag(address), { name, windowMs }),
    used: (name, address) => store.used(tag(address), { name, windowMs }),
  }
}
