#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Runs the public sockjs-client's own tests against a server on port 8081 of localhost (fixed in those tests).
# Needs Debian's mocha, node-expect.js and node-sockjs-client.
#   SOCKJS_CLIENT_DIR   a checkout of sockjs/sockjs-client
#   RUNS                how many times in a row (default 1)
# sockjs-node passes 63 and leaves 7, which only a browser can run, pending.
set -uo pipefail
: "${SOCKJS_CLIENT_DIR:?set it to a checkout of sockjs/sockjs-client}"
export NODE_PATH=${NODE_PATH:-/usr/share/nodejs:/usr/lib/nodejs}
log=$(mktemp)
trap 'rm -f "$log"' EXIT
passed=0 failed=0
for ((run = 1; run <= ${RUNS:-1}; run++)); do
    (cd "$SOCKJS_CLIENT_DIR" && timeout 300 mocha --exit tests/lib/transports.js tests/lib/end-to-end.js) \
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
