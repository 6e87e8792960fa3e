"""Searching the audit log: what can be asked for, what is found, one entry and its proof."""

from __future__ import annotations

from typing import Any, Final

import msgspec

SEARCH_FIELDS: Final[dict[str, tuple[str, str]]] = {
    "identity": ("who asked, or did it", "report-bot"),
    "by": ("who decided, applied, locked or minted", "bob"),
    "sponsor": ("who answers for the identity", "alice"),
    "target": ("where", "shop"),
    "resource": ("what was touched: a table, path, host, command", "public.orders"),
    "effect": ("what an operation does to it", "delete"),
    "decision": ("what policy said: allow, review or deny", "deny"),
    "rule": ("the rule that decided", "deletes-need-a-human"),
    "review": ("the review, and what became of it", "rv_abcdefgh"),
    "event": ("the event", "operation.denied"),
    "session": ("the session", "s-0123456789ab"),
    "operation": ("the operation", "op-1"),
    "verb": ("the kind of statement, command or request", "DELETE"),
    "since": ("from then on", "2h"),
    "until": ("up to then", "30m"),
    "text": ("words of a statement, reason or error", '"drop table"'),
}
"""The fields of a query: what each is, and an example of a value."""


class EntryView(msgspec.Struct, frozen=True):
    """One entry that was found. `text` is the beginning of its operation's statement, masked; empty where the entry has
    none, or the recording is not read yet. `effects` and `resources` go together. `by` is who did it to
    `identity`: voted, locked, minted; or who put the policy in force."""

    sequence: int
    time: str
    event: str
    session: str | None = None
    operation: str | None = None
    identity: str | None = None
    sponsor: str | None = None
    target: str | None = None
    verb: str = ""
    effects: list[str] = []
    resources: list[str] = []
    has_where: bool = False
    decision: str = ""
    rule: str = ""
    review: str = ""
    summary: str = ""
    text: str = ""
    by: str = ""


class SearchView(msgspec.Struct, frozen=True):
    """One page, in the order that was asked for. `more` says whether there are others behind it. Of the log's `size`
    entries `indexed` could be found; the others follow within a second, unless `trouble` says why not."""

    entries: list[EntryView]
    more: bool
    size: int
    indexed: int
    trouble: str = ""


class ProofView(msgspec.Struct, frozen=True):
    """That an entry is in the log: the hashes (base64) that lead from it to the root which the checkpoint signs.

    RFC 6962 section 2.1.1; `note` is a C2SP signed note, `key` the one that verifies it, as the engine says."""

    leaf: int
    size: int
    hashes: list[str]
    note: str
    key: str
    signed: str | None = None  # the time of the checkpoint, as the engine noted it


class EntryDetailView(msgspec.Struct, frozen=True):
    """One entry whole. `raw` is its bytes as they are hashed, `entry` what they say. `text` and
    `parameters` are its operation's, as the recording has them: masked, and cut where long."""

    sequence: int
    raw: str
    entry: dict[str, Any]
    proof: ProofView
    text: str = ""
    parameters: list[str | None] = []
    has_recording: bool = False
