/** A `bad_request` with one fault, and where it is. */
import { placeOf, pointerOf } from './json-path.ts'
import { type FieldFault, type Particulars, Problem } from './problems.ts'

/** `says` never repeats what was sent; of `place` only keys that are plain words are. `detail`
 * replaces the sentence made of place and words. */
export const faultIn = (
  where: NonNullable<FieldFault['in']> | 'body',
  place: readonly PropertyKey[],
  says: string,
  particulars: Omit<Particulars, 'errors'> = {},
): Problem =>
  new Problem('bad_request', {
    detail: `${placeOf(place) || where}: ${says}`,
    ...particulars,
    errors: [{ ...(where !== 'body' && { in: where }), pointer: pointerOf(place), detail: says }],
  })
