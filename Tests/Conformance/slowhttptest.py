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
    "slow read of a whole body": (50, 20, "-X -w 512 -y 1024 -n 5 -z 32 -u {url}/big/8388608"),
    "slow read of a file": (50, 100, "-X -w 512 -y 1024 -n 5 -z 32 -u {url}/files/large.bin"),
    "many ranges": (10, 300, "-R -a 5 -b 1000 -u {url}/files/large.bin"),
}
KNOWN: dict[str, str] = {}
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


def connections_of(server: Server) -> int:
    """How many connections the server has not closed, as the kernel knows: the tool does not see a reset that it need not read."""
    lines = Path("/proc/net/tcp").read_text().splitlines()[1:]
    ends = (line.split()[1:4] for line in lines)
    return sum(local.endswith(f":{server.port:04X}") and state in ("01", "08") for local, _, state in ends)


def attack(server: Server, seconds: int, connections: int, options: str) -> tuple[str | None, str]:
    """What went wrong with the bad connections, and what came of them."""
    url = f"http://127.0.0.1:{server.port}"
    command = ["slowhttptest", "-c", str(connections), "-r", str(connections), "-l", str(seconds + 10), "-p", "3"]
    most, started = 0, time.monotonic()
    with tempfile.TemporaryFile("w+") as log:
        tool = subprocess.Popen([*command, *options.format(url=url).split()], stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        while True:
            time.sleep(0.1)
            left, took = connections_of(server), time.monotonic() - started
            most = max(most, left)
            # Up to three are the good client's, the tool's own good one, and one of either that is just being closed.
            are_closed = most > connections / 2 and left <= 3
            if tool.poll() is not None or are_closed or took > seconds:
                break
        tool.kill()
        tool.wait()
        log.seek(0)
        text = COLOURS.sub("", log.read())
    if are_closed or "Exit status: No open connections left" in text:
        return None, f"{most} at once, closed after {took:.0f} s"
    if "connected:" in text:
        return f"{left} of {connections} are open after {took:.0f} s", ""
    return f"slowhttptest ended with {tool.returncode}: {text[-300:]}", ""


def main() -> int:
    report = Report(KNOWN)
    folder = tempfile.TemporaryDirectory()
    Path(folder.name, "large.bin").write_bytes(bytes(8 << 20))
    for name, (seconds, connections, options) in ATTACKS.items():
        with Server(HOLDFAST_FILES=folder.name) as server:
            client = GoodClient(server)
            client.start()
            problem, note = attack(server, seconds, connections, options)
            report.check(f"{name}: the server closes them", problem, note)
            problem = client.finish()
            served = f"{client.count} requests, the longest {client.longest * 1000:.0f} ms"
            report.check(f"{name}: a good client is served", problem, served)
            report.check(f"{name}: the server still runs", None if server.process.poll() is None else server.output()[-500:])
    return report.close()


raise SystemExit(main())
