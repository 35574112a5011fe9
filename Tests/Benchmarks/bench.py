#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Compares the conformance server with its peers: server on core 0, load on core 1, rounds interleaved, medians.

Started by `run`, which builds and installs. `run --list` names the scenarios, `run plaintext websocket` runs two of them.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import platform
import re
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
OURS = "holdfast"


@dataclass
class Server:
    name: str
    command: list[str]
    environment: dict[str, str] = field(default_factory=dict)


@dataclass
class Scenario:
    name: str
    # Whom to run, each with the path that it serves the load on.
    servers: dict[str, str]
    load: list[str]
    # Ours over theirs, at least.
    goals: dict[str, float]
    kind: str = "rate"


def servers(arguments: argparse.Namespace) -> dict[str, Server]:
    peers = Path(arguments.peers)
    node = {"NODE_PATH": "/usr/share/nodejs:/usr/lib/nodejs", "NODE_ENV": "production"}
    return {
        server.name: server
        for server in [
            Server(OURS, [arguments.server], {"HOLDFAST_LOG_LEVEL": "error"}),
            Server("bare-http", [str(peers / "bare-http")]),
            Server("bare-http-batched", [str(peers / "bare-http")], {"BATCHES": "1"}),
            Server("bare-websocket", [str(peers / "bare-websocket")]),
            Server("hummingbird", [str(peers / "hummingbird")]),
            Server("sockjs-node", ["node", "--no-deprecation", str(HERE / "peers/sockjs-node.cjs")], node),
            Server("sockjs-go", [str(peers / "sockjs-go")], {"GOMAXPROCS": "1"}),
        ]
    }


def scenarios(arguments: argparse.Namespace) -> list[Scenario]:
    seconds = str(arguments.seconds)
    peers = Path(arguments.peers)
    wrk = ["wrk", "-t1", "-c64", f"-d{seconds}s"]
    pipelined = [*wrk, "-s", str(HERE / "load/pipelined.lua")]
    http = {OURS: "/plaintext", "bare-http": "/plaintext", "hummingbird": "/plaintext"}
    sockets = {OURS: "/ws", "bare-websocket": "/ws"}
    # Both keep the SockJS defaults; /echo of the suites recycles its streams every 4 KiB.
    framed, streamed = "/cookie_needed_echo", "/disabled_websocket_echo"
    trio = [OURS, "sockjs-node", "sockjs-go"]
    ahead = {"sockjs-node": 1, "sockjs-go": 1}

    def ws(kind: str, depth: int = 1) -> list[str]:
        return [str(peers / "ws-load"), "PORT", "PATH", kind, "64", str(depth), "20", seconds, "PID"]

    def idle(kind: str, count: int) -> list[str]:
        return [sys.executable, str(HERE / "load/idle.py"), kind, "URL", str(count), "PID"]

    xhr = [str(peers / "xhr-load"), "PORT", "PATH", "64", "20", seconds, "PID"]
    return [
        Scenario("plaintext", http, [*wrk, "URL"], {"bare-http": 1.05, "hummingbird": 2.2}),
        Scenario("plaintext, 16 pipelined", http | {"bare-http-batched": "/plaintext"}, [*pipelined, "URL"], {"bare-http": 4}),
        Scenario("websocket echo", sockets, ws("raw"), {"bare-websocket": 1.1}),
        Scenario("websocket echo, 16 in flight", sockets, ws("raw", 16), {"bare-websocket": 1.1}),
        Scenario("json-rpc echo beside websocket echo", {f"{OURS} rpc": "/rpc/echo", OURS: "/ws"}, ws("raw"), {OURS: 0.7}),
        Scenario("json-rpc echo with resume beside without", {f"{OURS} resume": "/rpc/echo", f"{OURS} rpc": "/rpc/echo"}, ws("raw"), {f"{OURS} rpc": 0.9}),
        Scenario("memory of an idle rpc session", {OURS: "/rpc/echo"}, idle("rpc", 10_000), {}, "memory"),
        Scenario("sockjs websocket echo", dict.fromkeys(trio, framed), ws("sockjs"), ahead),
        Scenario("sockjs xhr_streaming echo", dict.fromkeys(trio, streamed), xhr, ahead),
        Scenario("memory of an idle xhr_streaming session", dict.fromkeys(trio, streamed), idle("xhr", 5000), {}, "memory"),
    ]


