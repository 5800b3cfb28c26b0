/** The journal's tables in SQLite, and the writing statements. Generated columns read the signed
 * body, so an index cannot contradict it. Triggers prevent accidents; the tree is the proof. */

const refuse = (table: string, verb: 'UPDATE' | 'DELETE', when = ''): string =>
  `CREATE TRIGGER ${table}_no_${verb.toLowerCase()} BEFORE ${verb} ON ${table} ${when} BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END`

/** Events below the cut may be deleted: their export and the `pruned` event came first. */
const belowCut = (column: string): string => `WHEN OLD.${column} >= (SELECT cut FROM head)`

const appOfEvent = "app TEXT AS (body ->> '$.tenant')"

/** By app first: a search does not pass through the operations of other apps. */
const ofApp: readonly string[] = [
  'CREATE INDEX event_app ON event (app)',
  'CREATE INDEX event_app_action ON event (app, action)',
  'CREATE INDEX event_app_actor ON event (app, actor) WHERE actor IS NOT NULL',
  'CREATE INDEX event_app_ticket ON event (app, ticket) WHERE ticket IS NOT NULL',
  "CREATE INDEX event_viewed ON event (body ->> '$.facts.operation') WHERE kind = 'viewed'",
  'CREATE INDEX operation_app_state ON operation (app, state)',
]

/** TABLE: steps of the schema, the first from version 0 to 1. Each only adds, since replicas of the
 * version before go on. SQLite stores an added column as if it had been there from the start. */
export const steps: readonly (readonly string[])[] = [
  [
    `ALTER TABLE event ADD COLUMN ${appOfEvent}`,
    'ALTER TABLE operation ADD COLUMN app TEXT',
    'UPDATE operation SET app = (SELECT e.app FROM event e WHERE e.seq = operation.seq)',
    ...ofApp,
  ],
]

export const schema: readonly string[] = [
  'CREATE TABLE head (one INTEGER PRIMARY KEY CHECK (one = 1), journal TEXT NOT NULL, size INTEGER NOT NULL, frontier BLOB NOT NULL, cut INTEGER NOT NULL, key TEXT NOT NULL) STRICT',
  `CREATE TABLE event (seq INTEGER PRIMARY KEY, body TEXT NOT NULL,
    id TEXT NOT NULL AS (body ->> '$.id'), op TEXT AS (body ->> '$.operation.id'), kind TEXT NOT NULL AS (body ->> '$.kind'), action TEXT NOT NULL AS (body ->> '$.action'),
    time TEXT NOT NULL AS (body ->> '$.time'), actor TEXT AS (body ->> '$.actor.id'), key TEXT AS (body ->> '$.operation.key'), ticket TEXT AS (body ->> '$.reason.ticket'), ${appOfEvent}) STRICT`,
  'CREATE UNIQUE INDEX event_id ON event (id)',
  'CREATE INDEX event_op ON event (op) WHERE op IS NOT NULL',
  'CREATE INDEX event_action ON event (action)',
  'CREATE INDEX event_time ON event (time)',
  'CREATE INDEX event_actor ON event (actor) WHERE actor IS NOT NULL',
  'CREATE INDEX event_key ON event (key) WHERE key IS NOT NULL',
  'CREATE INDEX event_ticket ON event (ticket) WHERE ticket IS NOT NULL',
  "CREATE INDEX event_other ON event (kind) WHERE kind NOT IN ('intent', 'outcome')",
  'CREATE TABLE operation (seq INTEGER PRIMARY KEY, op TEXT NOT NULL UNIQUE, state TEXT NOT NULL, app TEXT) STRICT',
  'CREATE INDEX operation_state ON operation (state)',
  'CREATE TABLE target (token TEXT NOT NULL, seq INTEGER NOT NULL, PRIMARY KEY (token, seq)) STRICT, WITHOUT ROWID',
  'CREATE INDEX target_seq ON target (seq)',
  'CREATE TABLE checkpoint (size INTEGER PRIMARY KEY, note TEXT NOT NULL) STRICT',
  'CREATE TABLE node (level INTEGER NOT NULL, position INTEGER NOT NULL, hash BLOB NOT NULL, PRIMARY KEY (level, position)) STRICT, WITHOUT ROWID',
  'CREATE TABLE subject (pseudonym TEXT PRIMARY KEY, lookup TEXT NOT NULL, sealed BLOB NOT NULL) STRICT, WITHOUT ROWID',
  'CREATE INDEX subject_lookup ON subject (lookup)',
  'CREATE TABLE snapshot (event TEXT NOT NULL, part TEXT NOT NULL, expires INTEGER NOT NULL, salt BLOB NOT NULL, sealed BLOB NOT NULL, PRIMARY KEY (event, part)) STRICT, WITHOUT ROWID',
  'CREATE INDEX snapshot_expires ON snapshot (expires)',
  ...ofApp,
  refuse('event', 'UPDATE'),
  refuse('event', 'DELETE', belowCut('seq')),
  refuse('checkpoint', 'UPDATE'),
  refuse('checkpoint', 'DELETE', belowCut('size')),
]

