/** The journal in PostgreSQL: role, schema, keys and lock. */
import { keyInForce } from '../journal/store/journal-store.ts'
import { keysOf, type Secrets } from '../journal/store/open.ts'
import { accessIn, faultOfReading, faultOfWriting, initFor } from '../journal/store/postgres/access.ts'
import { connect } from '../journal/store/postgres/connection.ts'
import { inspect } from '../journal/store/postgres/inspect.ts'
import { lookups, statements } from '../journal/store/postgres/schema.ts'
import { lackIn, presenceIn } from '../journal/store/postgres/schema-state.ts'
import { checkSealing } from '../journal/store/pseudonyms.ts'
import type { Row, Rows, Source } from '../journal/store/queries/source.ts'
import { isTooLate, remedyOfLater } from '../journal/store/version.ts'
import { errorMessage } from '../platform/error-message.ts'
import { type Finding, fault, ok, warn } from './finding.ts'

const oldest = 15

export const checkPostgres = async (url: string, secrets: Secrets): Promise<Finding[]> => {
  try {
    const { client, cut } = await connect(url, { query_timeout: 3_000, server: { lock_timeout: 1_500 } })
    try {
      const select: Source['select'] = async (sql, params = []) => (await client.query(sql, [...params])).rows as Rows
      return await lookAt({ kind: 'postgres', select }, () => client.query(`${statements.lockHead}; ROLLBACK`), secrets, url)
    } finally {
      cut()
    }
  } catch (error) {
    return [fault(`PostgreSQL: ${errorMessage(error)}`, 'start it, or correct JOURNAL_URL; guarded calls are refused until then')]
  }
}

const lookAt = async (source: Source, lock: () => Promise<unknown>, secrets: Secrets, url: string): Promise<Finding[]> => {
  const ask = async (sql: string): Promise<Row> => (await source.select(sql))[0]!
  const access = await accessIn(source.select)
  const { role } = access
  const init = `let the owner of the database run: ${initFor(role)}`
  if (!access.hasSchema)
    return [
      access.mayMake
        ? warn('PostgreSQL holds no journal yet; the service makes one at its start, and owns it', `better: ${init}`)
        : fault('PostgreSQL holds no journal, and this role may not make one', init),
    ]
  const lacks = faultOfReading(access) ?? faultOfWriting(access)
  if (lacks) return [fault(lacks.what, lacks.todo)]
  const presence = await presenceIn(source.select)
  const { mark } = presence
  if (mark && isTooLate(mark)) return [fault(`a later smooch-bff has upgraded the journal, to version ${mark.version}`, remedyOfLater)]
  const lack = lackIn(presence)
  if (lack !== undefined) return [fault(lack, init)]
  const { faults } = await inspect(source.select)
  if (faults.length > 0) return [fault(faults.join('; '), 'somebody changed the schema: find out who, and undo it; see docs/journal.md')]

  const { keys, sealer } = keysOf(url, secrets)
  const { journal, key } = await ask(lookups.identity)
  keyInForce(keys, String(key))
  await checkSealing({ sealer, store: source })
  await lock()
  const findings = [ok(`PostgreSQL ${access.version}: role, schema and keys fit, and the lock was had (journal ${journal})`)]
  if (access.number < oldest * 10_000) findings.push(warn(`PostgreSQL ${access.version} is older than ${oldest}`, 'upgrade it'))
  if ((await ask(lookups.mayRemove))['may'])
    findings.push(
      warn(
        `the role ${role} owns the journal, so it may change what is recorded`,
        `give the service a role of its own; let the owner of the database run: ${initFor('NAME')}`,
      ),
    )
  return findings
}
