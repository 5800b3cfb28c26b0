#!/usr/bin/env bash
# Node 26.10.0: a compile cache that was filled when the image was built is not read by another user, nor with some switches, and nothing says so.
#
# Expected: NODE_COMPILE_CACHE names a folder, and what a build step as root has put into it is read by each later start of the same Node, as all can
#           read its files. The documentation speaks of the version of Node, and of sharing between starts.
# Happens:  the cache is in a folder within that folder, whose name has the version, the architecture, a hash of the flags of V8 and the number of the
#           user. Another user has another one: it is begun anew, or, where the user may not write, as in an image, there is no cache
#           at all, without a word. Switches that belong to V8 change the hash; those of Node, and the sizes of the heap, do not.
# Seen:     pino is loaded with a cache that root has filled by the same command; files whose code came from the cache:
#           the same again:                                     29 of 29
#           --max-old-space-size=300:                           29 of 29
#           --stack-trace-limit=50:                             0 of 29
#           --disallow-code-generation-from-strings:            0 of 29
#           --abort-on-uncaught-exception:                      0 of 29
#           another user, the folder is root's:                 0 of 29, and none is kept
#           another user, who may write there:                  0 of 29
# Matters:  "compile in the image, run as another user, with the switches of production" is the pattern of every guide. The files are there, the image
#           is larger, and each start compiles everything. Fill the cache as the user and with the switches that will run, and look at
#           getCompileCacheDir() or NODE_DEBUG_NATIVE=COMPILE_CACHE.
# The rows of another user need root and setpriv.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
chmod 755 "$folder"
cd "$folder"
unset NODE_COMPILE_CACHE NODE_DISABLE_COMPILE_CACHE NODE_OPTIONS
echo '{ "private": true, "allowScripts": { "node": true } }' >package.json
npm install --no-audit --no-fund --loglevel=error --save-exact --prefix "$folder" node@26.10.0 pino@10.4.0
chmod -R a+rX "$folder"
node=$(realpath node_modules/node/bin/node)
echo "node $("$node" --version), pino 10.4.0"
echo "import 'pino'" >app.mjs

start() { "$@" NODE_COMPILE_CACHE="$folder/cache" NODE_DEBUG_NATIVE=COMPILE_CACHE "$node" "${flags[@]}" app.mjs 2>&1 || true; }
flags=()
as=(env)
start env >first
all=$(grep -c 'V8 code cache for .* was not initialized' first)
see() {
  local title=$1 expected=$2
  start "${as[@]}" >log
  read=$(grep -c 'V8 code cache for .* was accepted' log || true)
  kept=$(grep -q 'Cannot create cache directory' log && echo ', and none is kept' || true)
  printf '%-51s %s\n' "$title:" "$read of $all$kept"
  [ "$read$kept" = "$expected" ]
}
see 'the same again' "$all"
flags=(--max-old-space-size=300)
see "${flags[0]}" "$all"
for flag in --stack-trace-limit=50 --disallow-code-generation-from-strings --abort-on-uncaught-exception; do
  flags=("$flag")
  see "$flag" 0
done
flags=()
if [ "$(id -u)" = 0 ] && command -v setpriv >/dev/null; then
  as=(setpriv --reuid=nobody --regid=nogroup --clear-groups env)
  see "another user, the folder is root's" '0, and none is kept'
  chmod 777 cache
  see 'another user, who may write there' 0
fi