/** All writing statements. */
export const statements = {
  event: 'INSERT INTO event (seq, body) VALUES (?, ?)',
  target: 'INSERT INTO target (token, seq) VALUES (?, ?)',
  part: 'INSERT INTO snapshot (event, part, expires, salt, sealed) VALUES (?, ?, ?, ?, ?)',
  name: 'INSERT INTO subject (pseudonym, lookup, sealed) VALUES (?, ?, ?)',
  operation:
    'INSERT INTO operation (seq, op, state, app) VALUES (?1, ?2, ?3, (SELECT app FROM event WHERE seq = ?1)) ON CONFLICT (op) DO UPDATE SET state = excluded.state',
  node: 'INSERT INTO node (level, position, hash) VALUES (?, ?, ?)',
  checkpoint: 'INSERT INTO checkpoint (size, note) VALUES (?, ?)',
  firstHead: 'INSERT INTO head (one, journal, size, frontier, cut, key) VALUES (1, ?, ?, ?, 0, ?)',
  head: 'UPDATE head SET size = ?, frontier = ?, key = ?',
  expire: 'DELETE FROM snapshot WHERE expires < ?',
  cut: 'UPDATE head SET cut = ?',
  keptNode: 'INSERT INTO node (level, position, hash) VALUES (?, ?, ?) ON CONFLICT DO NOTHING',
} as const

/** Each statement takes the names once per list in it. */
export const erasures = (names: number) => {
  const list = Array(names).fill('?').join(',')
  return {
    parts: `DELETE FROM snapshot WHERE event IN (SELECT e.id FROM event e JOIN target t ON t.seq = e.seq WHERE t.token IN (${list})
      UNION SELECT o.id FROM event o JOIN event i ON i.op = o.op JOIN target t ON t.seq = i.seq WHERE t.token IN (${list}))
      OR (part = 'person' AND event IN (SELECT id FROM event WHERE actor IN (${list})))`,
    subjects: `DELETE FROM subject WHERE pseudonym IN (${list})`,
  }
}

/** In this order, each with the cut as its parameter; the last returns the number of events. */
export const removals: readonly string[] = [
  'DELETE FROM snapshot WHERE event IN (SELECT id FROM event WHERE seq < ?)',
  'DELETE FROM target WHERE seq < ?',
  'DELETE FROM operation WHERE seq < ?',
  'DELETE FROM checkpoint WHERE size < ?',
  'DELETE FROM event WHERE seq < ?',
]

/** Queries about the file, before it is known to hold a journal. */
export const lookups = {
  isJournal: "SELECT 1 FROM sqlite_schema WHERE name = 'head'",
  knowsApps: "SELECT 1 FROM pragma_table_xinfo('event') WHERE name = 'app'",
  mark: 'PRAGMA user_version',
  schema: 'SELECT type, name, tbl_name AS "table", sql FROM sqlite_schema WHERE sql IS NOT NULL',
  broken: 'PRAGMA integrity_check(20)',
  head: 'SELECT journal, size, frontier, cut, key FROM head',
} as const
