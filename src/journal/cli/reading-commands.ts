/** Commands that read the journal. To show personal data leaves an event that names its caller. */

import { setTimeout as sleep } from 'node:timers/promises'
import { exampleIds, looksLikeSmoochId } from '../../contract/ids.ts'
import { decode } from '../event/event.ts'
import { filterNames, filterOf } from '../filter.ts'
import type { Mark } from '../log/anchor.ts'
import { openCheckpoint, originOf, type PublicKey, parseCheckpoint, publicKey, verifierKey } from '../log/checkpoint.ts'
import { recordView } from '../maintenance.ts'
import { missing } from '../store/continuity.ts'
import { historyOf, personalOf } from '../store/history.ts'
import { eventOf, eventsFrom, treeHead } from '../store/queries/log.ts'
import { operations } from '../store/search.ts'
import { keysNamed, proofOf } from '../store/stored-tree.ts'
import { sentenceOf } from '../verify/findings.ts'
import { verify } from '../verify/verify.ts'
import { type Command, goOn, say, sentence } from './command.ts'
import { writeExport } from './export-file.ts'
import { formatOf, inSmallLetters, number, readNamed, required, text, Usage } from './flags.ts'

/** The notes of a checkpoint file: one note, or a log in which some lines hold notes as JSON. */
const notesIn = (content: string): string[] =>
  parseCheckpoint(content)
    ? [content]
    : content.split('\n').flatMap((line) => {
        try {
          const { checkpoint } = JSON.parse(line) as { checkpoint?: unknown }
          return typeof checkpoint === 'string' ? [checkpoint] : []
        } catch {
          return []
        }
      })

/** Checkpoints of this journal alone: services may share a log, and a key. */
function marksIn(file: string, journal: string, keys: readonly PublicKey[]): Mark[] {
  const notes = notesIn(readNamed(file))
  const own = notes.filter((note) => parseCheckpoint(note)?.origin === originOf(journal))
  if (own.length === 0) throw new Usage(`${file} holds no checkpoint of ${journal}${notes.length > 0 ? ', but of others' : ''}`)
  return own.map((note) => {
    const checkpoint = openCheckpoint(note, keys)
    if (!checkpoint) throw new Usage(`${file} holds a checkpoint of ${journal} that none of its keys signed`)
    return { size: checkpoint.size, root: checkpoint.root.toString('base64') }
  })
}

