"""The rules: explained, checked, applied."""

from __future__ import annotations

from typing import Any

import msgspec

from engine.api.schema.reviews import AccessView


class DecisionView(msgspec.Struct, frozen=True):
    """What policy would say of one statement: `policy explain`."""

    verdict: str
    rule: str | None
    reason: str
    text: str
    verb: str
    accesses: list[AccessView]
    considered: list[dict[str, Any]]  # every rule, and why it matched or did not
    masked_columns: list[str] = []
    why_opaque: str | None = None


class AppliedView(msgspec.Struct, frozen=True):
    """A policy revision that is now in force."""

    revision: str
    previous: str
    rules: int
    author: str
    files: list[str]
    changes: list[str] = []


class PolicyView(msgspec.Struct, frozen=True):
    """The policy in force: its revision and the text of each file as it was loaded."""

    revision: str
    files: dict[str, str]


class CheckView(msgspec.Struct, frozen=True):
    """Whether a configuration holds; `problems` are `file:line:column: message` lines, warnings where it does."""

    ok: bool
    problems: list[str] = []
    revision: str | None = None


class ExplainRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Asks what policy would say of one statement; nothing runs."""

    identity: str
    target: str
    text: str
    database: str | None = None


class PolicyRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Carries configuration files by name to be checked or applied.

    To apply: without files the engine reads its own again. `expected` is the revision they replace;
    if another is in force by then, nothing changes.
    """

    files: dict[str, str] = {}
    expected: str | None = None
