/** Verification that nothing stands outside of the log: below its cut, beyond its head, or where no event
 * stands. Readers would take it for part of the log, or the next commit would meet it. */
import type { Source } from '../store/queries/source.ts'
import { rowsOutside } from '../store/queries/verification.ts'
import type { Find } from './findings.ts'

/** A live log grows meanwhile, but so does its head. */
export async function checkOutside(store: Source, size: number, find: Find): Promise<void> {
  const outside = await rowsOutside(store)
  if (outside.size < size || outside.beyond > 0) find('there are events or checkpoints beyond the head', size)
  if (outside.below > 0) find('there are events or checkpoints before the beginning of the log')
  if (outside.operations > 0) find('the table of operations holds rows that no event stands for')
  if (outside.targets > 0) find('a search by target would find events that are not in the log')
}