export const readingCommands: Readonly<Record<string, Command>> = {
  verify: {
    help: 'verify [--checkpoint FILE]…                       check every event, signature, root and table',
    example: 'verify --checkpoint checkpoint.txt',
    flags: ['checkpoint'],
    run: async (context, flags) => {
      const { store, keys, sealer, out } = context
      const anchor = await context.anchor()
      const trusted = keys.map((key) => publicKey(key))
      const files = (flags['checkpoint'] ?? []) as readonly string[]
      const highest = await anchor?.highest(store.journal)
      const former = await missing(store, anchor)
      const known = files.length > 0 ? [...trusted, ...(await keysNamed(store))] : trusted
      const anchors = [...files.flatMap((file) => marksIn(file, store.journal, known)), ...(highest ? [highest] : [])]
      const report = await verify(store, {
        trusted,
        anchors,
        ...(former !== undefined && { former }),
        sealer,
        progress: (done, size) => {
          goOn(context.stop)
          out.progress(`verified ${done} of ${size}`)
        },
      })
      say(
        context,
        { ...report, anchors: anchors.length, key: verifierKey(originOf(store.journal), trusted[0]!) },
        [
          report.ok
            ? `intact: ${report.size - report.from} events, ${report.checkpoints} checkpoints, ${anchors.length} anchors, root ${report.root}`
            : 'NOT INTACT',
          ...report.findings.map((finding) => `  ${sentenceOf(finding)}`),
          ...report.warnings.map((warning) => `  note: ${warning}`),
          ...(highest && highest.size > report.size && (await anchor!.last()) === undefined
            ? ['  note: no service has kept its journal at this JOURNAL_URL; a copy or backup is verified with REDIS_URL empty']
            : []),
          ...(anchors.length === 0 ? ['  note: without an anchor from elsewhere, a cut end cannot be seen'] : []),
        ].join('\n'),
      )
      return report.ok ? 0 : 1
    },
  },
  tail: {
    help: 'tail [--from N] [--follow]                        events as they come',
    example: 'tail --follow',
    flags: ['from', 'follow'],
    run: async (context, flags) => {
      const { store, stop } = context
      let next = number(flags, 'from') ?? Math.max((await treeHead(store)).size - 20, 0)
      do {
        const rows = await eventsFrom(store, next)
        for (const { index, body } of rows) say(context, { index, ...decode(body) }, sentence(index, decode(body)))
        next = (rows.at(-1)?.index ?? next - 1) + 1
        if (rows.length === 0 && flags['follow']) await sleep(500, undefined, { signal: stop }).catch(() => {})
        if (rows.length === 0 && !flags['follow']) break
      } while (!stop.aborted)
      return 0
    },
  },
  list: {
    help: 'list [--target ID --tenant APP] [--state open]…   operations, newest first; also by actor, action, ticket, from, to',
    example: 'list --state open --from 2026-01-31',
    flags: ['tenant', ...filterNames],
    run: async (context, flags) => {
      const words = Object.fromEntries(filterNames.map((name) => [name, text(flags, name)]))
      const [target, tenant] = [text(flags, 'target'), text(flags, 'tenant')]
      if (target !== undefined && tenant === undefined && !target.startsWith('sub_') && !looksLikeSmoochId(target))
        throw new Usage('--tenant is needed with a userId: the id of the app that it belongs to')
      const { rows, next } = await operations(context.store, context.sealer, filterOf(words, tenant))
      for (const { id, index, state, opened } of rows)
        say(context, { id, index, state, opened }, `${state.padEnd(14)}${sentence(index, opened)}`)
      if (rows.length === 0 && context.out.people)
        context.out.write(
          (words['actor'] ?? target) !== undefined && tenant === undefined
            ? 'none; an end user, or an id as it was asked for, is found with --tenant only\n'
            : 'none\n',
        )
      if (next !== undefined) say(context, { next }, `there are more: --cursor ${next}`)
      return 0
    },
  },
  show: {
    help: 'show ID [--personal --by NAME] [--proof]          one event, or all of one operation; its personal part leaves an event',
    example: `show ${exampleIds.operation}`,
    flags: ['personal', 'by', 'proof'],
    argument: 'ID',
    writes: (flags) => flags['personal'] === true,
    run: async (context, flags, word) => {
      const { store, out } = context
      const id = inSmallLetters(word)
      const personal = flags['personal'] === true
      if (personal !== (text(flags, 'by') !== undefined)) throw new Usage('--personal and --by NAME go together: who looks is recorded')
      const one = id.startsWith('evt_') ? await eventOf(store, id) : undefined
      const history = id.startsWith('op_') ? await historyOf(store, id) : undefined
      const events = one ? [{ index: one.index, event: decode(one.body) }] : (history?.events ?? [])
      if (events.length === 0) throw new Usage(`there is no event or operation ${id}`)
      const proof = flags['proof'] === true
      // Alone it is a file to be checked, of the event with which an operation begins; beside other
      // data each record has its own.
      if (proof && !personal) {
        out.write((await proofOf(store, events[0]!.event.id)) ?? '')
        return 0
      }
      if (personal) await recordView(store, events[0]!.event, required(flags, 'by'))
      if (history) say(context, { operation: id, state: history.state }, `${id}: ${history.state}`)
      for (const { index, event } of events) {
        const record = {
          index,
          ...event,
          ...(personal && { personal: await personalOf(context, event) }),
          ...(proof && { proof: await proofOf(store, event.id) }),
        }
        say(context, record, JSON.stringify(record, null, 2))
      }
      return 0
    },
  },
  export: {
    help: 'export [--format ndjson|csv] [--out FILE] [--from N] [--to N]',
    example: 'export --format csv --out journal.csv',
    flags: ['format', 'out', 'from', 'to'],
    run: async (context, flags) => {
      const [from, to] = [number(flags, 'from'), number(flags, 'to')]
      if (from !== undefined && to !== undefined && to < from) throw new Usage('--to is below --from, so nothing lies between')
      await writeExport(context, text(flags, 'out'), {
        format: formatOf(flags),
        ...(from !== undefined && { from }),
        ...(to !== undefined && { to }),
      })
      return 0
    },
  },
}
