#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Clients that read steadily but slowly get every byte: whole bodies and files, over TCP and TLS, through nginx and HAProxy, at a drain.

Needs Debian's nginx-light and haproxy.
"""

from __future__ import annotations

import concurrent.futures
import contextlib
import os
import shutil
import signal
import socket
import ssl
import subprocess
import tempfile
import time
from pathlib import Path

from support.report import Report
from support.server import Server

SIZE = 12 << 20
# Slower than any answer is written, for longer than a connection lingers.
RATE = 3_000_000
CONTEXT = ssl._create_unverified_context()
BODY = bytes(97 + offset % 26 for offset in range(26)) * (SIZE // 26 + 1)


def read_slowly(port: int, path: str, *, tls=False, version="1.1", fields="", half_closes=False, begun=None) -> str | None:
    """Reads one answer at RATE; tells what is wrong with it."""
    connection = socket.socket()
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 64 << 10)
    connection.settimeout(15)
    connection.connect(("127.0.0.1", port))
    if tls:
        connection = CONTEXT.wrap_socket(connection)
    connection.sendall(f"GET {path} HTTP/{version}\r\nHost: 127.0.0.1\r\n{fields}\r\n".encode())
    if half_closes:
        connection.shutdown(socket.SHUT_WR)
    received, start = bytearray(), time.monotonic()
    try:
        while True:
            end = received.find(b"\r\n\r\n") + 4
            if end > 3 and len(received) >= end + SIZE:
                break
            piece = connection.recv(64 << 10)
            if not piece:
                break
            received += piece
            if begun and len(received) > 1 << 20:
                begun()
                begun = None
            time.sleep(max(0, len(received) / RATE - (time.monotonic() - start)))
    except OSError as error:
        return f"{error!r} after {len(received)} bytes"
    finally:
        connection.close()
    head, _, body = bytes(received).partition(b"\r\n\r\n")
    if not head.startswith(f"HTTP/1.1 200".encode()):
        return f"{head[:60]!r}"
    if body != BODY[:SIZE]:
        return f"{len(body)} of {SIZE} bytes" if BODY.startswith(body) else "other bytes"
    return None


@contextlib.contextmanager
def proxies(port: int):
    """nginx, with and without buffering, and HAProxy in front of a server; gives their ports."""
    names = ("nginx", "nginx without buffering", "HAProxy")
    probes = [socket.create_server(("127.0.0.1", 0)) for _ in names]
    ports = dict(zip(names, (probe.getsockname()[1] for probe in probes)))
    for probe in probes:
        probe.close()
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o755)
        temporary = "".join(f"{kind}_temp_path {folder}/{kind};" for kind in ("proxy", "client_body", "fastcgi", "uwsgi", "scgi"))
        Path(folder, "nginx.conf").write_text(
            f"daemon off; pid {folder}/pid; error_log {folder}/log; events {{}} http {{ access_log off; {temporary}"
            f"server {{ listen 127.0.0.1:{ports['nginx']}; location / {{ proxy_pass http://127.0.0.1:{port}; }} }}"
            f"server {{ listen 127.0.0.1:{ports['nginx without buffering']}; location / {{ proxy_pass http://127.0.0.1:{port};"
            f"proxy_buffering off; }} }} }}"
        )
        Path(folder, "haproxy.cfg").write_text(
            "defaults\n mode http\n option http-server-close\n timeout connect 5s\n timeout client 30s\n timeout server 30s\n"
            f"listen proxy\n bind 127.0.0.1:{ports['HAProxy']}\n server server 127.0.0.1:{port}\n"
        )
        sbin = os.environ["PATH"] + ":/usr/sbin"
        commands = [
            [shutil.which("nginx", path=sbin), "-c", f"{folder}/nginx.conf", "-e", f"{folder}/log"],
            [shutil.which("haproxy", path=sbin), "-db", "-f", f"{folder}/haproxy.cfg"],
        ]
        if None in (command[0] for command in commands):
            raise SystemExit("nginx or haproxy is not installed")
        children = [subprocess.Popen(command, stderr=subprocess.DEVNULL) for command in commands]
        try:
            for waited in ports.values():
                deadline = time.monotonic() + 10
                while True:
                    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", waited), 1):
                        break
                    if time.monotonic() > deadline:
                        raise SystemExit("a proxy does not start")
                    time.sleep(0.05)
            yield ports
        finally:
            for child in children:
                child.terminate()
                child.wait()


def main() -> int:
    report = Report()
    whole, file = f"/big/{SIZE}", "/files/big.txt"
    kinds = {whole: "a whole body", file: "a file"}
    with tempfile.TemporaryDirectory() as files, concurrent.futures.ThreadPoolExecutor(64) as pool:
        Path(files, "big.txt").write_bytes(BODY[:SIZE])
        waiting = {}

        def read(name: str, *arguments, **options) -> None:
            waiting[pool.submit(read_slowly, *arguments, **options)] = name

        def finish() -> None:
            for future in concurrent.futures.as_completed(waiting):
                report.check(waiting[future], future.result())
            waiting.clear()

        with Server(HOLDFAST_FILES=files) as plain, Server(tls=True, HOLDFAST_FILES=files) as secure, proxies(plain.port) as ports:
            for server, tls in ((plain, False), (secure, True)):
                for path in (whole, file):
                    name = f"{'TLS' if tls else 'TCP'}, {kinds[path]}"
                    read(f"{name}, keep-alive", server.port, path, tls=tls)
                    read(f"{name}, close", server.port, path, tls=tls, fields="Connection: close\r\n")
                    read(f"{name}, HTTP/1.0", server.port, path, tls=tls, version="1.0")
                    if not tls:
                        read(f"{name}, half-closed", server.port, path, half_closes=True)
            finish()
            for proxy, port in ports.items():
                for path in (whole, file):
                    for fields in ("", "Connection: close\r\n"):
                        read(f"{proxy}, {kinds[path]}{', close' if fields else ''}", port, path, fields=fields)
            finish()
        for tls in (False, True):
            server = Server(tls=tls, HOLDFAST_FILES=files)
            end = lambda: server.process.send_signal(signal.SIGTERM)
            read(f"{'TLS' if tls else 'TCP'}, a whole body, SIGTERM meanwhile", server.port, whole, tls=tls, begun=end)
            finish()
            report.check(f"{'TLS' if tls else 'TCP'}, the server ends with 0", (code := server.stop()) and f"{code}")
    return report.close()


if __name__ == "__main__":
    raise SystemExit(main())
