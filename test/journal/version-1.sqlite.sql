-- The schema of version 1 in SQLite, as it was before journals had marks. Frozen: a journal of then must open for good.
CREATE TABLE head (one INTEGER PRIMARY KEY CHECK (one = 1), journal TEXT NOT NULL, size INTEGER NOT NULL, frontier BLOB NOT NULL, cut INTEGER NOT NULL, key TEXT NOT NULL) STRICT;
CREATE TABLE event (seq INTEGER PRIMARY KEY, body TEXT NOT NULL,
    id TEXT NOT NULL AS (body ->> '$.id'), op TEXT AS (body ->> '$.operation.id'), kind TEXT NOT NULL AS (body ->> '$.kind'), action TEXT NOT NULL AS (body ->> '$.action'),
    time TEXT NOT NULL AS (body ->> '$.time'), actor TEXT AS (body ->> '$.actor.id'), key TEXT AS (body ->> '$.operation.key'), ticket TEXT AS (body ->> '$.reason.ticket'), app TEXT AS (body ->> '$.tenant')) STRICT;
CREATE UNIQUE INDEX event_id ON event (id);
CREATE INDEX event_op ON event (op) WHERE op IS NOT NULL;
CREATE INDEX event_action ON event (action);
CREATE INDEX event_time ON event (time);
CREATE INDEX event_actor ON event (actor) WHERE actor IS NOT NULL;
CREATE INDEX event_key ON event (key) WHERE key IS NOT NULL;
CREATE INDEX event_ticket ON event (ticket) WHERE ticket IS NOT NULL;
CREATE INDEX event_other ON event (kind) WHERE kind NOT IN ('intent', 'outcome');
CREATE TABLE operation (seq INTEGER PRIMARY KEY, op TEXT NOT NULL UNIQUE, state TEXT NOT NULL, app TEXT) STRICT;
CREATE INDEX operation_state ON operation (state);
CREATE TABLE target (token TEXT NOT NULL, seq INTEGER NOT NULL, PRIMARY KEY (token, seq)) STRICT, WITHOUT ROWID;
CREATE INDEX target_seq ON target (seq);
CREATE TABLE checkpoint (size INTEGER PRIMARY KEY, note TEXT NOT NULL) STRICT;
CREATE TABLE node (level INTEGER NOT NULL, position INTEGER NOT NULL, hash BLOB NOT NULL, PRIMARY KEY (level, position)) STRICT, WITHOUT ROWID;
CREATE TABLE subject (pseudonym TEXT PRIMARY KEY, lookup TEXT NOT NULL, sealed BLOB NOT NULL) STRICT, WITHOUT ROWID;
CREATE INDEX subject_lookup ON subject (lookup);
CREATE TABLE snapshot (event TEXT NOT NULL, part TEXT NOT NULL, expires INTEGER NOT NULL, salt BLOB NOT NULL, sealed BLOB NOT NULL, PRIMARY KEY (event, part)) STRICT, WITHOUT ROWID;
CREATE INDEX snapshot_expires ON snapshot (expires);
CREATE INDEX event_app ON event (app);
CREATE INDEX event_app_action ON event (app, action);
CREATE INDEX event_app_actor ON event (app, actor) WHERE actor IS NOT NULL;
CREATE INDEX event_app_ticket ON event (app, ticket) WHERE ticket IS NOT NULL;
CREATE INDEX event_viewed ON event (body ->> '$.facts.operation') WHERE kind = 'viewed';
CREATE INDEX operation_app_state ON operation (app, state);
CREATE TRIGGER event_no_update BEFORE UPDATE ON event  BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END;
CREATE TRIGGER event_no_delete BEFORE DELETE ON event WHEN OLD.seq >= (SELECT cut FROM head) BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END;
CREATE TRIGGER checkpoint_no_update BEFORE UPDATE ON checkpoint  BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END;
CREATE TRIGGER checkpoint_no_delete BEFORE DELETE ON checkpoint WHEN OLD.size >= (SELECT cut FROM head) BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END;
