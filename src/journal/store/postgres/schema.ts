/** The journal's tables in PostgreSQL, and the functions by which alone the application writes. */
import { current } from '../version.ts'

const text = (path: string): string => `text GENERATED ALWAYS AS (body::jsonb #>> '{${path}}') STORED`

const tables = `
CREATE TABLE head (one integer PRIMARY KEY CHECK (one = 1), journal text NOT NULL, size bigint NOT NULL, frontier bytea NOT NULL, cut bigint NOT NULL, key text NOT NULL);
CREATE TABLE event (seq bigint PRIMARY KEY, body text COLLATE "C" NOT NULL,
  id ${text('id')} NOT NULL, op ${text('operation,id')}, kind ${text('kind')} NOT NULL, action ${text('action')} NOT NULL,
  time text COLLATE "C" GENERATED ALWAYS AS (body::jsonb #>> '{time}') STORED NOT NULL, actor ${text('actor,id')}, key ${text('operation,key')}, ticket ${text('reason,ticket')}, app ${text('tenant')});
CREATE UNIQUE INDEX event_id ON event (id);
CREATE INDEX event_op ON event (op) WHERE op IS NOT NULL;
CREATE INDEX event_action ON event (action, seq);
CREATE INDEX event_time ON event (time);
CREATE INDEX event_actor ON event (actor, seq) WHERE actor IS NOT NULL;
CREATE INDEX event_key ON event (key) WHERE key IS NOT NULL;
CREATE INDEX event_ticket ON event (ticket, seq) WHERE ticket IS NOT NULL;
CREATE INDEX event_other ON event (kind, seq) WHERE kind NOT IN ('intent', 'outcome');
CREATE TABLE operation (seq bigint PRIMARY KEY, op text NOT NULL UNIQUE, state text NOT NULL, app text);
CREATE INDEX operation_state ON operation (state, seq);
CREATE TABLE target (token text NOT NULL, seq bigint NOT NULL, PRIMARY KEY (token, seq));
CREATE INDEX target_seq ON target (seq);
CREATE TABLE checkpoint (size bigint PRIMARY KEY, note text NOT NULL);
CREATE TABLE node (level integer NOT NULL, position bigint NOT NULL, hash bytea NOT NULL, PRIMARY KEY (level, position));
CREATE TABLE subject (pseudonym text PRIMARY KEY, lookup text NOT NULL, sealed bytea NOT NULL);
CREATE INDEX subject_lookup ON subject (lookup);
CREATE TABLE snapshot (event text NOT NULL, part text NOT NULL, expires bigint NOT NULL, salt bytea NOT NULL, sealed bytea NOT NULL, PRIMARY KEY (event, part));
CREATE INDEX snapshot_expires ON snapshot (expires);
`

/** By app first: a search does not pass through the operations of other apps. */
const ofApp = `
CREATE INDEX event_app ON event (app, seq);
CREATE INDEX event_app_action ON event (app, action, seq);
CREATE INDEX event_app_actor ON event (app, actor, seq) WHERE actor IS NOT NULL;
CREATE INDEX event_app_ticket ON event (app, ticket, seq) WHERE ticket IS NOT NULL;
CREATE INDEX event_viewed ON event ((body::jsonb #>> '{facts,operation}')) WHERE kind = 'viewed';
CREATE INDEX operation_app_state ON operation (app, state, seq);
`

const guardRails = `
CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'the journal is append-only'; END $$;
CREATE TRIGGER event_no_update BEFORE UPDATE ON event FOR EACH ROW EXECUTE FUNCTION refuse();
CREATE TRIGGER checkpoint_no_update BEFORE UPDATE ON checkpoint FOR EACH ROW EXECUTE FUNCTION refuse();
CREATE FUNCTION refuse_above_cut() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
  IF coalesce((to_jsonb(OLD) ->> 'seq')::bigint, (to_jsonb(OLD) ->> 'size')::bigint) >= (SELECT cut FROM journal.head) THEN RAISE EXCEPTION 'the journal is append-only'; END IF;
  RETURN OLD; END $$;
CREATE TRIGGER event_no_delete BEFORE DELETE ON event FOR EACH ROW EXECUTE FUNCTION refuse_above_cut();
CREATE TRIGGER checkpoint_no_delete BEFORE DELETE ON checkpoint FOR EACH ROW EXECUTE FUNCTION refuse_above_cut();
CREATE TRIGGER event_no_truncate BEFORE TRUNCATE ON event FOR EACH STATEMENT EXECUTE FUNCTION refuse();
CREATE TRIGGER checkpoint_no_truncate BEFORE TRUNCATE ON checkpoint FOR EACH STATEMENT EXECUTE FUNCTION refuse();
`

const definer = 'LANGUAGE plpgsql SECURITY DEFINER SET search_path = journal, pg_temp'
// Durable whatever the session or database is set to; a stricter setting (remote_apply) stays.
const durable = `IF current_setting('synchronous_commit') IN ('off', 'local') THEN PERFORM set_config('synchronous_commit', 'on', true); END IF;`

