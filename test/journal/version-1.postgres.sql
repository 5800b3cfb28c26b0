-- The schema of version 1 in PostgreSQL, as it was before journals had marks. Frozen: a journal of then must open for good.
CREATE SCHEMA journal; SET LOCAL search_path = journal; 
CREATE TABLE head (one integer PRIMARY KEY CHECK (one = 1), journal text NOT NULL, size bigint NOT NULL, frontier bytea NOT NULL, cut bigint NOT NULL, key text NOT NULL);
CREATE TABLE event (seq bigint PRIMARY KEY, body text COLLATE "C" NOT NULL,
  id text GENERATED ALWAYS AS (body::jsonb #>> '{id}') STORED NOT NULL, op text GENERATED ALWAYS AS (body::jsonb #>> '{operation,id}') STORED, kind text GENERATED ALWAYS AS (body::jsonb #>> '{kind}') STORED NOT NULL, action text GENERATED ALWAYS AS (body::jsonb #>> '{action}') STORED NOT NULL,
  time text COLLATE "C" GENERATED ALWAYS AS (body::jsonb #>> '{time}') STORED NOT NULL, actor text GENERATED ALWAYS AS (body::jsonb #>> '{actor,id}') STORED, key text GENERATED ALWAYS AS (body::jsonb #>> '{operation,key}') STORED, ticket text GENERATED ALWAYS AS (body::jsonb #>> '{reason,ticket}') STORED, app text GENERATED ALWAYS AS (body::jsonb #>> '{tenant}') STORED);
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
 
CREATE INDEX event_app ON event (app, seq);
CREATE INDEX event_app_action ON event (app, action, seq);
CREATE INDEX event_app_actor ON event (app, actor, seq) WHERE actor IS NOT NULL;
CREATE INDEX event_app_ticket ON event (app, ticket, seq) WHERE ticket IS NOT NULL;
CREATE INDEX event_viewed ON event ((body::jsonb #>> '{facts,operation}')) WHERE kind = 'viewed';
CREATE INDEX operation_app_state ON operation (app, state, seq);
 
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
 
CREATE FUNCTION lock_head() RETURNS SETOF head LANGUAGE plpgsql SECURITY DEFINER SET search_path = journal, pg_temp AS $$ BEGIN RETURN QUERY SELECT * FROM head FOR UPDATE; END $$;
CREATE FUNCTION expire(now bigint) RETURNS bigint LANGUAGE plpgsql SECURITY DEFINER SET search_path = journal, pg_temp AS $$ DECLARE gone bigint;
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
 
CREATE OR REPLACE FUNCTION append(expected bigint, batch jsonb, new_size bigint, new_frontier bytea, new_note text, new_key text) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = journal, pg_temp AS $$
BEGIN
  IF current_setting('synchronous_commit') IN ('off', 'local') THEN PERFORM set_config('synchronous_commit', 'on', true); END IF;
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
REVOKE ALL ON SCHEMA journal FROM PUBLIC; REVOKE ALL ON ALL TABLES IN SCHEMA journal FROM PUBLIC; REVOKE ALL ON ALL FUNCTIONS IN SCHEMA journal FROM PUBLIC;
