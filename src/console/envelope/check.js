/** Checks the folder in which it lies: node check.mjs [KEY]. It needs Node 18 or later and nothing
 * else. Exit code 0: everything holds. */
import { createHash, createPublicKey, verify } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'

const here = (name) => new URL(name, import.meta.url)
const bytesOf = (name) => readFileSync(here(name))
const sha256 = (...parts) => parts.reduce((sum, part) => sum.update(part), createHash('sha256')).digest()
const must = (condition, words) => {
  if (!condition) throw new Error(words)
}

// The key: name, hash and key as Go's note package writes them

const [, name, id, encoded] =
  /^([^+\s]+)\+([0-9a-f]{8})\+([A-Za-z0-9+/=]+)$/.exec((process.argv[2] ?? bytesOf('key.txt').toString()).trim()) ?? []
const key = Buffer.from(encoded ?? '', 'base64')

/** The lines of a signed note. */
const openNote = (text, what) => {
  const [, body, lines] = /^([\s\S]*\n)\n((?:— [^\n ]+ [A-Za-z0-9+/=]+\n)+)$/.exec(text) ?? []
  must(body !== undefined, `${what} is no signed note`)
  const publicKey = createPublicKey({
    key: Buffer.concat([Buffer.from('302a300506032b6570032100', 'hex'), key.subarray(1)]),
    format: 'der',
    type: 'spki',
  })
  const signed = lines
    .trimEnd()
    .split('\n')
    .some((line) => {
      const [, signer, signature = ''] = line.split(' ')
      const bytes = Buffer.from(signature, 'base64')
      if (signer !== name || bytes.toString('base64') !== signature || bytes.subarray(0, 4).toString('hex') !== id) return false
      return verify(null, Buffer.from(body), publicKey, bytes.subarray(4))
    })
  must(signed, `${what} is not signed by the key`)
  const [origin, ...rest] = body.trimEnd().split('\n')
  must(origin === name, `${what} is about another log`)
  return rest
}

/** RFC 9162, 2.1.3.2: whether a leaf is in the tree with this root. */
const isIncluded = (leaf, index, size, path, root) => {
  if (index >= size) return false
  let [node, last, hash] = [index, size - 1, leaf]
  for (const other of path) {
    if (last === 0) return false
    if (node % 2 === 1 || node === last) {
      hash = sha256(Buffer.of(1), other, hash)
      while (node % 2 === 0 && node !== 0) [node, last] = [Math.floor(node / 2), Math.floor(last / 2)]
    } else hash = sha256(Buffer.of(1), hash, other)
    ;[node, last] = [Math.floor(node / 2), Math.floor(last / 2)]
  }
  return last === 0 && hash.equals(root)
}

const checkKey = () => {
  must(key.length === 33 && key[0] === 1, 'the key is no Ed25519 key of the form name+hash+key')
  must(sha256(`${name}\n`, key).subarray(0, 4).toString('hex') === id, 'the key does not fit its own hash')
}

/** Every file is what was signed, and there is no other. */
const checkFiles = () => {
  const listed = new Map(openNote(bytesOf('manifest.txt').toString(), 'manifest.txt').map((line) => line.split('  ').reverse()))
  const found = [
    ...readdirSync(here('.')).filter((file) => file !== 'proofs'),
    ...readdirSync(here('proofs')).map((file) => `proofs/${file}`),
  ]
  for (const file of found) must(file === 'manifest.txt' || listed.has(file), `${file} is not in the manifest`)
  for (const [file, sum] of listed) must(sha256(bytesOf(file)).toString('hex') === sum, `${file} is not what was signed`)
  return listed.size
}

/** Every event is in the log that the checkpoint signs. */
const checkEvents = () => {
  const checkpoint = bytesOf('checkpoint.txt').toString()
  const [size, root] = openNote(checkpoint, 'checkpoint.txt')
  const events = bytesOf('events.ndjson').toString().split('\n').slice(0, -1)
  for (const line of events) {
    const event = JSON.parse(line).id
    const proof = bytesOf(`proofs/${event}.tlog-proof`).toString()
    const [, extra, index, path, note] = /^c2sp\.org\/tlog-proof@v1\nextra (\S+)\nindex (\d+)\n((?:\S+\n)*)\n([\s\S]+)$/.exec(proof) ?? []
    must(note === checkpoint, `the proof of ${event} is under another checkpoint`)
    must(Buffer.from(extra, 'base64').toString() === line, `the proof of ${event} is about another event`)
    const hashes = path
      .split('\n')
      .slice(0, -1)
      .map((hash) => Buffer.from(hash, 'base64'))
    const leaf = sha256(Buffer.of(0), line)
    must(isIncluded(leaf, Number(index), Number(size), hashes, Buffer.from(root, 'base64')), `${event} is not in the log that was signed`)
  }
  must(readdirSync(here('proofs')).length === events.length, 'there are more proofs than events')
  return events.length
}

try {
  checkKey()
  const files = checkFiles()
  console.log(`HOLDS: ${checkEvents()} events are in the log ${name}, and ${files} files are what was signed.`)
  if (process.argv[2] === undefined)
    console.log('The key is the one in key.txt: compare it with one that you have from elsewhere, or give that one as KEY.')
} catch (error) {
  console.log(`DOES NOT HOLD: ${error.message}`)
  process.exitCode = 1
}
