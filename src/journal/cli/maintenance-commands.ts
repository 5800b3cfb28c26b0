/** Commands that change the journal; each leaves an event that names its caller. */

import { exampleIds } from '../../contract/ids.ts'
import type { Verdict } from '../event/event.ts'
import { dateOf } from '../filter.ts'
import { acceptRollback, erasePerson, prune, pruneRangeBefore, resolveByHand } from '../maintenance.ts'
import { historyOf } from '../store/history.ts'
import { type Command, say } from './command.ts'
import { writeExport } from './export-file.ts'
import { inSmallLetters, required, text, Usage } from './flags.ts'
import { writeWhole } from './whole-file.ts'

export const maintenanceCommands: Readonly<Record<string, Command>> = {
  resolve: {
    help: 'resolve OP --verdict applied|not_applied|indeterminate --by NAME [--note TEXT]',
    example: `resolve ${exampleIds.operation} --verdict applied --by ada --note 'seen in the dashboard'`,
    flags: ['verdict', 'by', 'note'],
    argument: 'OP',
    run: async (context, flags, word) => {
      const operation = inSmallLetters(word)
      const verdict = required(flags, 'verdict')
      if (!['applied', 'not_applied', 'indeterminate'].includes(verdict))
        throw new Usage('--verdict is applied, not_applied or indeterminate')
      const { store, sealer } = context
      const [by, note] = [required(flags, 'by'), text(flags, 'note')]
      const state = (await historyOf(store, operation))?.state
      if (state === undefined) throw new Usage(`there is no operation ${operation}`)
      const done = await resolveByHand(store, sealer, operation, verdict as Verdict, by, note)
      const told = { operation, resolved: done, verdict, ...(!done && { state }) }
      say(context, told, done ? `${operation}: ${verdict}` : `${operation} is not open (${state}): there is nothing to resolve`)
      return done ? 0 : 1
    },
  },
  erase: {
    help: 'erase --tenant APP --user ID --by NAME            remove what names a person; the events stay',
    example: 'erase --tenant 69f0100f2a3b4c5d6e7f8091 --user cust-20481 --by ada',
    flags: ['tenant', 'user', 'by'],
    run: async (context, flags) => {
      const [tenant, user] = [required(flags, 'tenant'), required(flags, 'user')]
      const gone = await erasePerson(context.store, context.sealer, tenant, user, required(flags, 'by'))
      const words = gone
        ? `erased: ${gone.subjects} names, ${gone.parts} sealed parts`
        : `nobody is known as ${user} in the app ${tenant}; nothing was erased`
      say(context, { erased: gone ?? false }, words)
      return gone ? 0 : 1
    },
  },
  prune: {
    help: 'prune --before DATE --out FILE --by NAME          export the events before a day, then drop them',
    example: 'prune --before 2026-01-31 --out journal-2025.ndjson --by ada',
    flags: ['before', 'out', 'by'],
    run: async (context, flags) => {
      const before = dateOf(required(flags, 'before'))
      if (!before) throw new Usage('--before is a date, such as 2026-01-31')
      const [file, by] = [required(flags, 'out'), required(flags, 'by')]
      const cut = await pruneRangeBefore(context.store, before)
      const digest = cut.to > cut.from ? await writeExport(context, file, { format: 'ndjson', ...cut }) : ''
      const gone = await prune(context.store, cut, digest, by)
      say(
        context,
        { pruned: gone, ...cut, file, digest },
        gone ? `pruned events ${cut.from} to ${cut.to - 1}; they are in ${file}` : 'nothing to prune',
      )
      return 0
    },
  },
  'accept-rollback': {
    help: 'accept-rollback --by NAME                         go on with a journal that lost its end',
    example: 'accept-rollback --by ada',
    flags: ['by'],
    run: async (context, flags) => {
      const by = required(flags, 'by')
      const anchor = await context.anchor()
      if (!anchor) throw new Usage('there is no anchor to set back: REDIS_URL is not set')
      const loss = await acceptRollback(context.store, anchor, by)
      say(
        context,
        { accepted: loss ?? false },
        loss ? `accepted: the log went back from ${loss.from} to ${loss.to}` : 'nothing went back: there is nothing to accept',
      )
      return loss ? 0 : 1
    },
  },
  backup: {
    help: 'backup FILE                                       a consistent copy (SQLite)',
    example: 'backup copy.db',
    flags: [],
    argument: 'FILE',
    run: async (context, _flags, file) => {
      await writeWhole(file, (part) => context.store.backup(part))
      say(context, { backup: file }, `written: ${file}`)
      return 0
    },
  },
}
