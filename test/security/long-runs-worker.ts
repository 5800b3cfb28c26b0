/** Run as a worker: gives each parser of text from outside long runs, and posts those whose work grows faster than the text. */
import { parentPort } from 'node:worker_threads'
import { Busboy } from '@fastify/busboy'
import { faultOfSetting } from '../../config/faults.ts'
import { Secret } from '../../config/secret.ts'
import { type SettingName, settings } from '../../config/settings.ts'
import { parse as parseSearch } from '../../src/console/pages/search-query.ts'
import { checkBody } from '../../src/contract/body-faults.ts'
import { looksLikeSmoochId, pathId, provableId } from '../../src/contract/ids.ts'
import { operations } from '../../src/contract/operations.ts'
import { bodies } from '../../src/contract/schemas.ts'
import { keyRing } from '../../src/crypto/key-ring.ts'
import { readIdempotencyKey, readReason } from '../../src/gateway/audit-headers.ts'
import { html } from '../../src/http/html.ts'
import { isForm } from '../../src/http/request/body.ts'
import { clientAddress, settleClientAddress, trustedPeers } from '../../src/http/request/client-address.ts'
import { checkOwnCookies, cookieNames } from '../../src/http/request/cookies.ts'
import { checkQuery } from '../../src/http/request/query.ts'
import { parseStrictJson } from '../../src/http/request/strict-json.ts'
import { read as readFlags } from '../../src/journal/cli/flags.ts'
import { cell } from '../../src/journal/csv.ts'
import { filterNames, filterOf } from '../../src/journal/filter.ts'
import { parseCheckpoint } from '../../src/journal/log/checkpoint.ts'
import { readProof } from '../../src/journal/log/proof.ts'
import { keyList } from '../../src/journal/store/open.ts'
import { verifierIn } from '../../src/journal/verify/verify-proof.ts'
import { addressKey } from '../../src/platform/ip-address.ts'
import { loggable } from '../../src/platform/log/logger.ts'
import { readBearer, readCookie } from '../../src/session/credentials/headers.ts'
import { verifyToken } from '../../src/session/credentials/token.ts'
import { deviceOf } from '../../src/sign-in/device-label.ts'
import { returnPath } from '../../src/sign-in/return-to.ts'
import { holdsCredential } from '../../src/upstream/credentials.ts'
import { requestId, retryAfter } from '../../src/upstream/headers.ts'

type Take = (text: string) => unknown

const app = {
  appId: 'a',
  baseUrl: 'https://vendor.example',
  auth: 'basic',
  keys: [{ id: 'app_1', secret: new Secret('secret-of-16-char') }],
} as const
const keys = keyRing(new Secret(`k:${'k'.repeat(32)}`))
const trusted = trustedPeers(['127.0.0.0/8'])
const request = (headers: Record<string, string>) => ({ headers, socket: { remoteAddress: '127.0.0.1' } }) as never
const rules = {
  reasons: [],
  ticket: settings.AUDIT_TICKET.schema.parse(settings.AUDIT_TICKET.default),
  requiredFor: [],
  required: [],
  updateValues: false,
}
const confirmation = { type: 'immediate' }

/** A part whose name, file name or boundary is the text. */
const form = (head: string, text: string): void => {
  const parser = new Busboy({
    headers: { 'content-type': `multipart/form-data; boundary=${head === 'boundary' ? text : 'b'}` },
    limits: { headerSize: 4096 },
  })
  parser.on('error', () => {})
  parser.end(`--b\r\nContent-Disposition: form-data; ${head}="${text}"\r\n\r\nx\r\n--b--\r\n`)
}

