/** `npm run soak:outage`: each dependency fails in each way, under six kinds of calls; then the table for docs/operate.md. `--seconds` for each fault, `--only` those whose name begins so, `--write` into the page, where the other rows stay. */
import { readFileSync, writeFileSync } from 'node:fs'
import { flagsOf, toggle, whole, word } from '../../scripts/flags.ts'
import { type Fault, faults } from './outage-faults.ts'
import { type Row, runOutage, tableOf } from './outage-run.ts'
import { type JournalKind, type Stage, startScene } from './outage-scene.ts'
import { clusterFailovers, failovers, startClusterScene, startStandbyScene } from './outage-standbys.ts'

const values = flagsOf('soak:outage', { seconds: whole(5, 3_600), only: word(''), write: toggle })
const page = 'docs/operate.md'
const marks = ['<!-- measured: outages -->', '<!-- /measured: outages -->'] as const

const rows: Row[] = []
const run = async <S extends Stage & AsyncDisposable>(all: readonly Fault<S>[], start: () => Promise<S>): Promise<void> => {
  const mine = all.filter(({ name }) => name.startsWith(values.only))
  if (mine.length === 0) return
  await using scene = await start()
  for (const fault of mine) {
    const row = await runOutage(scene, fault, values.seconds * 1000)
    process.stderr.write(`${fault.name}: ${row ? `${row.sessionsLost} ${row.journalGaps} ${row.wrong}` : 'cannot be made here'}\n`)
    if (row) rows.push(row)
  }
}
for (const kind of ['SQLite', 'PostgreSQL'] satisfies JournalKind[])
  await run(
    faults.filter(({ journal }) => journal === kind),
    () => startScene(kind),
  )
await run(failovers, startStandbyScene)
await run(clusterFailovers, startClusterScene)
if (rows.length === 0) {
  process.stderr.write(`npm run soak:outage: no outage begins with ${JSON.stringify(values.only)}, or it cannot be made here\n`)
  process.exit(2)
}
process.stdout.write(`${tableOf(rows)}\n`)
if (values.write) {
  const [before = '', rest = ''] = readFileSync(page, 'utf8').split(marks[0])
  const [table = '', after = ''] = rest.split(marks[1])
  const cellsOf = (line: string): string[] =>
    line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim())
  const [head, , ...standing] = table.trim().split('\n').map(cellsOf)
  const measured = tableOf(rows).split('\n').slice(2).map(cellsOf)
  const all = [head!, ...new Map([...standing, ...measured].map((cells) => [cells[0], cells])).values()]
  const widths = head!.map((_, at) => Math.max(...all.map((cells) => cells[at]!.length)))
  const lines = all.map((cells) => `| ${cells.map((cell, at) => cell.padEnd(widths[at]!)).join(' | ')} |`)
  lines.splice(1, 0, `| ${widths.map((width) => '-'.repeat(width)).join(' | ')} |`)
  writeFileSync(page, `${before}${marks[0]}\n\n${lines.join('\n')}\n\n${marks[1]}${after}`)
}
process.exitCode = rows.some(({ sessionsLost, journalGaps, wrong }) => sessionsLost + journalGaps.length + wrong.length > 0) ? 1 : 0
