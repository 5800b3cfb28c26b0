/** TABLE: the alarms by name: what each means, what to look at, what to do. The runbook is derived
 * from it, and each has a series in the metrics from the start. */
import { describeError, type Fields, type Log } from './log/logger.ts'

interface Row {
  readonly means: string
  readonly look: string
  readonly act: string
}

export const alarms = {
  upstream_credentials: {
    means: 'The vendor refuses our key. Told once, until the key is taken again; the second key is tried where there is one.',
    look: '`appId`, `keyId` and `status` in the line: which key, and whether the vendor said 401 or 403. Was the key deleted or replaced at the vendor?',
    act: 'Put a valid key where the app has it: the file that `SMOOCH_KEY_SECRET_FILE` names is read again within 5 s. See [Changing keys](operate.md#changing-keys).',
  },
  upstream_unavailable: {
    means:
      'More than half of at least ten calls within 10 s had no answer, or 429, 502, 503 or 504. Calls of this app fail at once until a harmless read, tried every 2 s, is answered.',
    look: "The vendor's status page; `smooch_bff_upstream_calls_total` by `outcome`: `unanswered` is the way there or a hanging vendor, `throttled` is a limit of the vendor, `failed` the vendor itself.",
    act: 'Mend the way there (DNS, proxy, firewall) if other hosts are away too; else wait: the service finds the vendor again by itself. For `throttled`, send less or ask the vendor for more.',
  },
  upstream_misconfigured: {
    means: 'The vendor does not know the app, or what answers at the address is not its API.',
    look: '`appId` and `status`; what `npm run check` says in the row of the vendor.',
    act: 'Correct `SMOOCH_APP_ID` and `SMOOCH_BASE_URL`, or the row of `APPS_FILE`, and restart.',
  },
  journal_gate: {
    means: 'The journal cannot record, went back or is gone. Guarded calls are refused until it is well; all else is served.',
    look: '`cause` in the line: a disk without room, a PostgreSQL that is away, a file that was put back, a thread that has ended and is replaced. `smooch_bff_journal_gate_open` says when it opens again.',
    act: 'For a disk or PostgreSQL: make room, bring it back; the gate opens by itself. For a journal that was lost or restored: [Journal](journal.md#keys-backups-a-lost-journal).',
  },
  journal_thread: {
    means:
      'A thread of the SQLite journal ended by itself (`thread`: `writer`, `reader`, or `console` for what people read). The next call starts another; what was under way was answered with 503.',
    look: '`cause`: did its memory run out? Does it come again?',
    act: 'Once: nothing. Again and again: give the process more memory, or look after the disk under the journal.',
  },
  journal_events_lost: {
    means: '`count` events were given up: too many waited for the store of the journal, or the process ended first.',
    look: '`smooch_bff_journal_waiting_events` and `smooch_bff_journal_lag_seconds`: does the store take events again?',
    act: 'Bring the store back. The journal itself then says how many are missing (`event_lost`); what those calls were is in the log by their time.',
  },
  secret_file: {
    means: 'A replaced secret file cannot be used, or the vendor refuses the key in it. The old value stays in force.',
    look: '`setting` and `reason` in the line.',
    act: 'Mend the file; it is read again within 5 s.',
  },
  session_key_dropped: {
    means:
      'A replaced file of `SESSION_KEYS` or `SESSION_PEPPERS` lacks the key that was first until then: every session under it has ended.',
    look: '`setting`; whether somebody meant to sign everybody out.',
    act: 'If nobody did, put the key back, behind the new one: sessions that have not run out live again.',
  },
  session_store_rollback: {
    means:
      'The Redis of the sessions went back in time, from `from` to `to`: sessions that had ended in between would live again. So all sessions of all apps have ended; everybody signs in again, and programs need a new service token.',
    look: 'Who restored a snapshot, or pointed `REDIS_URL` at an older Redis? After a failover: did the replica lag by more than 10 s?',
    act: 'Nothing for the sessions. Roles that were changed in between are as they were before: set them again (`POST /sessions/roles`). See [Redis was restored](operate.md#redis-was-restored).',
  },
  session_store_clock: {
    means:
      'The clock of the Redis of the sessions was set back by `backSeconds`. If it had been ahead, who signed in then and has done nothing since stays signed in for as much longer; if it is behind now, sessions live for as much longer until it is right.',
    look: '`npm run check`, which compares all clocks: was it wrong before, or is it now? After a failover: has the new master another time?',
    act: 'Set the clocks by NTP. If it had been ahead for long, end all sessions (`POST /sessions/end` with `everyone`). See [A clock is wrong](operate.md#a-clock-is-wrong).',
  },
  replicas_differ: {
    means:
      'Replicas on one Redis and one journal do not share `settings`. With other `SESSION_KEYS` or `SESSION_PEPPERS` each refuses the sessions of the other (people are signed out by turns), and does not hear of their ends (told after 15 s); with other rules, `apps` or `providers` each answers otherwise (told after 10 minutes, longer than a rolling update).',
    look: '`settings`: which; the environment and the secret files of each replica. While a key is being changed: was it appended on all of them before it went to the front?',
    act: 'Give all replicas the same. See [Changing keys](operate.md#changing-keys).',
  },
  clock_skew: {
    means: "The vendor's clock is `vendorAheadSeconds` ahead of ours (negative: behind): tokens and limits go wrong.",
    look: '`npm run check`, which compares all clocks: is it ours that is wrong?',
    act: 'Set the clock by NTP.',
  },
  refresh_token_reused: {
    means: 'A refresh token came twice, more than 20 s apart. Its session has ended, since somebody else may hold the token.',
    look: '`actor` and `session`; other sessions of that person, in the console.',
    act: 'Ask the person; with a doubt end all of their sessions. Many at once are a client that keeps old tokens: mend it.',
  },
  logout_token_refused: {
    means: 'A logout token of an identity provider was refused, so somebody stays signed in here.',
    look: '`provider` and `cause`; what [Sign-in](sign-in.md#what-a-provider-must-send) asks of such a token.',
    act: 'Correct the provider. End the sessions of people who signed out there in the meantime, if that matters.',
  },
  identity_provider_misconfigured: {
    means: 'Nobody, or nobody with a role, can sign in at `provider`: settings here or there are wrong. Once a minute for each cause.',
    look: '`cause` and `remedy` in the line.',
    act: 'Do what `remedy` says; see [Sign-in](sign-in.md#what-a-provider-must-send).',
  },
  alert_webhook: {
    means: 'No try has delivered an alert of the console to `ALERT_WEBHOOK_URL`.',
    look: '`cause`; the receiver. The alert itself is in the console.',
    act: 'Mend the receiver; read in the console what it missed.',
  },
  log: {
    means: '`dropped` log lines were not taken: a stalled reader, a full disk. The service goes on, and the journal does not depend on it.',
    look: '`smooch_bff_log_dropped_total`; the collector and its disk.',
    act: 'Mend the collector or make room; nothing need be restarted, unless the reader has gone for good. See [The log is not taken](operate.md#the-log-is-not-taken).',
  },
  sessions_not_ended: {
    means: 'A person was deleted or merged away, and their sessions could not be ended. It is tried again every second until it is done.',
    look: '`cause`, and `smooch_bff_redis_up`: is Redis away?',
    act: 'Bring Redis back. If the process must be stopped before: sign those people out afterwards (`DELETE` on their sessions, on the private listener).',
  },
  person_not_unmarked: {
    means: 'A deletion failed, and the mark that it was under way could not be taken back: the person is not created anew meanwhile.',
    look: '`cause`, and `smooch_bff_redis_up`.',
    act: 'Bring Redis back: it is tried again each second. If the process ended before, the person signs in again.',
  },
  another_user_answered: {
    means: "The vendor answered a person's own call with somebody else. Nothing was shown or stored, and the session has ended.",
    look: 'At the vendor: was that person merged into another, or does a second user have a name that differs in case alone?',
    act: 'Correct the user at the vendor, then let the person sign in again.',
  },
  smooch_id_not_kept: {
    means: "A person's own id at the vendor could not be stored: their calls need one more look until it is.",
    look: '`cause`, and `smooch_bff_redis_up`.',
    act: 'Bring Redis back; the next call stores it.',
  },
  cache_not_invalidated: {
    means: 'Entries of the cache could not be removed around a change (`when`): readers may get the former user, for at most 5 minutes.',
    look: '`cause`, and `smooch_bff_redis_up{connection="cache"}`.',
    act: 'Bring the Redis of the cache back; what comes after the change is tried again by itself.',
  },
  cache_not_written: {
    means: 'A user could not be put into the cache: each read goes to the vendor.',
    look: '`cause`, and `smooch_bff_redis_up{connection="cache"}`.',
    act: 'Bring the Redis of the cache back, or give it room.',
  },
} as const satisfies Record<string, Row>

export type AlarmCode = keyof typeof alarms

export const alarmCodes = Object.keys(alarms) as AlarmCode[]

/** An event that operators should look at. A `cause` may be an error. */
export type Alarm = (code: AlarmCode, fields?: Fields) => void

/** The one way to raise an alarm: counted, and a line. */
export const createAlarm =
  (log: Pick<Log, 'error'>, counted: (code: AlarmCode) => void): Alarm =>
  (code, fields = {}) => {
    counted(code)
    const { cause } = fields
    log.error({ alarm: code, ...fields, ...(cause instanceof Error && { cause: describeError(cause) }) }, 'alarm')
  }
