#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Clients of JSON-RPC 2.0 that know nothing of sessions: aiorpcX, jsonrpc-websocket and aiohttp-rpc from PyPI, sourcegraph/jsonrpc2
from Debian (golang-github-sourcegraph-jsonrpc2-dev), unmodified, with results of every kind.

HOLDFAST_URL names a conformance server. Each client talks to the endpoint /rpc/plain, and to /rpc/session, which speaks Kurento's
wire, asking for the plain one by the query and, if the client can, by the subprotocol.
"""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import tempfile
from pathlib import Path

import aiohttp
import aiohttp_rpc
import aiorpcx
from aiorpcx.websocket import connect_ws
from jsonrpc_websocket import Server

from support.report import Report

BASE = os.environ.get("HOLDFAST_URL", "http://127.0.0.1:8081").replace("http", "ws", 1)
PROTOCOL = "jsonrpc-2.0"
WAYS = {"/rpc/plain": None, "/rpc/session?wire=plain": None, f"/rpc/session#{PROTOCOL}": PROTOCOL}
VALUES = [
    "text", "", 7, -1, 21.5, True, False, None, [1, "two", None], [], {"a": 1}, {}, {"value": 21.5}, {"value": {"value": 5}},
    {"sessionId": "room-7"}, {"value": 1, "sessionId": "room-7"}, {"value": None, "sessionId": "0123456789abcdefghijklmnuv"},
]
SECONDS = 30


def same(left, right) -> bool:
    """Whether two values are the same, also by their types: 1 is not True, and 1.0 is not 1."""
    return json.dumps(left, sort_keys=True) == json.dumps(right, sort_keys=True)


class Checks:
    """Records the checks of one client on one way."""

    def __init__(self, report: Report, name: str):
        self.report, self.name = report, name

    async def same(self, what: str, wanted, result) -> None:
        """Awaits a result, which has to be what is wanted."""
        try:
            got = await asyncio.wait_for(result, SECONDS)
            problem = None if same(got, wanted) else f"got {got!r} for {wanted!r}"
        except Exception as error:  # noqa: BLE001: whatever it is, it is what the check found
            problem = repr(error)
        self.report.check(f"{self.name}: {what}", problem)

    async def error(self, what: str, wanted: int, result, code) -> None:
        """Awaits an error with a code, which `code` finds in it."""
        try:
            problem = f"got {await asyncio.wait_for(result, SECONDS)!r}"
        except Exception as error:  # noqa: BLE001
            problem = None if code(error) == wanted else repr(error)
        self.report.check(f"{self.name}: {what}", problem)

    async def all(self, call, code) -> str | None:
        """What all clients can do; `call(method, params)` makes a call, by position or by name. Gives the session's id."""
        for value in VALUES:
            text = json.dumps(value)
            await self.same(f"{text} by position", value, call("value", [value]))
            await self.same(f"{text} by name", value, call("value", {"value": value}))
        await self.same("parameters named like a session id", {"sessionId": "room-7"}, call("echo", {"sessionId": "room-7"}))
        await self.same("no result", None, call("void", []))
        await self.error("an error", 7, call("fail", []), code)
        await self.error("an unknown method", -32601, call("rpc.login", []), code)
        await self.error("a session that is no more", 40007, call("rpc.connect", {"sessionId": "unknown"}), code)
        await self.same("rpc.ping", "pong", call("rpc.ping", []))
        session = await call("rpc.connect", [])
        await self.same("rpc.connect names the session", [True, 26], listed(list(session) == ["sessionId"], len(session["sessionId"])))
        await self.same("rpc.connect again", session, call("rpc.connect", [session["sessionId"]]))
        return session["sessionId"]


async def listed(*values):
    return list(values)


async def run_aiorpcx(checks: Checks, url: str, protocol: str | None) -> None:
    heard: asyncio.Queue = asyncio.Queue()

    async def handle(request):
        if isinstance(request, aiorpcx.Notification):
            return heard.put_nowait([request.method, request.args])
        return request.args

    options = {"subprotocols": [protocol]} if protocol else {}
    async with connect_ws(url, **options) as client:
        client.handle_request = handle  # It loses the session_factory that it documents.
        session = await checks.all(client.send_request, lambda error: getattr(error, "code", None))
        for value in VALUES:
            if value and isinstance(value, (list, dict)):  # It takes no other parameters, and sends no empty list.
                await checks.same(f"{json.dumps(value)} to the client and back", value, client.send_request("ask", value))
        await client.send_notification("note", {"count": 5})
        await checks.same("a notification of the client's", [5], client.send_request("notes"))
        await checks.same("an answer behind the server's notifications", 2, client.send_request("say", {"count": 2}))
        for count in (1, 2):
            await checks.same(f"notification {count} of the server's", ["said", {"count": count}], heard.get())
        async with client.send_batch() as batch:
            batch.add_request("value", [1])
            batch.add_notification("note", {"count": 6})
            batch.add_request("notes")
        await checks.same("a batch", [1, [5, 6]], listed(*batch.results))
        # Another connection takes the session over.
        async with connect_ws(url, **options) as other:
            await checks.same("comes back", {"sessionId": session}, other.send_request("rpc.connect", {"sessionId": session}))
            await checks.same("finds its session as it was", [5, 6], other.send_request("notes"))
            await checks.same("rpc.close", "bye", other.send_request("rpc.close"))


