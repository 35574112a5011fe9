#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Runs the Autobahn WebSocket cases (by kosoku, from PyPI) against an echo server.

Usage: autobahn.py [--deflate] ws://127.0.0.1:8081/ws

All cases but 12.* and 13.* (permessage-deflate) run; --deflate runs those too. A verdict worse than OK or INFORMATIONAL
fails, for the messages and for the closing handshake alike, unless the case stands in ALLOWED with its reason.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import sys

from kosoku import FailureError, run_fuzzingclient

# Each sends a good message and a bad frame in one segment. The bad frame fails the link while the good message is still on its
# way to the application's task, so that its echo is not sent (RFC 6455 §7.1.7 asks for no more); NON-STRICT says just that.
ONE_SEGMENT = ["3.2", "3.3", "3.4", "4.1.3", "4.1.4", "4.1.5", "4.2.3", "4.2.4", "4.2.5", "5.15"]
# Case -> (the verdict it may have, why).
ALLOWED = {case: ("NON-STRICT", "the failure overtakes the echo of the same segment") for case in ONE_SEGMENT}
GOOD = {"OK", "INFORMATIONAL"}


def complaint(result) -> str | None:
    verdicts = [result.behavior.value, result.behavior_close.value]
    bad = [verdict for verdict in verdicts if verdict not in GOOD]
    if not bad:
        return None
    allowed = ALLOWED.get(result.case_id)
    if allowed is not None and bad == [allowed[0]]:
        return None
    return f"{result.case_id}: {' / '.join(verdicts)}: {result.result}"


async def run(address: str, deflate: bool) -> int:
    exclude = [] if deflate else ["12.*", "13.*"]
    try:
        results = await run_fuzzingclient(address, None, exclude, concurrency=2)
    except FailureError as failure:
        results = failure.results
    complaints = [text for text in map(complaint, results) if text is not None]
    for result in results:
        verdict = ALLOWED.get(result.case_id)
        if verdict is not None and result.behavior.value == verdict[0]:
            print(f"allowed {result.case_id} {verdict[0]}: {verdict[1]}")
    for text in complaints:
        print(f"failed {text}")
    least = 301
    if len(results) < least:
        complaints.append("cases missing")
        print(f"failed: only {len(results)} of {least} cases ran")
    print(f"{len(results) - len(complaints)} passed, {len(complaints)} failed")
    sys.stdout.flush()
    return 1 if complaints else 0


def main() -> None:
    parser = argparse.ArgumentParser(description="Autobahn's WebSocket cases against an echo server")
    parser.add_argument("address")
    parser.add_argument("--deflate", action="store_true", help="run 12.* and 13.* too")
    arguments = parser.parse_args()
    code = asyncio.run(run(arguments.address, arguments.deflate))
    # kosoku's worker threads may outlive the run.
    os._exit(code)


main()
