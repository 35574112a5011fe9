#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Connections of every kind that come and go must leave no memory behind.

Usage: leaks.py [--scale X] [KIND ...]

Each kind has a server of its own and comes in rounds of some thousand connections. After a round nothing is open any more and the
timers of sessions have run; then the server's resident memory (RSS) is read. A leak costs the same in every round. What the
allocator keeps of freed memory costs less and less: a kind holds as soon as, after four rounds at least, a round costs at most
LIMIT bytes a connection. It fails after twenty-four rounds without such a one, or as soon as three in a row have cost about the same,
several times the limit.
"""

from __future__ import annotations

import argparse
import concurrent.futures
import resource
import ssl
import time
from dataclasses import dataclass
from typing import Callable

from support.report import Report
from support.server import Server
from support.wire import Wire, session_path

LIMIT = 150
ROUNDS = (4, 24)
# Above what a SockJS session waits for its client, and an RPC session of /rpc/reconnection too (5 s).
SESSION = 7.0
CONTEXT = ssl._create_unverified_context()


def connect(server: Server) -> Wire:
    return Wire(server.connect())


def secure(server: Server) -> Wire:
    return Wire(CONTEXT.wrap_socket(server.connect()))


@dataclass
class Kind:
    name: str
    # One connection. What it returns is the server's to end: it is waited for when the round's connections are all there.
    visit: Callable[[Server], Wire | None]
    connections: int = 2000
    # Seconds for the timers that a connection leaves behind.
    pause: float = 0.5
    tls: bool = False


KINDS: list[Kind] = []


def kind(name: str, **options):
    def add(visit):
        KINDS.append(Kind(name, visit, **options))
        return visit

    return add


@kind("connect, close")
def _(server):
    connect(server).close()


@kind("TLS handshake, close", tls=True, connections=1000)
def _(server):
    secure(server).close()


@kind("TLS, GET, close", tls=True, connections=1000)
def _(server):
    wire = secure(server).request("GET", "/plaintext", Connection="close")
    wire.response()
    wire.close()


@kind("a plain request to TLS", tls=True)
def _(server):
    wire = connect(server).request("GET", "/plaintext")
    wire.end()
    wire.close()


@kind("GET, Connection: close")
def _(server):
    wire = connect(server).request("GET", "/plaintext", Connection="close")
    wire.response()
    wire.end()
    wire.close()


@kind("five GETs, close")
def _(server):
    wire = connect(server)
    for _ in range(5):
        wire.request("GET", "/plaintext").response()
    wire.close()


@kind("GETs on one connection")
def _(server):
    if not hasattr(server, "wire"):
        server.wire = connect(server)
    server.wire.request("GET", "/plaintext").response()


@kind("404, close")
def _(server):
    wire = connect(server).request("GET", "/nowhere")
    wire.response(404)
    wire.close()


@kind("8 KiB, close")
def _(server):
    wire = connect(server).request("GET", "/big/8192")
    wire.response()
    wire.close()


@kind("1 MiB, close", connections=1000)
def _(server):
    wire = connect(server).request("GET", "/big/1048576")
    wire.response()
    wire.close()


@kind("16 MiB, cut after the first bytes", connections=500)
def _(server):
    wire = connect(server).request("GET", f"/big/{16 << 20}")
    wire.more()
    wire.cut()


@kind("400")
def _(server):
    wire = connect(server).send(b"GET / HTTP/1.1\r\n\r\n")
    wire.response(400)
    return wire


@kind("POST, close")
def _(server):
    wire = connect(server).request("POST", "/http/echo", b"x" * 1000)
    wire.response()
    wire.close()


@kind("half a head, cut")
def _(server):
    connect(server).send(b"GET /plaintext HTTP/1.1\r\nHost:").cut()


@kind("half a body, close")
def _(server):
    connect(server).send(b"POST /http/echo HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nabc").close()


@kind("a refused upgrade, close")
def _(server):
    wire = connect(server).upgrade("/ws", status=403, Origin="http://elsewhere.example")
    wire.close()


@kind("WebSocket, echo, closed")
def _(server):
    wire = connect(server).upgrade("/ws").frame(b"hello")
    wire.message()
    return wire.close_handshake()


@kind("WebSocket, echo, cut")
def _(server):
    wire = connect(server).upgrade("/ws").frame(b"hello")
    wire.message()
    wire.cut()


@kind("WebSocket, a broken frame")
def _(server):
    return connect(server).upgrade("/ws").send(b"\xff\xff\xff\xff")


@kind("TLS, WebSocket, echo, closed", tls=True, connections=1000)
def _(server):
    wire = secure(server).upgrade("/ws").frame(b"hello")
    wire.message()
    wire.close_handshake().close()


@kind("SockJS over WebSocket, echo, closed", pause=SESSION)
def _(server):
    wire = connect(server).upgrade(f"{session_path('/echo')}/websocket")
    wire.message()
    wire.frame(b'["hello"]').message()
    return wire.close_handshake()


@kind("SockJS xhr-streaming, cut", pause=SESSION)
def _(server):
    path = session_path("/echo")
    stream = connect(server).request("POST", f"{path}/xhr_streaming", b"")
    stream.head()
    stream.chunk()
    stream.chunk()
    sender = connect(server).request("POST", f"{path}/xhr_send", b'["hello"]')
    sender.response(204)
    sender.close()
    stream.chunk()
    stream.cut()


@kind("SockJS eventsource, closed by the server", pause=SESSION)
def _(server):
    wire = connect(server).request("GET", f"{session_path('/close')}/eventsource")
    wire.response()
    wire.close()


@kind("SockJS xhr-polling, left", pause=SESSION)
def _(server):
    path = session_path("/echo")
    wire = connect(server)
    for transport, body, status in [("xhr", b"", 200), ("xhr_send", b'["hello"]', 204), ("xhr", b"", 200)]:
        wire.request("POST", f"{path}/{transport}", body).response(status)
    wire.close()


@kind("SockJS xhr-polling, a poll cut", pause=SESSION)
def _(server):
    path = session_path("/echo")
    wire = connect(server).request("POST", f"{path}/xhr", b"")
    wire.response()
    wire.request("POST", f"{path}/xhr", b"").cut()


@kind("JSON-RPC over POST")
def _(server):
    body = b'{"jsonrpc":"2.0","id":1,"method":"echo","params":{"a":1}}'
    wire = connect(server).request("POST", "/rpc/echo", body, Content_Type="application/json")
    wire.response()
    wire.close()


@kind("JSON-RPC session, closed")
def _(server):
    wire = connect(server).upgrade("/rpc/echo")
    wire.call("echo", {"a": 1})
    wire.call("closeSession")
    return wire.close_handshake()


@kind("JSON-RPC session, cut and expired", pause=SESSION)
def _(server):
    wire = connect(server).upgrade("/rpc/reconnection")
    wire.call("echo", {"a": 1})
    wire.cut()


@kind("JSON-RPC session over xhr-polling, left and expired", pause=2 * SESSION)
def _(server):
    path = session_path("/rpc/reconnection")
    wire = connect(server)
    message = b'["{\\"jsonrpc\\":\\"2.0\\",\\"id\\":1,\\"method\\":\\"echo\\",\\"params\\":{}}"]'
    for transport, body, status in [("xhr", b"", 200), ("xhr_send", message, 204), ("xhr", b"", 200)]:
        wire.request("POST", f"{path}/{transport}", body).response(status)
    wire.close()


@kind("half a head, timed out after 10 s", connections=1000)
def _(server):
    return connect(server).send(b"GET /plaintext HTTP/1.1\r\nHost:")


@kind("half a body, timed out after 5 s", connections=1000)
def _(server):
    return connect(server).send(b"POST /http/echo HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\nabc")


@kind("no TLS handshake, timed out after 10 s", tls=True, connections=1000)
def _(server):
    return connect(server)


@kind("idle, timed out after 60 s", connections=1000)
def _(server):
    wire = connect(server).request("GET", "/plaintext")
    wire.response()
    return wire


def measure(what: Kind, connections: int) -> tuple[list[int], float]:
    """RSS after each round, and the bytes that a connection of the last one has cost."""
    levels: list[int] = []
    with Server(tls=what.tls) as server:
        while True:
            held = [wire for wire in (what.visit(server) for _ in range(connections)) if wire]
            for wire in held:
                wire.socket.settimeout(90)
                wire.end()
                wire.close()
            time.sleep(what.pause)
            levels.append(server.rss())
            if len(levels) >= ROUNDS[0]:
                costs = [(level - before) / connections for before, level in zip(levels[-4:], levels[-3:])]
                is_plain = min(costs) > 5 * LIMIT and max(costs) < 1.1 * min(costs)
                if costs[-1] <= LIMIT or is_plain or len(levels) == ROUNDS[1]:
                    return levels, costs[-1]


def main() -> int:
    parser = argparse.ArgumentParser(description="RSS that closed connections leave behind")
    parser.add_argument("--scale", type=float, default=1, help="times the connections of each kind")
    parser.add_argument("kinds", nargs="*", help="parts of the names of the kinds to run; all by default")
    arguments = parser.parse_args()
    chosen = [what for what in KINDS if not arguments.kinds or any(part in what.name for part in arguments.kinds)]
    report = Report()
    # A thousand connections are held at once, on both sides.
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (65536 if hard == resource.RLIM_INFINITY else min(hard, 65536), hard))

    def run(what: Kind) -> None:
        connections = int(what.connections * arguments.scale)
        started = time.monotonic()
        try:
            levels, cost = measure(what, connections)
        except Exception as error:
            return report.check(what.name, f"{type(error).__name__}: {error}")
        numbers = f"{cost:.0f} B a connection in the last round, RSS {[level >> 10 for level in levels]} KiB"
        numbers += f" after rounds of {connections}, {time.monotonic() - started:.0f} s"
        report.check(what.name, f"leaks {numbers}" if cost > LIMIT else None, "" if cost > LIMIT else numbers)

    # The slow ones wait for timers beside the others.
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        list(pool.map(run, sorted(chosen, key=lambda what: "timed out" not in what.name)))
    return report.close()


raise SystemExit(main())