async def run_jsonrpc_websocket(checks: Checks, url: str, protocol: str | None) -> None:
    client = Server(url, protocols=[protocol] if protocol else ())
    client.confirm = lambda **params: params
    said: asyncio.Queue = asyncio.Queue()
    client.said = lambda **params: said.put_nowait(params)

    def method(name: str):
        for part in name.split("."):
            found = getattr(client if part == name.split(".")[0] else found, part)
        return found

    def call(name: str, params):
        return method(name)(*params) if isinstance(params, list) else method(name)(**params)

    # Its errors have the server's in their arguments.
    def code(error):
        return next((part for part in error.args if isinstance(part, int)), None)

    await client.ws_connect()
    try:
        await checks.all(call, code)
        for value in VALUES:
            params = {"value": value, "sessionId": "room-7"}
            await checks.same(f"{json.dumps(value)} to the client and back", params, client.ask(**params))
        await client.note(count=5, _notification=True)
        await checks.same("a notification of the client's", [5], client.notes())
        await checks.same("an answer behind the server's notifications", 1, client.say(count=1))
        await checks.same("a notification of the server's", {"count": 1}, said.get())
    finally:
        await client.close()


async def run_aiohttp_rpc(checks: Checks, url: str, protocol: str | None) -> None:
    options = {"protocols": [protocol]} if protocol else {}

    def code(error):
        return getattr(error, "code", None)

    async with aiohttp_rpc.WSJSONRPCClient(url, **options) as client:

        def call(name: str, params):
            return client.call(name, *params) if isinstance(params, list) else client.call(name, **params)

        await checks.all(call, code)
        await client.notify("note", count=5)
        await checks.same("a notification of the client's", [5], client.call("notes"))
        requests = [aiohttp_rpc.JSONRPCRequest(id=id, method="value", args=[id]) for id in (1, 2, 3)]
        await checks.same("a batch", [1, 2, 3], batched(client.batch(*requests)))


async def batched(results):
    return list(await results)


async def run_aiohttp_rpc_post(checks: Checks, url: str, protocol: str | None) -> None:
    """The same client's other half: single requests."""
    async with aiohttp_rpc.JSONRPCClient(url.replace("ws", "http", 1)) as client:
        for value in VALUES:
            await checks.same(json.dumps(value), value, client.call("value", value=value))


def run_go(report: Report) -> None:
    """Builds the Go client from the packages of the system, without a network, and takes over its checks."""
    with tempfile.TemporaryDirectory() as folder:
        environment = dict(os.environ, GOPATH="/usr/share/gocode", GO111MODULE="off", GOCACHE=f"{folder}/cache", GOFLAGS="")
        source = Path(__file__).resolve().parent / "plain-clients" / "main.go"
        built = subprocess.run(
            ["go", "build", "-o", f"{folder}/client", str(source)], env=environment, capture_output=True, text=True, check=False
        )
        if built.returncode:
            return report.check("sourcegraph/jsonrpc2: builds", built.stderr.strip() or "it does not")
        try:
            ways = [BASE + way for way in WAYS]
            ran = subprocess.run([f"{folder}/client", *ways], capture_output=True, text=True, timeout=120, check=False)
        except subprocess.TimeoutExpired:
            return report.check("sourcegraph/jsonrpc2: ends", "not within two minutes")
        for line in ran.stdout.splitlines():
            verdict, _, rest = line.partition(" ")
            report.check(rest.split("\t")[0], None if verdict == "passed" else rest.partition("\t")[2])
        report.check("sourcegraph/jsonrpc2: ends well", ran.stderr.strip() or None if ran.returncode else None)


async def main() -> int:
    report = Report()
    clients = {"aiorpcX": run_aiorpcx, "jsonrpc-websocket": run_jsonrpc_websocket, "aiohttp-rpc": run_aiohttp_rpc}
    for name, run in clients.items():
        for way, protocol in WAYS.items():
            checks = Checks(report, f"{name} {way}")
            try:
                await asyncio.wait_for(run(checks, BASE + way.split("#")[0], protocol), 2 * SECONDS)
            except Exception as error:  # noqa: BLE001
                report.check(f"{checks.name}: goes on to its end", repr(error))
    for way, protocol in WAYS.items():
        if not protocol:
            await run_aiohttp_rpc_post(Checks(report, f"aiohttp-rpc by POST {way}"), BASE + way, None)
    run_go(report)
    return report.close()


raise SystemExit(asyncio.run(main()))
