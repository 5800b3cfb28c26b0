/** The commands of `npm run journal`. Each prints for people on a terminal and JSON lines into a pipe, and returns its exit code. */
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { createWriteStream, readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Anchor, type Mark, missing } from './anchor.ts'
import { openCheckpoint, originOf, publicKey, verifierKey } from './checkpoint.ts'
import { decode, type Event, type Verdict } from './events.ts'
import { exportLines } from './export.ts'
import { type Flags, formatOf, need, number, text, Usage } from './flags.ts'
import { partOf } from './idempotency.ts'
import type { Keys } from './open.ts'
import { eventOf, eventsFrom, operations } from './query.ts'
import { historyOf, proofOf, tipOf } from './reader.ts'
import type { Store } from './store.ts'
import { acceptRollback, cutBefore, erasePerson, prune, resolveByHand } from './upkeep.ts'
import { verify } from './verify.ts'

export interface Output {
  readonly people: boolean
  write(text: string): void
  /** For people only, on the other stream. */
  progress(text: string): void
}

export interface Context extends Keys {
  readonly store: Store
  readonly anchor?: Anchor | undefined
  readonly out: Output
  readonly stop: AbortSignal
}

const say = ({ out }: Context, record: Record<string, unknown>, words: string): void =>
  out.write(out.people ? `${words}\n` : `${JSON.stringify(record)}\n`)

const sentence = (index: number, { time, kind, action, actor, outcome, verdict, operation, targets, count }: Event): string =>
  [
    String(index).padStart(7),
    time,
    kind.padEnd(8),
    action,
    outcome ?? verdict ?? '',
    actor ? `by ${actor.id}` : '',
    targets?.length ? `on ${targets.map(({ smoochId, subject }) => smoochId ?? subject).join(' and ')}` : '',
    count ? `(${count} more)` : '',
    operation?.id ?? '',
  ]
    .filter(Boolean)
    .join('  ')

/** A checkpoint file may be one note, or the log lines that hold notes as JSON. */
function marksIn(file: string, keys: readonly string[]): Mark[] {
  const content = readFileSync(file, 'utf8')
  const notes = content.startsWith('{')
    ? content.split('\n').flatMap((line) => (line ? [(JSON.parse(line) as { checkpoint?: string }).checkpoint ?? ''] : []))
    : [content]
  return notes.filter(Boolean).map((note) => {
    const checkpoint = openCheckpoint(note, keys)
    if (!checkpoint) throw new Usage(`${file} holds a checkpoint that none of the keys signed`)
    return { size: checkpoint.size, root: checkpoint.root.toString('base64') }
  })
}

export const commands: Readonly<
  Record<string, { readonly help: string; readonly run: (context: Context, flags: Flags, words: readonly string[]) => Promise<number> }>
