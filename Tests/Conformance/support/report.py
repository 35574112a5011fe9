# SPDX-License-Identifier: Apache-2.0
"""What a suite says at its end."""

from __future__ import annotations

import threading


class Report:
    """Counts checks. A check that is known to fail counts as passed as long as it does, and as failed once it does not."""

    def __init__(self, known: dict[str, str] | None = None):
        self.known = dict(known or {})
        self.passed = self.failed = 0
        self._lock = threading.Lock()

    def check(self, name: str, problem: str | None = None, note: str = "") -> None:
        """Records one check; it holds when there is no problem."""
        with self._lock:
            reason = self.known.pop(name, None)
            if reason is None:
                verdict = "failed" if problem else "passed"
            else:
                verdict, note = ("known", reason) if problem else ("failed", f"it is mended: strike it from KNOWN ({reason})")
            if verdict == "failed":
                self.failed += 1
            else:
                self.passed += 1
            detail = "; ".join(part for part in (problem, note) if part)
            print(f"{verdict} {name}{': ' if detail else ''}{detail}", flush=True)

    def close(self) -> int:
        """Prints the counts and returns the status to exit with; what is known and was not checked fails."""
        for name in list(self.known):
            self.known.pop(name)
            self.check(name, "it is in KNOWN and was not checked")
        print(f"{self.passed} passed, {self.failed} failed", flush=True)
        return 1 if self.failed or not self.passed else 0