const parsers: Record<string, Take> = {
  'search words': parseSearch,
  'search words in quotation marks': (text) => parseSearch(`"${text}`),
  'query string': (text) => checkQuery(text, [], ['q']),
  'value of a query': (text) => checkQuery(`q=${text}`, [], ['q']),
  cookie: (text) => [readCookie(text, cookieNames(true)), checkOwnCookies(text, cookieNames(true))],
  'value of our cookie': (text) => readCookie(`__Host-Http-bff=${text}`, cookieNames(true)),
  authorization: readBearer,
  'bearer token': (text) => readBearer(`Bearer ${text}`),
  'session token': (text) => verifyToken(keys, text),
  "vendor's words": (text) => holdsCredential(app, text),
  "vendor's words after a token": (text) => holdsCredential(app, `eyJ${text}`),
  'Retry-After': (text) => retryAfter(text),
  'request id': requestId,
  'id in a path': pathId,
  'id in a body': provableId,
  _id: looksLikeSmoochId,
  'X-Forwarded-For': (text) => {
    const one = request({ 'x-forwarded-for': text })
    settleClientAddress(one, trusted)
    return addressKey(clientAddress(one))
  },
  'Audit-Note': (text) => readReason(request({ 'audit-note': text }), {} as never, 'admin', operations.delete_app_user, rules),
  'Audit-Ticket': (text) => readReason(request({ 'audit-ticket': `A${text}` }), {} as never, 'admin', operations.delete_app_user, rules),
  'Idempotency-Key': (text) => readIdempotencyKey(request({ 'idempotency-key': text })),
  'content type of a form': (text) => isForm(request({ 'content-type': `application/x-www-form-urlencoded${text}` })),
  JSON: (text) => parseStrictJson(Buffer.from(text)),
  'string in JSON': (text) => parseStrictJson(Buffer.from(`{"a":"${text}"}`)),
  'key in JSON': (text) => parseStrictJson(Buffer.from(`{"${text}":1}`)),
  'number in JSON': (text) => parseStrictJson(Buffer.from(`[1${text}]`)),
  'e-mail address of a link': (text) => checkBody(bodies.AppUserLink, { type: 'mailgun', address: `${text}@example.com`, confirmation }),
  'domain of a link': (text) => checkBody(bodies.AppUserLink, { type: 'mailgun', address: `a@${text}`, confirmation }),
  'phone number of a link': (text) => checkBody(bodies.AppUserLink, { type: 'twilio', phoneNumber: `+1${text}`, confirmation }),
  'time in a body': (text) => checkBody(bodies.AppUserUpdate, { signedUpAt: `2026-01-01T00:00:00${text}` }),
  'name of a part': (text) => form('name', text),
  'file name of a part': (text) => form('filename', text),
  boundary: (text) => form('boundary', text),
  'return address': (text) => returnPath(`/${text}`, '/bff'),
  'user agent': deviceOf,
  'line of the log': loggable,
  page: (text) => html`${text}`,
  'cell of CSV': cell,
  checkpoint: parseCheckpoint,
  'origin of a checkpoint': (text) => parseCheckpoint(`${text}\n1\n${'A'.repeat(43)}=\n`),
  'lines of a checkpoint': (text) => parseCheckpoint(`o\n1\n${'A'.repeat(43)}=\n${text}\n\n— o AAAA\n${text}`),
  proof: (text) => readProof(`c2sp.org/tlog-proof@v1\n${text}`),
  'key of a verifier': verifierIn,
  'list of keys': keyList,
  'list of keys, the first in PEM': (text) => keyList(`-----BEGIN PRIVATE KEY-----${text}`),
  ...Object.fromEntries(filterNames.map((name): [string, Take] => [`filter ${name}`, (text) => filterOf({ [name]: text })])),
  'flag of the command line': (text) => readFlags('list', { flags: filterNames }, [`--target=${text}`, `--${text}`]),
  ...Object.fromEntries(
    (Object.keys(settings) as SettingName[]).map((name): [string, Take] => [
      name,
      (text) => faultOfSetting(name, text.slice(0, text.length >> 3)),
    ]),
  ),
}

/** Each character of ASCII, and pairs that some syntax knows. */
const units = [
  ...Array.from({ length: 128 }, (_, code) => String.fromCharCode(code)),
  ...[
    '\\\\',
    '\\"',
    '""',
    '"a" ',
    'a:',
    'a,',
    'a=',
    '=a',
    'eyJ',
    'a.',
    '.a',
    '%4',
    '%41',
    '[]',
    '{"',
    '-a',
    '--',
    '\r\n',
    'a ',
    'a@',
    '::',
    '1,',
    ';a',
    '()',
    'é',
    '\u2028',
  ],
]

const least = 2_000
const times = 8
/** What a linear parser takes, with room for what a machine does besides. */
const room = 3

const once = (take: Take, text: string): number => {
  const began = performance.now()
  try {
    take(text)
  } catch {}
  return performance.now() - began
}
const quickest = (take: Take, text: string, tries: number): number => Math.min(...Array.from({ length: tries }, () => once(take, text)))

/** Milliseconds of processor time, to which a busy machine adds nothing; the system counts it in steps. */
const spent = (take: Take, text: string, runs: number): number => {
  const before = process.threadCpuUsage()
  for (let run = 0; run < runs; run += 1) once(take, text)
  const { user, system } = process.threadCpuUsage()
  return (user + system - before.user - before.system) / 1000
}
const stepMs = 20
const runs = 10
/** The same number of characters, in long texts and in short ones. */
const isSlow = (take: Take, unit: string): boolean =>
  spent(take, unit.repeat(least * times), runs) > room * spent(take, unit.repeat(least), runs * times) + stepMs

for (const [name, take] of Object.entries(parsers)) {
  parentPort!.postMessage({ begun: name })
  // What is short is tried first: exponential work shows here, and the worker is ended.
  for (const unit of units) once(take, unit.repeat(40))
  const short = units.map((unit) => quickest(take, unit.repeat(least), 3))
  const usual = short.toSorted((a, b) => a - b)[units.length >> 1]!
  for (const [at, unit] of units.entries()) {
    const most = room * times * Math.max(short[at]!, usual)
    if (once(take, unit.repeat(least * times)) > most && isSlow(take, unit))
      parentPort!.postMessage({ slow: `${name}: ${JSON.stringify(unit)}` })
  }
}
parentPort!.postMessage({ done: Object.keys(parsers).length })