@contextlib.contextmanager
def running(server: Server):
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = os.environ | {"HOLDFAST_HOST": "127.0.0.1", "HOLDFAST_PORT": str(port), "HOLDFAST_THREADS": "1"}
    command = ["taskset", "-c", "0", *server.command]
    process = subprocess.Popen(command, env=environment | server.environment, stdout=subprocess.DEVNULL)
    try:
        for _ in range(200):
            if process.poll() is not None:
                raise RuntimeError(f"{server.name} ended with {process.returncode}")
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
                break
            time.sleep(0.05)
        yield process.pid, port
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(5)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def processor_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def measure(scenario: Scenario, name: str, path: str, pid: int, port: int) -> dict[str, float]:
    url = f"http://127.0.0.1:{port}{path}"
    values = {"PORT": str(port), "PATH": path, "PID": str(pid), "URL": url}
    for kind in ("rpc", "resume"):
        if name.endswith(f" {kind}"):
            values["raw"] = kind
    command = ["taskset", "-c", "1", *(values.get(word, word) for word in scenario.load)]
    before, began = processor_seconds(pid), time.perf_counter()
    finished = subprocess.run(command, capture_output=True, text=True, timeout=300)
    output = finished.stdout
    if finished.returncode != 0 or not output.strip():
        raise RuntimeError(f"{name}: {finished.stderr.strip()[-600:]}")
    if scenario.load[0] != "wrk":
        result = json.loads(output.splitlines()[-1])
        if result.get("lost"):
            raise RuntimeError(f"{name} lost {result['lost']} sessions")
        return result
    spent, elapsed = processor_seconds(pid) - before, time.perf_counter() - began
    if "Non-2xx" in output or "Socket errors" in output:
        raise RuntimeError(f"{name}: {output}")
    total = int(re.search(r"(\d+) requests in", output).group(1))
    rate = float(re.search(r"Requests/sec:\s+([\d.]+)", output).group(1))
    return {"rate": rate, "per_processor_second": total / max(spent, 0.01), "server_load": spent / elapsed}


def run(scenario: Scenario, catalogue: dict[str, Server], rounds: int) -> dict[str, list[dict[str, float]]]:
    results: dict[str, list[dict[str, float]]] = {name: [] for name in scenario.servers}
    # Memory needs a fresh process each time, and once is enough.
    for _ in range(1 if scenario.kind == "memory" else rounds):
        for name, path in scenario.servers.items():
            with running(catalogue[name.split(" ")[0]]) as (pid, port):
                results[name].append(measure(scenario, name, path, pid, port))
    return results


def median(results: list[dict[str, float]], key: str) -> float:
    return statistics.median(result.get(key, 0) for result in results)


def report(scenario: Scenario, results: dict[str, list[dict[str, float]]]) -> bool:
    print(f"\n{scenario.name}")
    if scenario.kind == "memory":
        for name, values in results.items():
            print(f"  {name:17} {median(values, 'bytes') / 1024:8.1f} KiB a session, {values[0]['sessions']} sessions")
        return True
    ours = next(iter(results.values()))
    met = True
    for name, values in results.items():
        rate, load = median(values, "rate"), median(values, "server_load")
        line = f"  {name:17} {rate:10,.0f} /s  {median(values, 'per_processor_second'):10,.0f} a processor second, load {load:4.0%}"
        if values is not ours:
            wall = median(ours, "rate") / rate
            core = median(ours, "per_processor_second") / median(values, "per_processor_second")
            line += f"  ours {wall:5.2f}x, a processor second {core:5.2f}x"
            goal = scenario.goals.get(name)
            if goal is not None:
                met = met and wall >= goal
                line += f"  goal {goal}x {'met' if wall >= goal else 'SHORT'}"
        print(line)
    return met


def main() -> None:
    parser = argparse.ArgumentParser(prog="Tests/Benchmarks/run")
    parser.add_argument("scenarios", nargs="*", help="beginnings of scenarios' names; all of them unless given")
    parser.add_argument("--server", required=True, help="the conformance server, built in release")
    parser.add_argument("--peers", required=True, help="the folder of the peers' programs")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=int, default=5)
    parser.add_argument("--list", action="store_true")
    arguments = parser.parse_args()
    chosen = [
        scenario
        for scenario in scenarios(arguments)
        if not arguments.scenarios or any(scenario.name.startswith(name) for name in arguments.scenarios)
    ]
    if arguments.list:
        print("\n".join(scenario.name for scenario in chosen))
        return
    if (os.cpu_count() or 1) < 2 or shutil.which("taskset") is None:
        sys.exit("two cores and taskset are needed: one for the server, one for the load")
    catalogue = servers(arguments)
    busy = os.getloadavg()[0]
    print(f"{platform.machine()}, {os.cpu_count()} cores, load {busy:.1f}; {arguments.rounds} rounds of {arguments.seconds} s")
    failures = []
    for scenario in chosen:
        try:
            report(scenario, run(scenario, catalogue, arguments.rounds))
        except (RuntimeError, OSError, subprocess.SubprocessError) as error:
            failures.append(scenario.name)
            print(f"\n{scenario.name}\n  failed: {error}")
        sys.stdout.flush()
    if failures:
        sys.exit(f"{len(failures)} scenarios did not run")


main()
