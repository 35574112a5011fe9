#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Asks redbot (from PyPI) what it thinks of answers: header fields, caching, validation, negotiation, ranges.

HOLDFAST_URL names a conformance server, HOLDFAST_SAMPLE_URL a sample. No note of redbot's may be bad or a warning, unless the
resource allows it; the good notes that it names have to be there.
"""

from __future__ import annotations

import os
from configparser import ConfigParser
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import thor
from redbot.resource import HttpResource

from support.report import Report

SERVER = os.environ.get("HOLDFAST_URL", "http://127.0.0.1:8081")
SAMPLE = os.environ.get("HOLDFAST_SAMPLE_URL", "http://127.0.0.1:8080")

# A route says nothing about caches unless its application does.
UNSPOKEN = {"FRESHNESS_HEURISTIC": "the application says nothing about caches"}
# Fields that the SockJS protocol prescribes.
SOCKJS = "the SockJS protocol has it so"
VALIDATED = ("INM_304",)
FILE = ("INM_304", "IMS_304")


@dataclass
class Target:
    url: str
    method: str = "GET"
    status: int = 200
    good: tuple[str, ...] = ()
    allowed: dict[str, str] = field(default_factory=dict)
    body: bytes = b""


TARGETS = [
    Target(f"{SERVER}/plaintext", good=("CL_CORRECT", "DATE_CORRECT"), allowed=UNSPOKEN),
    Target(f"{SERVER}/plaintext", "HEAD", good=("DATE_CORRECT",), allowed=UNSPOKEN),
    Target(f"{SERVER}/plaintext", "OPTIONS", status=204),
    Target(f"{SERVER}/plaintext", "POST", status=405, body=b"hello"),
    Target(f"{SERVER}/json", good=("CL_CORRECT",), allowed=UNSPOKEN),
    Target(f"{SERVER}/json", "HEAD", allowed=UNSPOKEN),
    Target(f"{SERVER}/big/100000", good=("CL_CORRECT",), allowed=UNSPOKEN),
    Target(f"{SERVER}/http/echo", "POST", good=("CL_CORRECT",), allowed=UNSPOKEN, body=b"hello"),
    Target(f"{SERVER}/nowhere", status=404, good=("CL_CORRECT",)),
    Target(f"{SERVER}/files/wire/requests.json", good=("CL_CORRECT", *FILE), allowed=UNSPOKEN),
    Target(f"{SERVER}/files/wire/requests.json", "HEAD", good=FILE, allowed=UNSPOKEN),
    Target(f"{SERVER}/files/wire", status=404),
    Target(f"{SERVER}/holdfast.mjs", good=("CL_CORRECT", *VALIDATED)),
    Target(f"{SERVER}/echo/info", good=("CL_CORRECT",), allowed={"CC_CONFLICTING": SOCKJS}),
    Target(f"{SERVER}/echo/iframe.html", good=VALIDATED, allowed={"STORE_PUBLIC_UNNECESSARY": SOCKJS}),
    Target(f"{SAMPLE}/", good=("CL_CORRECT", *VALIDATED)),
    Target(f"{SAMPLE}/page.css", good=("CL_CORRECT", *VALIDATED)),
    Target(f"{SAMPLE}/page.css", "HEAD", good=VALIDATED),
    Target(f"{SAMPLE}/page.js", good=("CL_CORRECT", *VALIDATED)),
    Target(f"{SAMPLE}/health/ready", allowed=UNSPOKEN),
]


def start(target: Target, finished) -> HttpResource:
    config = ConfigParser()
    config.read_dict({"redbot": {"enable_local_access": "True"}})
    resource = HttpResource(config["redbot"])
    fields = [("Content-Type", "text/plain")] if target.body else []
    resource.set_request(target.url, target.method, fields, target.body)
    resource.on("check_done", finished)
    resource.check()
    return resource


def notes(resource: HttpResource) -> dict[str, tuple[str, str]]:
    """The level and the text of each note, of the checks that redbot adds too."""
    found: dict[str, tuple[str, str]] = {}
    waiting = [note for part in (resource, *resource.subreqs.values()) for note in part.response.notes]
    while waiting:
        note = waiting.pop()
        waiting += note.subnotes
        found[type(note).__name__] = (note.level.value, str(note))
    return found


def main() -> int:
    # Redbot's loop ends once, so that all are asked at the same time.
    waiting = len(TARGETS)

    def finished() -> None:
        nonlocal waiting
        waiting -= 1
        if waiting == 0:
            thor.stop()

    resources = [start(target, finished) for target in TARGETS]
    thor.schedule(60, thor.stop)
    thor.run()
    report = Report()
    for target, resource in zip(TARGETS, resources):
        name = f"{target.method} {urlsplit(target.url).path}"
        status = resource.response.status_code
        if status != target.status:
            report.check(name, f"{status} instead of {target.status}, {resource.fetch_error}")
            continue
        found = notes(resource)
        for note, reason in target.allowed.items():
            report.known[f"{name}: {note}"] = reason
        for note, (level, text) in found.items():
            if level in ("bad", "warning"):
                report.check(f"{name}: {note}", f"{level}: {text}")
        for note in target.good:
            report.check(f"{name}: {note}", None if note in found else f"missing among {sorted(found)}")
        report.check(name, note=f"{status}, {len(found)} notes")
    return report.close()


raise SystemExit(main())
