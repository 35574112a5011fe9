# SPDX-License-Identifier: Apache-2.0
"""A conformance server of a suite's own, for what the shared one should not have to bear."""

from __future__ import annotations

import os
import socket
import subprocess
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
CERTIFICATES = ROOT / "Fixtures" / "certificates"


class Server:
    """Runs the program that HOLDFAST_CONFORMANCE_SERVER names, on a free port, until it is stopped."""

    def __init__(self, tls: bool = False, **settings: str):
        program = os.environ.get("HOLDFAST_CONFORMANCE_SERVER", ROOT / ".build" / "debug" / "conformance-server")
        with socket.create_server(("127.0.0.1", 0)) as probe:
            self.port = probe.getsockname()[1]
        environment = dict(os.environ, HOLDFAST_HOST="127.0.0.1", HOLDFAST_PORT=str(self.port), HOLDFAST_THREADS="2", **settings)
        if tls:
            environment["HOLDFAST_TLS_CERT"] = str(CERTIFICATES / "localhost.pem")
            environment["HOLDFAST_TLS_KEY"] = str(CERTIFICATES / "localhost.key")
        self.log = tempfile.TemporaryFile()
        self.process = subprocess.Popen([program], env=environment, stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log)
        deadline = time.monotonic() + 30
        while not self.answers():
            if self.process.poll() is not None or time.monotonic() > deadline:
                self.process.kill()
                raise SystemExit(f"{program} does not start: {self.output()}")
            time.sleep(0.05)

    def answers(self, timeout: float = 5) -> bool:
        try:
            self.connect(timeout).close()
            return True
        except OSError:
            return False

    def connect(self, timeout: float = 30) -> socket.socket:
        connection = socket.create_connection(("127.0.0.1", self.port), timeout)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return connection

    def rss(self) -> int:
        """The resident memory in bytes."""
        for line in Path(f"/proc/{self.process.pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Rss:"):
                return int(line.split()[1]) * 1024
        raise SystemExit("no Rss")

    def output(self) -> str:
        self.log.seek(0)
        return self.log.read().decode(errors="replace")

    def stop(self) -> int:
        """Asks it to end and returns its status."""
        self.process.terminate()
        try:
            return self.process.wait(40)
        except subprocess.TimeoutExpired:
            self.process.kill()
            return self.process.wait()

    def __enter__(self) -> Server:
        return self

    def __exit__(self, *_) -> None:
        self.stop()
