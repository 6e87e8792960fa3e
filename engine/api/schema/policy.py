"""The rules: explained, checked, compared, tried on the past, applied, taken back."""

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
    merged: bool = False  # with what somebody else had put in force in the meantime
    warnings: list[str] = []  # what of it is probably not meant


class PolicyView(msgspec.Struct, frozen=True):
    """The policy in force: its revision and the text of each file as it was loaded."""

    revision: str
    files: dict[str, str]


class ProblemView(msgspec.Struct, frozen=True):
    """One thing wrong, or probably not meant; line and column count from 1. `rule` is the rule it stands in."""

    file: str
    line: int
    column: int
    message: str
    hint: str = ""
    rule: str | None = None

    def __str__(self) -> str:
        text = f"{self.file}:{self.line}:{self.column}: {self.message}"
        return f"{text}; {self.hint}" if self.hint else text


class CheckView(msgspec.Struct, frozen=True):
    """Whether a configuration holds: problems keep it from being used, warnings do not."""

    ok: bool
    problems: list[ProblemView] = []
    warnings: list[ProblemView] = []
    revision: str | None = None


class ShiftView(msgspec.Struct, frozen=True):
    """These identities may do something else of these effects on these targets than before.

    `before` and `after` are all the verdicts there can be, mildest first: one means whatever the resources, several
    that it hangs on resources, conditions or exceptions. The same several with other rules is a change too. An identity
    `group:NAME` is whoever comes in with that group, which no listed person or agent has. `direction`: gains, loses or
    differs. `rules` are those that one of both has and the other has not, or otherwise.
    """

    direction: str
    identities: list[str]
    targets: list[str]
    effects: list[str]
    before: list[str]
    after: list[str]
    rules: list[str]


class DiffView(msgspec.Struct, frozen=True):
    """What files would change of the policy in force: in lines of meaning, in who may do what, and as a patch."""

    before: str
    after: str
    changes: list[str]
    shifts: list[ShiftView]
    patch: str


class ChangedDecisionView(msgspec.Struct, frozen=True):
    """One recorded operation that would be decided otherwise; on an observed target everything is allowed."""

    sequence: int
    time: str
    session: str
    operation: str
    identity: str
    target: str
    verb: str
    effects: list[str]
    resources: list[str]
    old: str
    old_rule: str | None
    new: str
    new_rule: str | None
    reason: str
    text: str | None


class UndecidableView(msgspec.Struct, frozen=True):
    """One recorded operation of which the record does not have what a rule looks at."""

    sequence: int
    time: str
    operation: str
    identity: str
    target: str
    verb: str
    why: str


class BacktestView(msgspec.Struct, frozen=True):
    """One line of a backtest: how far it is, with what was found since the line before; `done` on the last one.

    `turned` counts changed decisions by `old→new`. Of what was found a bounded number is told; the counts are of all.
    """

    examined: int
    most: int
    changed: int
    undecidable: int
    turned: dict[str, int] = {}
    changes: list[ChangedDecisionView] = []
    undecided: list[UndecidableView] = []
    done: bool = False


class ExampleView(msgspec.Struct, frozen=True):
    """One operation that was observed."""

    time: str
    operation: str
    identity: str
    verb: str
    text: str | None


class SuggestedRuleView(msgspec.Struct, frozen=True):
    """A drafted rule, and what was seen that it would let run."""

    name: str
    yaml: str
    count: int
    first: str
    last: str
    examples: list[ExampleView] = []


class SuggestionView(msgspec.Struct, frozen=True):
    """Rules drafted from what was observed, least privilege first. `yaml` is a file of them all.

    `left` counts what was observed and no rule was drafted for, by reason.
    """

    yaml: str
    examined: int
    rules: list[SuggestedRuleView]
    left: dict[str, int] = {}


class RevisionView(msgspec.Struct, frozen=True):
    """One revision that was in force from a time on; newest first in lists."""

    revision: str
    time: str
    author: str
    reason: str
    previous: str | None
    is_in_force: bool


class RevisionDetailView(msgspec.Struct, frozen=True):
    """One revision's files, and what it changed of the one before it: in lines of meaning, and as a patch."""

    revision: str
    time: str
    author: str
    reason: str
    previous: str | None
    files: dict[str, str]
    changes: list[str]
    patch: str


class ExplainRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Asks what policy would say of one statement; nothing runs."""

    identity: str
    target: str
    text: str
    database: str | None = None


class PolicyRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Carries configuration files by name to be checked, compared, tried or applied.

    To apply: without files the engine reads its own again. `expected` is the revision they were written on; what
    another revision has changed by then is merged where it touches other rules and lines, else nothing changes.
    """

    files: dict[str, str] = {}
    expected: str | None = None
    reason: str = ""


class BacktestRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Asks how the newest `last` recorded operations would be decided by these files."""

    files: dict[str, str] = {}
    last: int = 10_000


class RollbackRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Asks to put an earlier revision's files in force again, if `expected` is the one they replace."""

    revision: str
    reason: str
    expected: str | None = None
