#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Runs the public sockjs-protocol suite against a server; never through a proxy.
#   HOLDFAST_URL          the server with the services of the suite (default http://127.0.0.1:8081)
#   SOCKJS_PROTOCOL_DIR   a checkout of sockjs/sockjs-protocol
#   PYTHON2               a Python 2.7 with unittest2, websocket-client<1 and ws4py (default python2.7)
#   RUNS                  how many times in a row (default 1)
#   KNOWN                 tests that may fail (default: test_haproxy, the retired Hixie-76 handshake)
set -uo pipefail
: "${SOCKJS_PROTOCOL_DIR:?set it to a checkout of sockjs/sockjs-protocol}"
url=${HOLDFAST_URL:-http://127.0.0.1:8081}
python=${PYTHON2:-python2.7}
known=" ${KNOWN:-test_haproxy} "
log=$(mktemp)
trap 'rm -f "$log"' EXIT
passed=0 failed=0
for ((run = 1; run <= ${RUNS:-1}; run++)); do
    (cd "$SOCKJS_PROTOCOL_DIR" && SOCKJS_URL=${url%/} timeout 300 "$python" sockjs-protocol.py) >"$log" 2>&1 </dev/null
    ran=$(sed -n 's/^Ran \([0-9]*\) tests.*/\1/p' "$log")
    if [ -z "$ran" ]; then
        tail -n 20 "$log"
        echo "run $run: the suite did not finish"
        failed=$((failed + 1))
        continue
    fi
    bad=0 excused=""
    for name in $(sed -n 's/^\(FAIL\|ERROR\): \([A-Za-z_0-9]*\).*/\2/p' "$log"); do
        if [[ $known == *" $name "* ]]; then
            excused="$excused $name"
        else
            bad=$((bad + 1))
            echo "run $run: failed $name"
            grep -A 30 "^\(FAIL\|ERROR\): $name" "$log" | tail -n +2 | sed -n '1,/^[A-Za-z_]*Error/p' | tail -n 6
        fi
    done
    good=$((ran - bad - $(wc -w <<<"$excused")))
    echo "run $run: $good of $ran passed${excused:+, excused:$excused}"
    passed=$((passed + good)) failed=$((failed + bad))
done
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
