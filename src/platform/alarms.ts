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
    means: 'The vendor refuses our key. The alarm comes once until the key is accepted again. If there is a second key, it is tried.',
    look: '`appId`, `keyId` and `status` in the line: which key, and whether the vendor said 401 or 403. Was the key deleted or replaced at the vendor?',
    act: 'Put a valid key in the place of the old one. The file that `SMOOCH_KEY_SECRET_FILE` names is read again within 5 s. See [Changing keys](operate.md#changing-keys).',
  },
  upstream_unavailable: {
    means:
      'More than half of at least ten calls within 10 s had no answer, or 429, 502, 503 or 504. Calls of this app fail at once until a harmless read, tried every 2 s, is answered.',
    look: "The vendor's status page; `smooch_bff_upstream_calls_total` by `outcome`: `unanswered` means the network or a vendor that hangs, `throttled` a limit of the vendor, `failed` the vendor itself.",
    act: 'If other hosts cannot be reached either, repair the network (DNS, proxy, firewall). Otherwise wait: the service notices by itself when the vendor is back. For `throttled`, send less or ask the vendor for a higher limit.',
  },
  upstream_misconfigured: {
    means: 'The vendor does not know the app, or the server at the address is not its API.',
    look: '`appId` and `status`; the line `vendor` of `npm run check`.',
    act: 'Correct `SMOOCH_APP_ID` and `SMOOCH_BASE_URL`, or the row of `APPS_FILE`, and restart.',
  },
  journal_gate: {
    means:
      'The journal cannot record, was rolled back or is missing. Guarded calls are refused until this is solved; everything else is served.',
    look: '`cause` in the line: a full disk, a PostgreSQL that is down, an older file, a thread that ended and is replaced. `smooch_bff_journal_gate_open` is 1 when the gate is open again.',
    act: 'Free disk space, or start PostgreSQL; the gate opens by itself. For a journal that was lost or restored: [Journal](journal.md#keys-backups-a-lost-journal).',
  },
  journal_thread: {
    means:
      'A thread of the SQLite journal ended by itself (`thread`: `writer`, `reader`, or `console` for readers of the journal). The next call starts another one; calls under way got 503.',
    look: '`cause`: did it run out of memory? Does it happen again?',
    act: 'After one time, nothing. If it happens again, give the process more memory, or check the disk of the journal.',
  },
  journal_events_lost: {
    means: '`count` events were lost: too many waited for the store of the journal, or the process ended first.',
    look: '`smooch_bff_journal_waiting_events` and `smooch_bff_journal_lag_seconds`: does the store accept events again?',
    act: 'Bring the store back. An event `event_lost` in the journal then says how many are missing. The log has the calls of that time.',
  },
  secret_file: {
    means: 'A replaced secret file cannot be used, or the vendor refuses the key in it. The old value stays in force.',
    look: '`setting` and `reason` in the line.',
    act: 'Correct the file; it is read again within 5 s.',
  },
  session_key_dropped: {
    means: 'A replaced file of `SESSION_KEYS` or `SESSION_PEPPERS` lacks the key that was in use: every session under it has ended.',
    look: '`setting`: was this meant to sign everybody out?',
    act: 'If not, put the key back, behind the new one: sessions that have not expired are valid again.',
  },
  session_store_rollback: {
    means:
      'The Redis of the sessions went back in time, from `from` to `to`: sessions that had ended in between would be valid again. So all sessions of all apps were ended: everybody must sign in again, and programs need new service tokens.',
    look: 'Who restored a snapshot, or pointed `REDIS_URL` at an older Redis? After a failover: did the replica lag by more than 10 s?',
    act: 'Nothing for the sessions. Changes of roles in between are lost: set them again (`POST /sessions/roles`). See [Redis was restored](operate.md#redis-was-restored).',
  },
  session_store_clock: {
    means:
      'The clock of the Redis of the sessions was set back by `backSeconds`. If it was ahead before, people who have been idle since then stay signed in for that much longer. If it is behind now, sessions live for that much longer, until it is corrected.',
    look: '`npm run check`, which compares all clocks: was it wrong before, or is it wrong now? After a failover: does the clock of the new master differ?',
    act: 'Set the clocks by NTP. If it was ahead for long, end all sessions (`POST /sessions/end` with `everyone`). See [A clock is wrong](operate.md#a-clock-is-wrong).',
  },
  replicas_differ: {
    means:
      'Replicas on one Redis and one journal do not share `settings`. If `SESSION_KEYS` or `SESSION_PEPPERS` differ, each refuses the sessions of the other (people seem signed out on some calls), and does not see when they end; the alarm comes after 15 s. If other settings, `apps` or `providers` differ, their answers differ; the alarm comes after 10 minutes, longer than a rolling update.',
    look: '`settings` names them; compare the environment and the secret files of all replicas. During a change of keys: was the new key appended on all replicas before it was moved to the front?',
    act: 'Give all replicas the same values. See [Changing keys](operate.md#changing-keys).',
  },
  clock_skew: {
    means: "The vendor's clock is `vendorAheadSeconds` ahead of ours (negative: behind): tokens may be refused, and limits are wrong.",
    look: '`npm run check`, which compares all clocks: is ours the wrong one?',
    act: 'Set the clock by NTP.',
  },
  refresh_token_reused: {
    means: 'A refresh token was used again after more than 20 s. Its session was ended, since the token may be stolen.',
    look: '`actor` and `session`; other sessions of that person, in the console.',
    act: 'Ask the person; if in doubt, end all of their sessions. Many of these alarms at once mean a client that keeps old tokens: correct it.',
  },
  logout_token_refused: {
    means: 'A logout token of an identity provider was refused, so a person stays signed in here.',
    look: '`provider` and `cause`; the rules for such a token in [Sign-in](sign-in.md#what-a-provider-must-send).',
    act: 'Correct the settings of the provider. If it matters, end the sessions of people who signed out there in the meantime.',
  },
  identity_provider_misconfigured: {
    means:
      'Nobody, or nobody with a role, can sign in at `provider`: settings here or there are wrong. The alarm comes at most once a minute for each cause.',
    look: '`cause` and `remedy` in the line.',
    act: 'Do what `remedy` says; see [Sign-in](sign-in.md#what-a-provider-must-send).',
  },
  alert_webhook: {
    means: 'An alert of the console could not be delivered to `ALERT_WEBHOOK_URL`, by any of six attempts.',
    look: '`cause`; the receiver. The alert itself is in the console.',
    act: 'Repair the receiver; the console shows what it missed.',
  },
  log: {
    means:
      '`dropped` log lines could not be written: a reader that stalls, a full disk. The service continues; the journal does not depend on the log.',
    look: '`smooch_bff_log_dropped_total`; the collector and its disk.',
    act: 'Repair the collector, or free disk space. A restart is needed only if the reader has ended. See [The log is not taken](operate.md#the-log-is-not-taken).',
  },
  sessions_not_ended: {
    means: 'A person was deleted or merged away, and their sessions could not be ended. This is retried every second until it succeeds.',
    look: '`cause`, and `smooch_bff_redis_up`: is Redis down?',
    act: 'Bring Redis back. If the process must be stopped before that, sign those people out afterwards (`DELETE` on their sessions, on the private listener).',
  },
  person_not_unmarked: {
    means: 'A deletion failed, and the mark that it is under way could not be removed: meanwhile no call creates the person again.',
    look: '`cause`, and `smooch_bff_redis_up`.',
    act: 'Bring Redis back: this is retried every second. If the process ended before that, the person must sign in again.',
  },
  another_user_answered: {
    means: "The vendor answered a person's own call with another user. Nothing was shown or stored, and the session was ended.",
    look: 'At the vendor: was that person merged into another, or is there a second user whose name differs only in case?',
    act: 'Correct the user at the vendor, then let the person sign in again.',
  },
  smooch_id_not_kept: {
    means: "A person's own id at the vendor could not be stored: until then, their calls need one more look-up.",
    look: '`cause`, and `smooch_bff_redis_up`.',
    act: 'Bring Redis back; the next call stores it.',
  },
  cache_not_invalidated: {
    means: 'Entries of the cache could not be removed around a change (`when`): readers may get the old data, for at most 5 minutes.',
    look: '`cause`, and `smooch_bff_redis_up{connection="cache"}`.',
    act: 'Bring the Redis of the cache back; the invalidation after a change is retried automatically.',
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