> = {
  verify: {
    help: 'verify [--checkpoint FILE]…                       check every event, signature, root and table',
    run: async (context, flags) => {
      const { store, keys, sealer, anchor, out } = context
      const trusted = keys.map((key) => publicKey(key))
      const files = (flags['checkpoint'] ?? []) as readonly string[]
      const highest = await anchor?.highest(store.journal)
      const former = await missing(store, anchor)
      const anchors = [...files.flatMap((file) => marksIn(file, trusted)), ...(highest ? [highest] : [])]
      const report = await verify(store, {
        trusted,
        anchors,
        ...(former !== undefined && { former }),
        sealer,
        progress: (done, size) => out.progress(`verified ${done} of ${size}`),
      })
      say(
        context,
        { ...report, anchors: anchors.length, key: verifierKey(originOf(store.journal), trusted[0]!) },
        [
          report.ok
            ? `intact: ${report.size - report.from} events, ${report.checkpoints} checkpoints, ${anchors.length} anchors, root ${report.root}`
            : 'NOT INTACT',
          ...report.findings.map(
            ({ what, index, batch }) =>
              `  ${what}${index === undefined ? '' : `, at event ${index}`}${batch ? `, in the batch ${batch[0]} to ${batch[1] - 1}` : ''}`,
          ),
          ...report.warnings.map((warning) => `  note: ${warning}`),
          ...(anchors.length === 0 ? ['  note: without an anchor from elsewhere, a cut end cannot be seen'] : []),
        ].join('\n'),
      )
      return report.ok ? 0 : 1
    },
  },
  tail: {
    help: 'tail [--from N] [--follow]                        events as they come',
    run: async (context, flags) => {
      const { store, stop } = context
      let next = number(flags, 'from') ?? Math.max((await tipOf(store)).size - 20, 0)
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
    help: 'list [--target ID --tenant APP] [--state open]…   operations, newest first',
    run: async (context, flags) => {
      const day = (name: string): { from?: Date } => (text(flags, name) === undefined ? {} : { from: new Date(need(flags, name)) })
      const strings = ['target', 'tenant', 'actor', 'action', 'state', 'ticket'].flatMap((name) =>
        text(flags, name) === undefined ? [] : [[name, text(flags, name)]],
      )
      const cursor = number(flags, 'cursor')
      const { rows } = await operations(context.store, context.sealer, {
        ...Object.fromEntries(strings),
        ...day('from'),
        ...(cursor !== undefined && { cursor }),
      })
      for (const { id, index, state, opened } of rows)
        say(context, { id, index, state, opened }, `${state.padEnd(14)}${sentence(index, opened)}`)
      return 0
    },
  },
  show: {
    help: 'show ID [--personal] [--proof]                    one event, or all of one operation',
    run: async (context, flags, [id = '']) => {
      const { store, sealer, out } = context
      const one = id.startsWith('evt_') ? await eventOf(store, id) : undefined
      const history = id.startsWith('op_') ? await historyOf(store, id) : undefined
      const events = one ? [{ index: one.index, event: decode(one.body) }] : (history?.events ?? [])
      if (events.length === 0) throw new Usage(`there is no event or operation ${id}`)
      if (flags['proof']) {
        out.write((await proofOf(store, events[0]!.event.id)) ?? '')
        return 0
      }
      if (history) say(context, { operation: id, state: history.state }, `${id}: ${history.state}`)
      for (const { index, event } of events) {
        const rows = flags['personal']
          ? await store.select('SELECT event, part, expires, salt, sealed FROM snapshot WHERE event = $1', [event.id])
          : []
        const personal = Object.fromEntries(rows.map((row) => [String(row['part']), sealer.openPart(partOf(row), undefined)?.content]))
        const record = { index, ...event, ...(flags['personal'] && { personal }) }
        say(context, record, JSON.stringify(record, null, 2))
      }
      return 0
    },
  },
  export: {
    help: 'export [--format ndjson|csv] [--out FILE] [--from N] [--to N]',
    run: async (context, flags) => {
      const [from, to] = [number(flags, 'from'), number(flags, 'to')]
      await writeExport(context, text(flags, 'out'), {
        format: formatOf(flags),
        ...(from !== undefined && { from }),
        ...(to !== undefined && { to }),
      })
      return 0
    },
  },
  resolve: {
    help: 'resolve OP --verdict applied|not_applied|indeterminate --by NAME [--note TEXT]',
    run: async (context, flags, [operation = '']) => {
      const verdict = need(flags, 'verdict')
      if (!['applied', 'not_applied', 'indeterminate'].includes(verdict))
        throw new Usage('--verdict is applied, not_applied or indeterminate')
      const done = await resolveByHand(context.store, context.sealer, operation, verdict as Verdict, need(flags, 'by'), text(flags, 'note'))
      say(context, { operation, resolved: done, verdict }, done ? `${operation}: ${verdict}` : `${operation} is not open`)
      return done ? 0 : 1
    },
  },
  erase: {
    help: 'erase --tenant APP --user ID --by NAME            remove what names a person; the events stay',
    run: async (context, flags) => {
      const gone = await erasePerson(context.store, context.sealer, need(flags, 'tenant'), need(flags, 'user'), need(flags, 'by'))
      say(context, { erased: gone }, `erased: ${gone.subjects} names, ${gone.parts} sealed parts`)
      return 0
    },
  },
  prune: {
    help: 'prune --before DATE --out FILE --by NAME          export the events before a day, then drop them',
    run: async (context, flags) => {
      const before = new Date(need(flags, 'before'))
      if (Number.isNaN(before.getTime())) throw new Usage('--before is a date, such as 2026-01-31')
      const [file, by] = [need(flags, 'out'), need(flags, 'by')]
      const cut = await cutBefore(context.store, before)
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
    run: async (context, flags) => {
      if (!context.anchor) throw new Usage('there is no anchor to set back: REDIS_URL is not set')
      const loss = await acceptRollback(context.store, context.anchor, need(flags, 'by'))
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
    run: async (context, _flags, [file = '']) => {
      if (file === '') throw new Usage('backup needs a file')
      await context.store.backup(file)
      say(context, { backup: file }, `written: ${file}`)
      return 0
    },
  },
}

/** To a new file or to the output: what an earlier prune exported may be the only copy. Gives the SHA-256 of what was written. */
async function writeExport({ store, out }: Context, file: string | undefined, options: Parameters<typeof exportLines>[1]): Promise<string> {
  const stream = file === undefined ? undefined : createWriteStream(file, { flags: 'wx', mode: 0o600, flush: true })
  const digest = createHash('sha256')
  let lines = 0
  for await (const chunk of exportLines(store, options)) {
    digest.update(chunk)
    lines += chunk.split('\n').length - 1
    out.progress(`exported ${lines} lines`)
    if (!stream) out.write(chunk)
    else if (!stream.write(chunk)) await once(stream, 'drain')
  }
  if (stream) {
    stream.end()
    await once(stream, 'close')
  }
  return `sha256:${digest.digest('hex')}`
}
