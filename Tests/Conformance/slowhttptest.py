#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Runs the attacks of Debian's slowhttptest against a conformance server of its own, beside a good client.

The bad connections have to be closed by the server within the attack's time, and the good client has to be served all the while.
"""

from __future__ import annotations

import re
import subprocess
import tempfile
import threading
import time
from pathlib import Path

from support.report import Report
from support.server import Server
from support.wire import Wire

# Name -> (the seconds within which the server has to close them, connections, options of slowhttptest). The limits are the defaults:
# 10 s for a head, 512 B/s for a body after 5 s, 30 s without progress of an answer. A file is asked for 1,000 ranges.
ATTACKS = {
    "slow headers": (15, 300, "-H -i 3 -x 24 -u {url}/plaintext"),
    "slow body": (12, 300, "-B -i 2 -s 8192 -x 10 -u {url}/http/echo"),
    "slow read of a whole body": (40, 20, "-X -w 512 -y 1024 -n 5 -z 32 -u {url}/big/8388608"),
    "slow read of a file": (40, 100, "-X -w 512 -y 1024 -n 5 -z 32 -u {url}/files/large.bin"),
    "many ranges": (10, 300, "-R -a 5 -b 1000 -u {url}/files/large.bin"),
}
KNOWN = {
    "slow read of a whole body: the server closes them": "the write timeout of 30 s does not end it",
    "slow read of a file: the server closes them": "the write timeout of 30 s does not end it",
}
# Seconds that an answer to the good client may take, on a machine that is busy with the attack.
PATIENCE = 2.0
COLOURS = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")


class GoodClient(threading.Thread):
    """Asks ten times a second, by a new connection each time, and remembers the longest wait and what went wrong."""

    def __init__(self, server: Server):
        super().__init__(daemon=True)
        self.server, self.count, self.longest, self.problem = server, 0, 0.0, None
        self.stopped = threading.Event()

    def run(self) -> None:
        while not self.stopped.wait(0.1):
            started = time.monotonic()
            try:
                wire = Wire(self.server.connect(PATIENCE)).request("GET", "/plaintext")
                wire.response()
                wire.close()
            except Exception as error:
                self.problem = self.problem or f"{type(error).__name__}: {error}"
            self.count += 1
            self.longest = max(self.longest, time.monotonic() - started)

    def finish(self) -> str | None:
        self.stopped.set()
        self.join()
        if self.longest > PATIENCE:
            self.problem = self.problem or f"it waited {self.longest:.1f} s"
        return self.problem


def attack(server: Server, seconds: int, connections: int, options: str) -> tuple[str | None, str | None]:
    """What went wrong with the bad connections, and with the tool's own good ones."""
    url = f"http://127.0.0.1:{server.port}"
    command = ["slowhttptest", "-c", str(connections), "-r", str(connections), "-l", str(seconds), "-p", "3"]
    run = subprocess.run(
        [*command, *options.format(url=url).split()], stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=seconds + 60
    )
    text = COLOURS.sub("", run.stdout + run.stderr)
    status = re.findall(r"Exit status: *(.*)", text)
    left = re.findall(r"connected: *(\d+)", text)
    problem = None
    if not status:
        problem = f"slowhttptest ended with {run.returncode}: {text[-300:]}"
    elif status[-1] != "No open connections left":
        problem = f"{status[-1]}, {left[-1] if left else '?'} of {connections} are open after {seconds} s"
    return problem, "it was not available" if re.search(r"service available: *NO", text) else None


def main() -> int:
    report = Report(KNOWN)
    folder = tempfile.TemporaryDirectory()
    Path(folder.name, "large.bin").write_bytes(bytes(8 << 20))
    for name, (seconds, connections, options) in ATTACKS.items():
        with Server(HOLDFAST_FILES=folder.name) as server:
            client = GoodClient(server)
            client.start()
            started = time.monotonic()
            open_ones, unavailable = attack(server, seconds, connections, options)
            took = f"{time.monotonic() - started:.0f} s"
            problem = client.finish() or unavailable
            served = f"{client.count} requests, the longest {client.longest * 1000:.0f} ms"
            report.check(f"{name}: the server closes them", open_ones, took)
            report.check(f"{name}: a good client is served", problem, served)
            report.check(f"{name}: the server still runs", None if server.process.poll() is None else server.output()[-500:])
    return report.close()


raise SystemExit(main())
