#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Runs Debian's testssl.sh against a conformance server of its own with TLS: nothing of medium severity or worse.

Left out are its checks of HTTP header fields, which are an application's own, and its simulations of old clients.
"""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
from pathlib import Path

from support.report import Report
from support.server import Server

# Protocols, kinds of ciphers, forward secrecy, the server's preferences and defaults, vulnerabilities.
CHECKS = ["-p", "-s", "-f", "-P", "-S", "-U"]
HARMLESS = {"OK", "INFO", "LOW", "WARN"}
# A certificate that signs itself, is valid for a hundred years and stands in no list.
INHERENT = {"cert_chain_of_trust", "cert_validityPeriod", "cert_revocation"}
KNOWN = {
    "cipher_order": "NIOSSL leaves the choice among the ciphers to the client and has no option for it",
}


def main() -> int:
    report = Report(KNOWN)
    with tempfile.TemporaryDirectory() as folder, Server(tls=True) as server:
        path = Path(folder, "findings.json")
        options = ["--quiet", "--color", "0", "--warnings", "off", "--jsonfile", str(path)]
        run = subprocess.run(
            ["testssl", *options, *CHECKS, f"127.0.0.1:{server.port}"],
            stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=400, env=dict(os.environ, TERM="dumb"),
        )
        findings = json.loads(path.read_text()) if path.exists() else []
        if len(findings) < 60:
            report.check("testssl.sh", f"only {len(findings)} findings, status {run.returncode}: {(run.stdout + run.stderr)[-500:]}")
        for finding in findings:
            name, severity, text = finding["id"], finding["severity"], finding["finding"]
            if severity in HARMLESS:
                report.check(name, note=f"{severity} {text}" if severity != "OK" else "")
            elif name in INHERENT:
                report.check(name, note=f"{severity} {text}: inherent to the certificate of the tests")
            else:
                report.check(name, f"{severity} {text}")
        report.check("the server still runs", None if server.process.poll() is None else server.output()[-500:])
    return report.close()


raise SystemExit(main())
