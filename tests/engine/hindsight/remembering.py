"""Recorded operations for tests, and a configuration to judge them by."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from engine.config.loading import load_sources
from engine.config.revision import Revision
from engine.search.operations import RecordedOperation

FILE = Path("/etc/hoopterm/hoopterm.yaml")
NOW = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)

CONFIG = """\
identity: {people: {alice: {groups: [dev]}, bob: {groups: [dba]}}}
permissions: {approver: [dba]}
agents:
  - {name: bot, sponsor: alice, groups: [agents]}
  - {name: other, sponsor: alice, groups: [agents]}
targets:
  - {name: shop, protocol: postgres, address: "127.0.0.1:1", database: shop, credential: {user: app}, mode: MODE}
  - {name: web, protocol: ssh, address: "127.0.0.1:2", credential: {user: app, private_key: {env: K}}, mode: MODE}
"""


def revision(rules: str = "", *, mode: str = "enforce") -> Revision:
    """The configuration with these rules."""
    return load_sources({FILE: (CONFIG.replace("MODE", mode) + rules).encode()})


def recorded(*accesses: tuple[str, str], number: int = 1, **said: object) -> RecordedOperation:
    """One operation; by default an allowed one of the bot in the shop."""
    made = RecordedOperation(
        sequence=number,
        time=NOW,
        session="s-1",
        operation=f"o-{number}",
        identity="bot",
        target="shop",
        verb="SELECT",
        accesses=accesses,
        has_where=False,
        is_denied=False,
        verdict="allow",
        rule="old",
        reason="",
        review=None,
        kind="agent",
        groups=frozenset({"agents"}),
        database="shop",
        text="SELECT …",
    )
    return replace(made, **said)  # type: ignore[arg-type]
