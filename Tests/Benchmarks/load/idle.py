#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Opens many idle sessions and prints, as one line of JSON, what the server's memory grew by for each.

    idle.py rpc http://127.0.0.1:8081/rpc/echo 10000 PID     JSON-RPC sessions over WebSocket
    idle.py xhr http://127.0.0.1:8081/echo 5000 PID          SockJS sessions over xhr_streaming
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
from urllib.parse import urlsplit

import uvloop
from picows import WSFrame, WSListener, WSMsgType, WSTransport, ws_connect


class Session(WSListener):
    """Asks for a JSON-RPC session once and then stays."""

    def __init__(self) -> None:
        self.ready = asyncio.get_running_loop().create_future()

    def on_ws_connected(self, transport: WSTransport) -> None:
        transport.send(WSMsgType.TEXT, b'{"jsonrpc":"2.0","method":"connect","id":1}')

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        if frame.msg_type == WSMsgType.TEXT and not self.ready.done():
            self.ready.set_result(b'"sessionId"' in frame.get_payload_as_bytes())


class Stream(asyncio.Protocol):
    """Asks for a SockJS stream once and then stays."""

    def __init__(self, request: bytes) -> None:
        self.request = request
        self.seen = b""
        self.ready = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.Transport) -> None:
        transport.write(self.request)

    def data_received(self, data: bytes) -> None:
        if self.ready.done():
            return
        self.seen += data
        if not self.seen.startswith(b"HTTP/1.1 200"):
            self.ready.set_result(False)
        elif b"o\n" in self.seen:
            self.seen = b""
            self.ready.set_result(True)


async def open_session(kind: str, address: str, number: int):
    if kind == "rpc":
        transport, protocol = await ws_connect(Session, address.replace("http", "ws", 1))
        return transport, protocol, lambda: transport.is_disconnected
    parts = urlsplit(address)
    path = f"{parts.path}/000/idle{os.getpid()}x{number}/xhr_streaming"
    request = f"POST {path} HTTP/1.1\r\nHost: {parts.netloc}\r\nContent-Length: 0\r\n\r\n".encode()
    loop = asyncio.get_running_loop()
    transport, protocol = await loop.create_connection(lambda: Stream(request), parts.hostname, parts.port)
    return transport, protocol, transport.is_closing


def resident_bytes(pid: str) -> int:
    with open(f"/proc/{pid}/status") as file:
        return next(int(line.split()[1]) * 1024 for line in file if line.startswith("VmRSS:"))


async def main() -> None:
    kind, address, wanted, pid = sys.argv[1], sys.argv[2], int(sys.argv[3]), sys.argv[4]
    before = resident_bytes(pid)
    sessions = []
    for start in range(0, wanted, 50):
        wave = await asyncio.gather(*(open_session(kind, address, start + offset) for offset in range(50)))
        for session in wave:
            if not await asyncio.wait_for(session[1].ready, 20):
                sys.exit(f"no session after {len(sessions)}")
        sessions += wave
    await asyncio.sleep(3)
    after = resident_bytes(pid)
    lost = sum(1 for _, _, is_lost in sessions if is_lost())
    print(json.dumps({"bytes": (after - before) / len(sessions), "sessions": len(sessions), "lost": lost}), flush=True)
    os._exit(0)


uvloop.run(main())
