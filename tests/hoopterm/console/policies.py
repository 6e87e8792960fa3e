"""The policy of the imaginary engine; it is checked as a real one checks."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from engine.api.schema import AppliedView, CheckView, PolicyView
from engine.api.views import check_view
from engine.config.diagnosis import diagnose
from engine.config.loading import digest_of, json_schema
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
        self.applied: list[tuple[dict[str, str], str]] = []
        self.checked: list[dict[str, str]] = []

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
        self.checked.append(dict(files))
        return check_view(diagnose({Path("/etc/hoopterm", name): text.encode() for name, text in files.items()}))

    async def apply_policy(self, files: Mapping[str, str], expected: str) -> AppliedView:
        """Put it in force."""
        self._answer()
        if self.refuses is not None:
            raise self.refuses
        self.applied.append((dict(files), expected))
        before = revision(self.in_force)
        self.in_force |= files
        return AppliedView(revision(self.in_force), before, 2, "bob", list(self.in_force))