const append = `
CREATE OR REPLACE FUNCTION append(expected bigint, batch jsonb, new_size bigint, new_frontier bytea, new_note text, new_key text) RETURNS void ${definer} AS $$
BEGIN
  ${durable}
  PERFORM 1 FROM head WHERE size = expected FOR UPDATE;
  IF NOT FOUND THEN RAISE EXCEPTION 'the head has moved'; END IF;
  IF new_size <> expected + jsonb_array_length(batch -> 'entries') THEN RAISE EXCEPTION 'size and events disagree'; END IF;
  INSERT INTO event (seq, body) SELECT expected + at - 1, entry ->> 'body' FROM jsonb_array_elements(batch -> 'entries') WITH ORDINALITY AS e (entry, at);
  INSERT INTO target (token, seq) SELECT token, expected + at - 1 FROM jsonb_array_elements(batch -> 'entries') WITH ORDINALITY AS e (entry, at), jsonb_array_elements_text(entry -> 'tokens') AS token;
  INSERT INTO snapshot (event, part, expires, salt, sealed)
    SELECT p ->> 'event', p ->> 'part', (p ->> 'expires')::bigint, decode(p ->> 'salt', 'base64'), decode(p ->> 'sealed', 'base64') FROM jsonb_array_elements(batch -> 'parts') AS p;
  INSERT INTO subject (pseudonym, lookup, sealed) SELECT s ->> 'pseudonym', s ->> 'lookup', decode(s ->> 'sealed', 'base64') FROM jsonb_array_elements(batch -> 'subjects') AS s;
  INSERT INTO operation (op, seq, state, app) SELECT o ->> 'op', (o ->> 'seq')::bigint, o ->> 'state', (SELECT e.app FROM event e WHERE e.seq = (o ->> 'seq')::bigint)
    FROM jsonb_array_elements(batch -> 'operations') AS o
    ON CONFLICT (op) DO UPDATE SET state = excluded.state;
  INSERT INTO node (level, position, hash) SELECT (n ->> 'level')::integer, (n ->> 'position')::bigint, decode(n ->> 'hash', 'base64') FROM jsonb_array_elements(batch -> 'nodes') AS n;
  INSERT INTO checkpoint (size, note) VALUES (new_size, new_note);
  UPDATE head SET size = new_size, frontier = new_frontier, key = new_key;
END $$;
`

const functions = `
CREATE FUNCTION lock_head() RETURNS SETOF head ${definer} AS $$ BEGIN RETURN QUERY SELECT * FROM head FOR UPDATE; END $$;
CREATE FUNCTION expire(now bigint) RETURNS bigint ${definer} AS $$ DECLARE gone bigint;
BEGIN DELETE FROM snapshot WHERE expires < least(now, (extract(epoch FROM clock_timestamp()) * 1000)::bigint); GET DIAGNOSTICS gone = ROW_COUNT; RETURN gone; END $$;
CREATE FUNCTION erase(tokens text[], OUT subjects bigint, OUT parts bigint) LANGUAGE plpgsql SET search_path = journal, pg_temp AS $$
BEGIN
  DELETE FROM snapshot WHERE event IN (SELECT e.id FROM event e JOIN target t ON t.seq = e.seq WHERE t.token = ANY (tokens)
    UNION SELECT o.id FROM event o JOIN event i ON i.op = o.op JOIN target t ON t.seq = i.seq WHERE t.token = ANY (tokens))
    OR (part = 'person' AND event IN (SELECT id FROM event WHERE actor = ANY (tokens)));
  GET DIAGNOSTICS parts = ROW_COUNT;
  DELETE FROM subject WHERE pseudonym = ANY (tokens);
  GET DIAGNOSTICS subjects = ROW_COUNT;
END $$;
CREATE FUNCTION prune(new_cut bigint, nodes jsonb) RETURNS bigint LANGUAGE plpgsql SET search_path = journal, pg_temp AS $$ DECLARE gone bigint;
BEGIN
  INSERT INTO node (level, position, hash) SELECT (n ->> 'level')::integer, (n ->> 'position')::bigint, decode(n ->> 'hash', 'base64') FROM jsonb_array_elements(nodes) AS n ON CONFLICT DO NOTHING;
  UPDATE head SET cut = new_cut;
  DELETE FROM snapshot WHERE event IN (SELECT id FROM event WHERE seq < new_cut);
  DELETE FROM target WHERE seq < new_cut;
  DELETE FROM operation WHERE seq < new_cut;
  DELETE FROM checkpoint WHERE size < new_cut;
  DELETE FROM event WHERE seq < new_cut;
  GET DIAGNOSTICS gone = ROW_COUNT;
  RETURN gone;
END $$;
`

export const createSchema = `CREATE SCHEMA journal; SET LOCAL search_path = journal; ${tables} ${ofApp} ${guardRails} ${functions} ${append}
REVOKE ALL ON SCHEMA journal FROM PUBLIC; REVOKE ALL ON ALL TABLES IN SCHEMA journal FROM PUBLIC; REVOKE ALL ON ALL FUNCTIONS IN SCHEMA journal FROM PUBLIC;`

