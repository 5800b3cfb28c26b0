/** The page in the envelope: what is in it, and how to check it without this service. */
import { html } from '../../http/html.ts'
import { commandWords } from '../../platform/command-words.ts'

interface About {
  readonly app: string
  readonly search: string
  readonly operations: number
  readonly events: number
  readonly time: string
  /** Verifier key: name, hash and key. */
  readonly key: string
}

/** With Debian's packages, where no module is downloaded; and with any Go. */
const go = {
  debian: `apt-get install golang-go golang-golang-x-mod-dev
GO111MODULE=off GOPATH=/usr/share/gocode go run check.go . 'KEY'`,
  any: `mkdir ../check && cp check.go ../check && cd ../check
go mod init check && go mod tidy && go run . FOLDER 'KEY'`,
}

export const readMe = ({ app, search, operations, events, time, key }: About): string =>
  html`<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Audit envelope</title>
<h1>What was done to users of the app ${app}</h1>
<p>${operations} operations with ${events} events, found by <code>${search || 'no search: all'}</code>, written at ${time}.</p>
<h2>What is in it</h2>
<dl>
<dt>operations.csv</dt><dd>One row for each operation: when, who, what, to whom, why, and how it ended. Cells that a spreadsheet would evaluate begin with an apostrophe.</dd>
<dt>events.ndjson</dt><dd>The events of these operations, each line the bytes that were signed.</dd>
<dt>proofs</dt><dd>For each event, that it is in the log (C2SP tlog-proof).</dd>
<dt>checkpoint.txt</dt><dd>The end of the log, signed (C2SP tlog-checkpoint).</dd>
<dt>manifest.txt</dt><dd>SHA-256 of every other file, signed by the same key.</dd>
<dt>key.txt</dt><dd>The public key: <code>${key}</code></dd>
<dt>check.mjs, check.go</dt><dd>Two programs of about a hundred lines; either checks all of this.</dd>
</dl>
<h2>How to check it</h2>
<p>With Node 18 or later, without a network and without the service:</p>
<pre>node check.mjs 'KEY'</pre>
<p>KEY is a key that you have from elsewhere: an earlier envelope, or <code>${commandWords('journal', 'verify')}</code> where the service runs. Without it, key.txt is believed. The program ends with 0 when everything holds, else with 1, and says what does not.</p>
<p>The same with Go, whose own packages for such notes and proofs, <code>note</code> and <code>tlog</code>, know nothing of this service. On Debian, without a network once the packages are there:</p>
<pre>${go.debian}</pre>
<p>Elsewhere:</p>
<pre>${go.any}</pre>
<h2>What it shows</h2>
<p>That each event is in the log under that checkpoint, byte for byte, and that no file was changed since it was written. It does not show that the search found everything: for that, the whole log is verified where it lies. What stood before a change is sealed, and is not in here.</p>
</html>
`.text
