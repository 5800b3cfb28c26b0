#!/usr/bin/env bash
# Spectral 6.16.3: a pattern with Unicode escapes refuses the examples that it describes.
#
# Expected: `pattern` is an ECMA-262 expression with the flag u, as JSON Schema 2020-12 (OpenAPI 3.1) says: \p{L} is a letter.
# Happens:  it is compiled without the flag, in which `\p{L}` means the letter p and a brace, so right examples are errors, and wrong ones
#           pass. Redocly 2.77.0 reads the same document without a word.
# Seen:     spectral: "example" property must match pattern "^\p{L}+$"; redocly: valid
# Matters:  a document that describes names or texts of all languages cannot be clean under both, unless the pattern is written with ranges.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{ "private": true }' >package.json
npm install --no-audit --no-fund --loglevel=error --ignore-scripts --save-exact --prefix "$folder" @stoplight/spectral-cli@6.16.3 @redocly/cli@2.77.0

cat >openapi.json <<'JSON'
{
  "openapi": "3.1.0",
  "info": { "title": "Names", "version": "1" },
  "servers": [{ "url": "https://api.example.org" }],
  "paths": {},
  "components": { "schemas": { "Name": { "type": "string", "pattern": "^\\p{L}+$", "example": "Zo\u00eb" } } }
}
JSON
echo '{ "extends": [["spectral:oas", "off"]], "rules": { "oas3-valid-schema-example": "error" } }' >ruleset.json
echo '{ "rules": { "no-invalid-schema-examples": "error" } }' >redocly.yaml

echo "spectral 6.16.3, redocly 2.77.0, node $(node --version)"
spectral=$(npx --no-install spectral lint --ruleset ruleset.json openapi.json 2>&1 || true)
grep 'must match pattern' <<<"$spectral"
redocly=$(REDOCLY_TELEMETRY=off npx --no-install redocly lint openapi.json 2>&1) || { echo "$redocly"; exit 1; }
grep -i 'is valid' <<<"$redocly"
# That it looks at examples at all: digits are no letters.
sed 's/Zo.*eb"/123"/' openapi.json >digits.json
! REDOCLY_TELEMETRY=off npx --no-install redocly lint digits.json >/dev/null 2>&1
echo 'redocly, with digits in place of letters: invalid'
