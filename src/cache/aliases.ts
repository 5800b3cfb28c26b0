/** Links between the two names of a person: sealed, since they hold the other name, and bound to the cell they lie in. */

import { perKey, type Ring } from '../crypto/key-ring.ts'
import { memo } from '../platform/memo.ts'
import { cellsOf, type Name } from './keys.ts'
import { open, seal } from './seal.ts'
import type { Link } from './store/contract.ts'

const place = (cell: string): string => `link|${cell}`

/** A link never changes, so it is sealed once; `words` are the cell and what it leads to. */
const sealedWith = perKey((pepper) =>
  memo(4_000, (words) => {
    const end = words.indexOf('{')
    return seal(() => [pepper], place(words.slice(0, end)), words.slice(end))
  }),
)

export const linkTo = (peppers: Ring, cell: string, app: string, other: Name): Link => ({
  name: cellsOf(peppers, app, other)[0],
  sealed: sealedWith(peppers()[0])(cell + JSON.stringify({ app, ...other })),
})

/** The cells that a link leads to, under every live pepper. */
export const cellsBehind = (peppers: Ring, cell: string, sealed: string | undefined): string[] => {
  const text = sealed && open(peppers, place(cell), sealed)
  if (!text) return []
  const { app, ...other } = JSON.parse(text) as Name & { app: string }
  return cellsOf(peppers, app, other)
}
