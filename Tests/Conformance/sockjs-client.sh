#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Runs the public sockjs-client's own tests against a server.
# Needs Debian's mocha, node-expect.js and node-sockjs-client.
#   HOLDFAST_URL        the server with the services of the suite (default http://127.0.0.1:8081)
#   SOCKJS_CLIENT_DIR   a checkout of sockjs/sockjs-client (default: Debian's source package, fetched into .build-tools)
#   RUNS                how many times in a row (default 1)
# sockjs-node passes 63 and leaves 7, which only a browser can run, pending.
set -uo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
export NODE_PATH=${NODE_PATH:-/usr/share/nodejs:/usr/lib/nodejs} HOLDFAST_URL=${HOLDFAST_URL:-http://127.0.0.1:8081}
log=$(mktemp)
trap 'rm -f "$log"' EXIT

# The package's upstream part is enough; its repository is the one that the other packages come from.
fetch() {
    local folder=$1
    local get=(apt-get -qq -o Dir::Etc::sourcelist="$folder/sources.list" -o Dir::Etc::sourceparts=-
        -o Dir::State::lists="$folder/lists" -o Dir::Cache="$folder/cache")
    mkdir -p "$folder/lists/partial" "$folder/cache/archives/partial" && cd "$folder" || return 1
    apt-get indextargets --format 'deb-src $(REPO_URI) $(CODENAME) $(COMPONENT)' \
        'Created-By: Packages' 'Origin: Debian' 'Component: main' >sources.list
    "${get[@]}" update && "${get[@]}" source --tar-only node-sockjs-client &&
        mkdir -p checkout && tar -xf node-sockjs-client_*.orig.tar.* -C checkout --strip-components 1
}

if [ -z "${SOCKJS_CLIENT_DIR:-}" ]; then
    folder=$here/../../.build-tools/sockjs-client
    if [ ! -e "$folder/checkout/tests/lib/transports.js" ] && ! (fetch "$folder") >"$log" 2>&1; then
        tail -n 20 "$log"
        echo "the source package cannot be had"
        echo "0 passed, 1 failed"
        exit 1
    fi
    SOCKJS_CLIENT_DIR=$(cd "$folder/checkout" && pwd)
fi
export SOCKJS_CLIENT_DIR
passed=0 failed=0
for ((run = 1; run <= ${RUNS:-1}; run++)); do
    (cd "$SOCKJS_CLIENT_DIR" &&
        timeout 300 mocha --exit --require "$here/sockjs-client.cjs" tests/lib/transports.js tests/lib/end-to-end.js) \
        >"$log" 2>&1 </dev/null
    good=$(sed -n 's/^ *\([0-9]*\) passing.*/\1/p' "$log")
    bad=$(sed -n 's/^ *\([0-9]*\) failing.*/\1/p' "$log")
    if [ -z "$good" ]; then
        tail -n 20 "$log"
        echo "run $run: the suite did not finish"
        failed=$((failed + 1))
        continue
    fi
    if [ -n "$bad" ]; then sed -n '/failing/,$p' "$log" | head -n 60; fi
    echo "run $run: $good passing, ${bad:-0} failing, $(sed -n 's/^ *\([0-9]*\) pending.*/\1/p' "$log") pending"
    passed=$((passed + good)) failed=$((failed + ${bad:-0}))
done
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
