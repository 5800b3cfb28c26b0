/** `npm run soak:outage`: each dependency fails in each way, under six kinds of calls; then the table for docs/operate.md. `--seconds` for each fault, `--only` some of them by name, `--write` into the page. */
import { readFileSync, writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { faults } from './outage-faults.ts'
import { type Row, runOutage, tableOf } from './outage-run.ts'
import { type JournalKind, startScene } from './outage-scene.ts'

const { values } = parseArgs({
  options: { seconds: { type: 'string', default: '5' }, only: { type: 'string', default: '' }, write: { type: 'boolean', default: false } },
})
const page = 'docs/operate.md'
const marks = ['<!-- measured: outages -->', '<!-- /measured: outages -->'] as const

const rows: Row[] = []
for (const kind of ['SQLite', 'PostgreSQL'] satisfies JournalKind[]) {
  const mine = faults.filter(({ name, journal }) => journal === kind && name.includes(values.only))
  if (mine.length === 0) continue
  await using scene = await startScene(kind)
  for (const fault of mine) {
    const row = await runOutage(scene, fault, Number(values.seconds) * 1000)
    process.stderr.write(`${fault.name}: ${row ? `${row.sessionsLost} ${row.journalGaps} ${row.wrong}` : 'cannot be made here'}\n`)
    if (row) rows.push(row)
  }
}
const table = tableOf(rows)
process.stdout.write(`${table}\n`)
if (values.write) {
  const [before = '', rest = ''] = readFileSync(page, 'utf8').split(marks[0])
  writeFileSync(page, `${before}${marks[0]}\n\n${table}\n\n${marks[1]}${rest.split(marks[1])[1]}`)
}
process.exitCode = rows.some(({ sessionsLost, journalGaps, wrong }) => sessionsLost + journalGaps + wrong.length > 0) ? 1 : 0
