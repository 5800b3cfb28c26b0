/** One row per operation, for people: who did what to whom, why, and how it ended. */
import { line } from '../../journal/csv.ts'
import type { OperationHistory } from '../../journal/store/history.ts'
import type { Names } from '../../journal/store/known-names.ts'
import { meanings, phraseOf, shownName } from '../pages/phrases.ts'

export interface Operation extends OperationHistory {
  readonly id: string
}

type Column = (operation: Operation, names: Names) => unknown

const first = ({ events }: Operation) => events[0]!.event

const whom: Column = (operation, names) =>
  first(operation)
    .targets?.map((target) => `${target.role === 'subject' ? '' : `${target.role}: `}${shownName(names, target)}`)
    .join(', ')

const before: Column = (operation) => {
  const { before: image } = first(operation)
  if (image?.state === 'unavailable') return 'could not be read'
  return image && `${image.fields?.join(', ')} (sealed until ${image.until ?? 'erased'})`
}

const columns: Readonly<Record<string, Column>> = {
  when_utc: (operation) => first(operation).time,
  who: (operation, names) => names.get(first(operation).actor?.id ?? '') ?? first(operation).actor?.id,
  who_type: (operation) => first(operation).actor?.type,
  on_behalf_of: (operation) => first(operation).actor?.onBehalfOf,
  what: (operation) => phraseOf(first(operation), operation.state),
  whom,
  whom_ids: (operation) =>
    first(operation)
      .targets?.map(({ smoochId, subject }) => smoochId ?? subject)
      .join(' '),
  why: (operation) => first(operation).reason?.code,
  ticket: (operation) => first(operation).reason?.ticket,
  outcome: ({ state }) => state,
  outcome_means: ({ state }) => meanings[state],
  answered: ({ events }) => events.map(({ event }) => event.upstream?.status).find((status) => typeof status === 'number'),
  before,
  action: (operation) => first(operation).action,
  operation: ({ id }) => id,
  request_id: (operation) => first(operation).context?.['requestId'],
  events: ({ events }) => events.map(({ index }) => index).join(' '),
}

export const operationsCsv = (operations: readonly Operation[], names: Names): string =>
  [
    line(Object.keys(columns)),
    ...operations.map((operation) => line(Object.values(columns).map((column) => column(operation, names)))),
  ].join('')
