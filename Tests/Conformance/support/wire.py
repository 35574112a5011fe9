# SPDX-License-Identifier: Apache-2.0
"""HTTP/1.1 and WebSocket in as few lines as a hostile or short-lived client needs."""

from __future__ import annotations

import json
import os
import socket
import struct

KEY = "dGhlIHNhbXBsZSBub25jZQ=="
TEXT, CLOSE = 1, 8


class Ended(Exception):
    """The server has ended the connection."""


class Wire:
    """A connection with a buffer."""

    def __init__(self, sock: socket.socket):
        self.socket = sock
        self.buffer = b""

    def send(self, data: bytes) -> Wire:
        self.socket.sendall(data)
        return self

    def more(self) -> None:
        data = self.socket.recv(1 << 18)
        if not data:
            raise Ended
        self.buffer += data

    def until(self, end: bytes) -> bytes:
        while end not in self.buffer:
            self.more()
        data, self.buffer = self.buffer.split(end, 1)
        return data

    def exactly(self, count: int) -> bytes:
        while len(self.buffer) < count:
            self.more()
        data, self.buffer = self.buffer[:count], self.buffer[count:]
        return data

    def end(self) -> bytes:
        """Everything until the server ends the connection."""
        try:
            while True:
                self.more()
        except (Ended, ConnectionError):
            return self.buffer

    def close(self) -> None:
        self.socket.close()

    def cut(self) -> None:
        """Ends the connection with a reset."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.socket.close()

    # HTTP

    def request(self, method: str, path: str, body: bytes | None = None, **fields: str) -> Wire:
        lines = [f"{method} {path} HTTP/1.1", "Host: 127.0.0.1"]
        lines += [f"{name.replace('_', '-')}: {value}" for name, value in fields.items()]
        if body is not None:
            lines.append(f"Content-Length: {len(body)}")
        return self.send("\r\n".join([*lines, "", ""]).encode() + (body or b""))

    def head(self) -> tuple[int, dict[str, str]]:
        line, *fields = self.until(b"\r\n\r\n").decode("latin-1").split("\r\n")
        pairs = (field.split(":", 1) for field in fields)
        return int(line.split()[1]), {name.lower(): value.strip() for name, value in pairs}

    def response(self, status: int = 200) -> bytes:
        """The body of the next response, whose status has to be the one expected."""
        actual, fields = self.head()
        if fields.get("transfer-encoding") == "chunked":
            body = b"".join(iter(self.chunk, b""))
        else:
            body = self.exactly(int(fields.get("content-length", 0)))
        if actual != status:
            raise ValueError(f"{actual} instead of {status}: {body[:100]!r}")
        return body

    def chunk(self) -> bytes:
        data = self.exactly(int(self.until(b"\r\n"), 16))
        self.exactly(2)
        return data

    # WebSocket

    def upgrade(self, path: str, status: int = 101, **fields: str) -> Wire:
        self.request(
            "GET", path, Upgrade="websocket", Connection="Upgrade", Sec_WebSocket_Key=KEY, Sec_WebSocket_Version="13", **fields
        )
        if status != 101:
            self.response(status)
        elif (actual := self.head()[0]) != 101:
            raise ValueError(f"{actual} instead of 101")
        return self

    def frame(self, payload: bytes, opcode: int = TEXT) -> Wire:
        size = bytes([0x80 | len(payload)]) if len(payload) < 126 else b"\xfe" + struct.pack(">H", len(payload))
        return self.send(bytes([0x80 | opcode]) + size + bytes(4) + payload)

    def message(self) -> tuple[int, bytes]:
        """The opcode and the payload of the next frame."""
        first, size = self.exactly(2)
        if size >= 126:
            size = int.from_bytes(self.exactly(2 if size == 126 else 8))
        return first & 15, self.exactly(size)

    def close_handshake(self) -> Wire:
        self.frame(struct.pack(">H", 1000), CLOSE)
        while self.message()[0] != CLOSE:
            pass
        return self

    # JSON-RPC

    def call(self, method: str, params: object = None) -> dict:
        self.frame(json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": params or {}}).encode())
        while True:
            answer = json.loads(self.message()[1])
            if "id" in answer and "method" not in answer:
                return answer


def session_path(service: str) -> str:
    """The path of a new SockJS session."""
    return f"{service}/000/{os.urandom(13).hex()}"
