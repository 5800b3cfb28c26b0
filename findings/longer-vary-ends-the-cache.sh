#!/usr/bin/env bash
# nginx 1.22: one more name in Vary, and nothing of the site is cached any more.
#
# Expected: an answer with `Vary` is kept, once for each combination of the headers that it names; only `Vary: *` is never kept. So the manual
#           has it (proxy_cache_valid), without any other exception.
# Happens:  what is kept on disk has room for a Vary of 128 characters. An answer with a longer one is passed on and not kept, whatever its
#           Cache-Control and proxy_cache_valid say. It counts as a plain MISS, and no log says why, not at the level info either.
# Seen:     five calls for one document that may be kept for an hour:
#           Vary of 121 characters (7 names):                              server asked once, MISS HIT HIT HIT HIT
#           Vary of 128 characters (and Range):                            server asked once, MISS HIT HIT HIT HIT
#           Vary of 129 characters (and Accept):                           server asked 5 times, MISS MISS MISS MISS MISS
#           Vary of 129 characters, which nginx hides on the way back:     server asked 5 times, MISS MISS MISS MISS MISS
#           Vary of 129 characters, proxy_ignore_headers Vary:             server asked once, MISS HIT HIT HIT HIT
# Matters:  names are added to Vary by every layer for itself: the framework (four names for its router), the language, CORS. The update
#           that adds the last one multiplies the load behind the cache, and what it changed looks harmless. Count the characters, or leave
#           Vary out of it and put what varies into proxy_cache_key.
# Needs nginx (Debian: nginx-light).
set -euo pipefail
command -v nginx >/dev/null || {
  echo 'nginx is not installed' >&2
  exit 1
}

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{ "private": true, "allowScripts": { "node": true } }' >package.json
npm install --no-audit --no-fund --loglevel=error --save-exact --prefix "$folder" node@26.10.0

cat >see.mjs <<'JS'
import assert from 'node:assert/strict'
import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'

console.log(`node ${process.version}, ${execFileSync('sh', ['-c', 'nginx -v 2>&1'], { encoding: 'utf8' }).trim()}`)

let calls = 0
const server = createServer((request, response) => {
  calls += 1
  const vary = new URL(request.url, 'http://localhost').searchParams.get('vary')
  response.writeHead(200, { 'cache-control': 'public, max-age=3600', vary }).end('a page')
}).listen(0, '127.0.0.1')
await once(server, 'listening')

const freePort = async () => {
  const other = createServer().listen(0, '127.0.0.1')
  await once(other, 'listening')
  const { port } = other.address()
  await new Promise((closed) => other.close(closed))
  return port
}
const port = await freePort()
const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((name) => `${name}_temp_path ${process.cwd()}/${name};`).join(' ')
const behind = `proxy_pass http://127.0.0.1:${server.address().port}; proxy_cache pages; proxy_cache_valid 1h; add_header X-Cache $upstream_cache_status;`
writeFileSync(
  'nginx.conf',
  `daemon off; master_process off; pid ${process.cwd()}/pid; error_log ${process.cwd()}/log info;
  events {}
  http { access_log off; ${temporary} proxy_cache_path ${process.cwd()}/cache keys_zone=pages:1m;
    server { listen 127.0.0.1:${port};
      location /plain { ${behind} }
      location /hidden { ${behind} proxy_hide_header Vary; }
      location /ignored { ${behind} proxy_ignore_headers Vary; } } }\n`,
)
const proxy = spawn('nginx', ['-p', process.cwd(), '-e', 'stderr', '-c', `${process.cwd()}/nginx.conf`], { stdio: 'ignore' })
const end = (code) => {
  proxy.kill('SIGKILL')
  process.exit(code)
}
setTimeout(() => end(1), 30_000).unref()

/** What a page answers for a router in the browser, in languages, and to other sites. */
const names = ['RSC', 'Next-Router-State-Tree', 'Next-Router-Prefetch', 'Next-Router-Segment-Prefetch', 'Accept-Encoding', 'Accept-Language', 'Origin']
const [fits, tooLong] = [[...names, 'Range'], [...names, 'Accept']]
try {
  for (const [title, location, list, kept] of [
    [' (7 names)', '/plain', names, true],
    [' (and Range)', '/plain', fits, true],
    [' (and Accept)', '/plain', tooLong, false],
    [', which nginx hides on the way back', '/hidden', tooLong, false],
    [', proxy_ignore_headers Vary', '/ignored', tooLong, true],
  ]) {
    const vary = list.join(', ')
    const url = `http://127.0.0.1:${port}${location}?${new URLSearchParams({ vary })}`
    calls = 0
    const states = []
    while (states.length < 5) {
      const answer = await fetch(url).catch(() => sleep(100))
      if (!answer) continue
      await answer.text()
      states.push(answer.headers.get('x-cache'))
    }
    console.log(`${`Vary of ${vary.length} characters${title}:`.padEnd(62)} server asked ${calls === 1 ? 'once' : `${calls} times`}, ${states.join(' ')}`)
    assert.equal(calls, kept ? 1 : 5)
  }
  assert.doesNotMatch(readFileSync('log', 'utf8'), /vary|not cache|uncache/i)
  end(0)
} catch (error) {
  console.error(error)
  end(1)
}
JS
node_modules/.bin/node see.mjs
