/** What every outage must leave as it was, and that it is over in time. */
import { expect } from '@jest/globals'
import { columns } from '../soak/outage-calls.ts'
import type { Row } from '../soak/outage-run.ts'

export const expectNothingLost = (row: Row | undefined): void => {
  expect({ sessionsLost: row?.sessionsLost, journalGaps: row?.journalGaps, wrong: row?.wrong }).toEqual({
    sessionsLost: 0,
    journalGaps: [],
    wrong: [],
  })
  for (const column of columns) {
    const { answers, recoveryMs } = row!.cells[column]
    expect([column, Object.keys(answers).filter((it) => it.startsWith('401') || it.startsWith('500'))]).toEqual([column, []])
    expect([column, recoveryMs === undefined]).toEqual([column, false])
  }
}
