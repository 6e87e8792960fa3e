"""Fixtures of the whole suite, and its figures."""

from __future__ import annotations

import json

import pytest

pytest_plugins = [
    "tests.servers.postgres",
    "tests.servers.debian_postgres",
    "tests.servers.engine",
    "tests.servers.openssh",
    "tests.servers.bastion",
    "tests.servers.issuer",
    "tests.servers.terminal",
    "tests.engine.protocols.postgres.analysing",
]


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """The run's figures as one line of JSON, for programs; pytest's own summary follows it."""
    counts = {name: len(terminalreporter.stats.get(name, ())) for name in ("passed", "failed", "error", "skipped")}
    took = [report.duration for report in terminalreporter.stats.get("passed", ())]
    terminalreporter.write_line(json.dumps({**counts, "longest_seconds": round(max(took, default=0.0), 2)}))
