/** The cells of a person: one for each name, under each live pepper. A userId's cell is the hash tag of that person's sessions. */
import { looksLikeSmoochId } from '../contract/ids.ts'
import { keyedName, type Ring } from '../crypto/key-ring.ts'

export interface Name {
  readonly kind: 'user' | 'smooch'
  readonly id: string
}

const cellUnder = (secret: string, app: string, { kind, id }: Name): string =>
  kind === 'user' ? keyedName(secret, 'user', app, id) : keyedName(secret, 'cell', app, id.toLowerCase())

/** The first is the one to read and store under; a change drops all. */
export const cellsOf = (peppers: Ring, app: string, name: Name): [string, ...string[]] =>
  peppers().map(({ secret }) => cellUnder(secret, app, name)) as [string, ...string[]]

/** The name that an id is taken for when a user is read by it. The vendor's ids are in lower case; another spelling may be another person's userId. */
export const nameOf = (id: string): Name => ({ kind: looksLikeSmoochId(id) && id === id.toLowerCase() ? 'smooch' : 'user', id })

/** The names that an id may be: a customer's userId can look like a smoochId. */
export const namesOf = (id: string): Name[] => [{ kind: 'user', id }, ...(looksLikeSmoochId(id) ? [{ kind: 'smooch', id } as const] : [])]

/** Whether a cell is that of this userId. */
export const isCellOf = (peppers: Ring, cell: string, app: string, userId: string): boolean =>
  peppers().some(({ secret }) => cellUnder(secret, app, { kind: 'user', id: userId }) === cell)
