/** OPERATION_CALLERS: a deployment may narrow or widen who may call a row, and who may have a link
 * made without asking; what the table cannot mean is refused at start. */
import type { Caller, Operation } from '../contract/operation.ts'

const callers: readonly string[] = ['self', 'agent', 'admin', 'service'] satisfies Caller[]

/** A word that may be a slip of a known name; any other may be a secret at a wrong place. */
const wordOf = (word: string): string => (/^[a-z_.=]*$/.test(word) ? word : 'one of its words')

/** `delete_app_user=admin+agent,get_link_requests=service` applied to the rows. Throws with every
 * fault in one sentence each. */
export const applyCallerOverrides = (rows: readonly Operation[], text: string): Operation[] => {
  const faults: string[] = []
  const wanted = new Map<string, [Caller, ...Caller[]]>()
  for (const item of text.split(',').filter((part) => part.trim() !== '')) {
    const [id = '', ...rest] = item.trim().split('=')
    const row = rows.find((candidate) => candidate.id === id || (candidate.immediate && `${candidate.id}.immediate` === id))
    const by = rest.join('=').split('+')
    const unknown = by.find((caller) => !callers.includes(caller))
    if (!row) faults.push(`${wordOf(id)} is not one of the operations`)
    else if (wanted.has(id)) faults.push(`${id} is there twice; give its callers as admin+agent`)
    else if (unknown !== undefined) faults.push(`${id}: "${wordOf(unknown)}" is not one of ${callers.join(', ')}`)
    else if (by.includes('self') && (id !== row.id || !row.by.includes('self')))
      faults.push(`${id}: end users cannot be given this operation`)
    else wanted.set(id, by as [Caller, ...Caller[]])
  }
  if (faults.length > 0) throw new Error(`OPERATION_CALLERS: ${faults.join('; ')}`)
  return rows.map((row) => ({
    ...row,
    by: wanted.get(row.id) ?? row.by,
    ...(row.immediate && { immediate: wanted.get(`${row.id}.immediate`) ?? row.immediate }),
  }))
}
