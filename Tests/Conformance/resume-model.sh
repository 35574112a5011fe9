#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Searches every state of resume.pml, a session between a client and two nodes, with spin (Debian package) and a C compiler; and some
# with a fault put in, which the search has to find.
set -euo pipefail
model=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)/resume.pml
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
passed=0 failed=0

# Takes a name, whether an error is to be found, the messages each way, and an edit of the model.
search() {
    local name=$1 wanted=$2 up=$3 down=$4 edit=${5:-} found
    sed -e "$edit" "$model" >edited.pml
    if [ -n "$edit" ] && cmp -s "$model" edited.pml; then
        failed=$((failed + 1))
        echo "FAILED: $name: the edit changes nothing"
        return
    fi
    spin -a "-DUP=$up" "-DDOWN=$down" edited.pml >spin.log
    cc -O2 -w -DSAFETY -DCOLLAPSE -DMEMLIM=3000 -o pan pan.c
    timeout 300 ./pan -m100000 >pan.log || true
    found=$(sed -nE 's/.*errors: ([0-9]+).*/\1/p' pan.log)
    # What was cut short has proved nothing.
    if grep -qi 'search not completed' pan.log && [ "$wanted" = 0 ]; then found=none; fi
    if [ "${found:-none}" = "$wanted" ]; then
        passed=$((passed + 1))
        echo "ok: $name: $(sed -nE 's/ *([0-9e.+]+) states, stored.*/\1/p' pan.log | tail -n 1) states, errors: $found"
    else
        failed=$((failed + 1))
        echo "FAILED: $name: errors: ${found:-none}, $wanted wanted"
        tail -n 30 pan.log
    fi
}

search 'two messages up, one down' 0 2 1
search 'one message up, two down' 0 1 2
search 'a node that begins one message late' 1 1 2 's/cursor = outAcked;/cursor = outAcked + 1;/'
search 'a client that says again one message too few' 1 2 1 's/k = a + 1;/k = a + 2;/'
search 'a node that believes more than was received' 1 1 2 's/:: b > outAcked -> outAcked = b/:: true -> outAcked = b + 1/'
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
