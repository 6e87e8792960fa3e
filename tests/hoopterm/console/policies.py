"""The policy of the imaginary engine; it is checked as a real one checks."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any

from engine.api.schema import (
    AppliedView,
    BacktestView,
    CheckView,
    DiffView,
    PolicyView,
    RevisionDetailView,
    RevisionView,
    ShiftView,
    SuggestionView,
)
from engine.api.views import check_view
from engine.config.diagnosis import diagnose
from engine.config.loading import digest_of, json_schema, load_sources
from engine.config.shifts import shifts
from hoopterm.errors import Refused

POLICY = """\
# who may do what in the shop
identity:
  people:
    carol: {unix: carol, groups: [dba]}
    bob: {unix: bob, groups: [dba]}
permissions: {admin: [dba], approver: [dba], operator: [dba]}
agents:
  - {name: report-bot, sponsor: carol, purpose: nightly reports, groups: [agents]}
targets:
  - name: shop
    protocol: postgres
    address: 127.0.0.1:5432
    database: shop
    credential: {user: app, password: {env: SHOP_PASSWORD}}
    labels: {env: prod}
rules:
  - name: agents-read
    decide: allow
    who: {groups: [agents]}
    what: {effects: [read]}
  - name: deletes-need-a-human
    decide: review
    who: {groups: [agents]}
    what: {effects: [delete, write]}
    when: "operation.has_where"  # without WHERE nothing allows it
    review: {reviewers: {groups: [dba]}, quorum: 1}
"""


def revision(files: Mapping[str, str]) -> str:
    """What names these files."""
    return digest_of({Path(name): text.encode() for name, text in files.items()})


class Policies:
    """The policy's part of the engine: `in_force` are its files, `refuses` is what it says to an application."""

    def __init__(self) -> None:
        self.in_force = {"hoopterm.yaml": POLICY}
        self.refuses: Refused | None = None
        self.applied: list[tuple[dict[str, str], str, str]] = []
        self.refuses_check: Refused | None = None
        self.merges = False
        self.decided: asyncio.Queue[BacktestView | None] = asyncio.Queue()
        self.drafted = SuggestionView("", 0, [])
        self.rolled_back: list[tuple[str, str]] = []
        self.checked: list[dict[str, str]] = []
        self.past = [
            RevisionView("b" * 64, "2026-11-22T20:00:00Z", "bob", "deletes \x1b[31mneed a human", "a" * 64, True),
            RevisionView("a" * 64, "2026-11-20T08:00:00Z", "carol", "", None, False),
        ]

    def _answer(self) -> None:
        raise NotImplementedError

    async def policy(self) -> PolicyView:
        """What is in force."""
        self._answer()
        return PolicyView(revision(self.in_force), dict(self.in_force))

    async def policy_schema(self) -> dict[str, Any]:
        """The schema, as it is."""
        self._answer()
        return json_schema()

    async def check_policy(self, files: Mapping[str, str]) -> CheckView:
        """Whether it holds."""
        self._answer()
        if self.refuses_check is not None:
            raise self.refuses_check
        self.checked.append(dict(files))
        return check_view(diagnose({Path("/etc/hoopterm", name): text.encode() for name, text in files.items()}))

    async def policy_diff(self, files: Mapping[str, str]) -> DiffView:
        """What it would change, as a real engine says it."""
        self._answer()
        before, now = load_sources(_sources(self.in_force)), load_sources(_sources(files))
        found = [
            ShiftView(**{each.name: _listed(getattr(shift, each.name)) for each in fields(shift)})
            for shift in shifts(before, now)
        ]
        return DiffView(before.digest, now.digest, list(now.changes_from(before)), found, "")

    async def backtest(self, files: Mapping[str, str], last: int = 10_000) -> AsyncGenerator[BacktestView, None]:
        """What was put on `decided`, until None."""
        self._answer()
        while (told := await self.decided.get()) is not None:
            yield told

    async def suggest(self, last: int = 10_000) -> SuggestionView:
        """Two rules, or none."""
        self._answer()
        return self.drafted

    async def policy_history(self) -> list[RevisionView]:
        """Those of `past`."""
        self._answer()
        return list(self.past)

    async def policy_revision(self, revision: str) -> RevisionDetailView:
        """One of them."""
        self._answer()
        found = next(each for each in await self.policy_history() if each.revision == revision)
        return RevisionDetailView(
            found.revision, found.time, found.author, found.reason, found.previous, {}, ["+ rule x (deny)"], "+x\n"
        )

    async def rollback(self, revision: str, reason: str, expected: str | None = None) -> AppliedView:
        """Put one in force again."""
        self._answer()
        self.rolled_back.append((revision, reason))
        return AppliedView(revision, expected or "", 2, "bob", list(self.in_force))

    async def apply_policy(self, files: Mapping[str, str], expected: str, reason: str = "") -> AppliedView:
        """Put it in force."""
        self._answer()
        if self.refuses is not None:
            raise self.refuses
        self.applied.append((dict(files), expected, reason))
        before = revision(self.in_force)
        self.in_force |= files
        if self.merges:
            self.in_force["hoopterm.yaml"] += "# theirs\n"
        return AppliedView(revision(self.in_force), before, 2, "bob", list(self.in_force), merged=self.merges)


def _sources(files: Mapping[str, str]) -> dict[Path, bytes]:
    return {Path("/etc/hoopterm", name): text.encode() for name, text in files.items()}


def _listed(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value
