#!/usr/bin/env bash
# @hey-api/openapi-ts 0.99.0 beside typescript 7.0.2: npm installs the two together without a word, and the generator dies before it reads anything.
#
# Expected: the peer range `>=5.5.3 || >=6.0.0 || …` says that it goes with TypeScript 7, or npm refuses the pair.
# Happens:  the range has no upper end, so npm is content. TypeScript 7 is a program without the JavaScript interface of its forerunners
#           (no `SyntaxKind`, no `factory`), which the generator uses while it is loaded.
# Seen:     typescript 7.0.2: TypeError: Cannot read properties of undefined
#           typescript 5.9.3: a client was written
# Matters:  code generators, linters and document tools that print TypeScript need a compiler of their own beside a project that has moved on:
#           a folder with a lock of its own.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
cat >api.json <<'JSON'
{ "openapi": "3.1.0", "info": { "title": "t", "version": "1" },
  "paths": { "/a": { "get": { "operationId": "getA", "responses": { "200": { "description": "ok" } } } } } }
JSON
try() {
  mkdir "$1" && cd "$1"
  echo '{ "private": true }' >package.json
  echo '{}' >tsconfig.json
  npm install --no-audit --no-fund --loglevel=error --save-exact --prefix . node@26.10.0 @hey-api/openapi-ts@0.99.0 "typescript@$1"
  if node_modules/.bin/node node_modules/@hey-api/openapi-ts/bin/run.js -i ../api.json -o out -c @hey-api/client-fetch >../said 2>&1 && [ -e out/sdk.gen.ts ]; then
    said='a client was written'
  else
    said=$(grep -m 1 -oE 'TypeError: Cannot read properties of undefined' ../said || head -n 12 ../said)
  fi
  echo "typescript $1: $said"
  cd ..
  [ "$said" = "$2" ]
}
echo "@hey-api/openapi-ts 0.99.0"
try 7.0.2 'TypeError: Cannot read properties of undefined'
try 5.9.3 'a client was written'