/** TABLE: steps of the schema, as in SQLite: the first leads from version 0 to 1, and so on.
 * Replicas of the version before go on until they are restarted, so each only adds. */
export const steps: readonly string[] = [
  `ALTER TABLE event ADD COLUMN app ${text('tenant')};
ALTER TABLE operation ADD COLUMN app text;
UPDATE operation SET app = (SELECT e.app FROM event e WHERE e.seq = operation.seq);
${ofApp} ${append}`,
]

/** Without this table a journal was made before versions were. A later service's mark stays. */
export const mark = `CREATE TABLE IF NOT EXISTS journal.schema_version (one integer PRIMARY KEY CHECK (one = 1), version integer NOT NULL);
ALTER TABLE journal.schema_version ADD COLUMN IF NOT EXISTS oldest integer;
GRANT SELECT ON journal.schema_version TO PUBLIC;
INSERT INTO journal.schema_version (one, version, oldest) VALUES (1, ${current.version}, ${current.oldest})
ON CONFLICT (one) DO UPDATE SET version = excluded.version, oldest = excluded.oldest WHERE schema_version.version <= excluded.version`

/** Grants to the application: it reads, and writes through three functions alone. */
export const grantTo = (role: string): string =>
  `GRANT USAGE ON SCHEMA journal TO ${role}; GRANT SELECT ON ALL TABLES IN SCHEMA journal TO ${role};
GRANT EXECUTE ON FUNCTION journal.lock_head(), journal.append(bigint, jsonb, bigint, bytea, text, text), journal.expire(bigint) TO ${role}`

/** All writing statements. */
export const statements = {
  firstHead: "INSERT INTO journal.head VALUES (1, $1, 0, '', 0, $2)",
  lockHead: 'BEGIN; SELECT * FROM lock_head()',
  append: 'SELECT append($1, $2, $3, $4, $5, $6)',
  expire: 'SELECT expire($1) AS gone',
  prune: 'SELECT prune($1, $2) AS gone',
  erase: 'SELECT * FROM erase($1)',
  /** Rewrites the files, which otherwise keep deleted rows. */
  rewrites: ['VACUUM (FULL) snapshot', 'VACUUM (FULL) subject'],
} as const

/** What the service must be able to read, row by row. */
const oursBy =
  "relnamespace = to_regnamespace('journal') AND relname IN ('head', 'event', 'operation', 'target', 'checkpoint', 'node', 'subject', 'snapshot')"
const tablesThat = (are: string): string => `ARRAY(SELECT relname::text FROM pg_class c WHERE ${oursBy} AND ${are} ORDER BY relname)`

/** Queries about the database itself. */
export const lookups = {
  /** What tells the version of the journal that is there. */
  presence: `SELECT to_regclass('journal.head') IS NOT NULL AS found, to_regclass('journal.schema_version') IS NOT NULL AS marked,
    EXISTS (SELECT 1 FROM pg_attribute WHERE attrelid = to_regclass('journal.event') AND attname = 'app') AS "knowsApps"`,
  mark: "SELECT version, coalesce((to_jsonb(mark) ->> 'oldest')::integer, version) AS oldest FROM journal.schema_version mark",
  identity: 'SELECT journal, key FROM head',
  /** What the role may that asks, and what this server is: by the catalogue alone. */
  access: `SELECT current_setting('server_version') AS version, current_setting('server_version_num')::integer AS number, now() AS now, current_user::text AS role,
    has_database_privilege(current_database(), 'CREATE') AS "mayMake", to_regnamespace('journal') IS NOT NULL AS "hasSchema",
    EXISTS (SELECT 1 FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'frontier' WHERE ${oursBy} AND relname = 'head') AS "hasJournal",
    coalesce(has_schema_privilege(to_regnamespace('journal'), 'USAGE'), false) AS "mayUse", current_setting('transaction_read_only') = 'off' AS "takesWrites",
    ${tablesThat("NOT has_table_privilege(c.oid, 'SELECT')")} AS unread, ${tablesThat('row_security_active(c.oid)')} AS hidden,
    ARRAY(SELECT proname::text FROM pg_proc p WHERE pronamespace = to_regnamespace('journal') AND proname IN ('append', 'lock_head', 'expire')
      AND NOT has_function_privilege(p.oid, 'EXECUTE') ORDER BY proname) AS unrun`,
  /** Tables whose rows we might not see, or whose rules might drop what we write. */
  altered: `SELECT ${tablesThat('(row_security_active(c.oid) OR (relhasrules AND EXISTS (SELECT 1 FROM pg_rewrite WHERE ev_class = c.oid)))')} AS altered`,
  mayRemove: "SELECT pg_has_role(relowner, 'USAGE') AS may FROM pg_class WHERE oid = 'journal.subject'::regclass",
} as const
