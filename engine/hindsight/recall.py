"""A recorded operation as it can be judged again under a revision, and what of it is not known any more."""

from __future__ import annotations

import re
from collections.abc import Hashable
from dataclasses import dataclass, replace
from typing import Final

from engine.config.revision import Revision
from engine.errors import NotFound
from engine.model import Access, Effect, Identity, Operation, Parameter, Resource, Target
from engine.policy.backtest import Judgement, Unknown, judge
from engine.search.operations import RecordedOperation

_MASKED: Final = re.compile(r"\*|…|\btok_[a-z2-7]{24}|\b[0-9a-f]{32}\b")  # stars, a cut, a token, a hash
_CUT_LISTS: Final = frozenset(64 << power for power in range(11))  # lengths that a list in the log is cut to
_TYPED: Final = frozenset({"command", "path", "variable", "host", "subsystem"})  # names that somebody typed
_MOST_KNOWN: Final = 4096
_LONGEST: Final = 1024  # characters of a name that the index keeps
_TYPED_LINE: Final = "LINE"  # the verb of what was read off a terminal, and of nothing else
_COLUMNS: Final = re.compile(r"(?P<name>[^(]+)\((?P<columns>[^()]+)\)")
_UNRECORDED: Final = frozenset(
    {
        "identity.on_behalf_of",
        "identity.authenticated",
        "session.client",
        "session.opened",
        "operation.kind",
        "operation.role",
        "operation.in_transaction",
        "operation.estimated_rows",
    }
)


@dataclass(frozen=True, slots=True)
class Recalled:
    """Who did what where, as a revision has them."""

    identity: Identity
    target: Target
    operation: Operation
    unknown: Unknown


class Lost(ValueError):
    """What is missing of an operation to judge it at all."""


class Gone(ValueError):
    """Who or what it was about is not there under this revision, so that it would be refused."""


class Memory:
    """Recorded operations under one revision. `hides`: masking may have left nothing in a value's place."""

    def __init__(self, revision: Revision, *, hides: bool = False) -> None:
        self.revision = revision
        self._hides = hides or revision.hides_values
        # No condition tells two operations of one shape apart, so that what was judged of one is so of the other.
        self._is_steady = all(rule.condition is None or rule.condition.is_steady for rule in revision.policy.rules)
        self._known: dict[Hashable, Judgement] = {}
        self._identities: dict[tuple[str, frozenset[str]], Identity] = {}

    def judge(self, recorded: RecordedOperation) -> Judgement:
        """What the revision's rules say of it; raises Lost and Gone."""
        recalled = self.recall(recorded)
        operation = recalled.operation
        shape = (operation.accesses, operation.verb, operation.context, operation.has_where)
        key = (recalled.identity.subject, recalled.identity.groups, recalled.target.name, shape)
        if (known := self._known.get(key)) is None:
            known = self._judge(recorded, recalled)
            if self._is_steady:
                if len(self._known) >= _MOST_KNOWN:
                    self._known.clear()
                self._known[key] = known
        return known

    def _judge(self, recorded: RecordedOperation, recalled: Recalled) -> Judgement:
        session = {"id": recorded.session, "database": recorded.database}
        return judge(
            self.revision.policy,
            recalled.identity,
            recalled.target,
            session,
            recalled.operation,
            recorded.time,
            recalled.unknown,
        )

    def recall(self, recorded: RecordedOperation) -> Recalled:
        """The operation, and what is not known of it."""
        target = self.revision.targets.get(recorded.target)
        if target is None:
            raise Gone(f"there is no target {recorded.target}")
        identity = self._identity(recorded)
        if not recorded.verb or len(recorded.accesses) in _CUT_LISTS:
            raise Lost("what it touches is not recorded whole")
        accesses, doubtful = [], set()
        for effect, name in recorded.accesses:
            access, is_known = self._access(effect, name)
            accesses.append(access)
            if not is_known:
                doubtful.add(access)
        fields = set(_UNRECORDED)
        if not _has_parameters(recorded):
            fields.add("operation.parameters")
        types = recorded.types or ("",) * len(recorded.parameters)
        operation = Operation(
            id=recorded.operation,
            session=recorded.session,
            kind="",
            verb=recorded.verb,
            text="",
            accesses=tuple(accesses),
            parameters=tuple(Parameter(kind, value) for kind, value in zip(types, recorded.parameters, strict=False)),
            context=(("database", recorded.database or ""),),
            has_where=recorded.has_where,
            is_inferred=recorded.verb == _TYPED_LINE,
        )
        return Recalled(identity, target, operation, Unknown(frozenset(doubtful), frozenset(fields)))

    def _identity(self, recorded: RecordedOperation) -> Identity:
        key = (recorded.identity, recorded.groups)
        if key not in self._identities:
            try:
                identity = self.revision.identity_of(recorded.identity)
            except NotFound:
                raise Gone(f"{recorded.identity} is nobody") from None
            vouched = frozenset(group for group in recorded.groups if "/" in group)  # by an issuer, not by the files
            if len(self._identities) >= _MOST_KNOWN:
                self._identities.clear()
            self._identities[key] = replace(identity, groups=identity.groups | vouched)
        return self._identities[key]

    def _access(self, effect: str, name: str) -> tuple[Access, bool]:
        kind, colon, rest = name.partition(":")
        columns: tuple[str, ...] = ()
        is_known = len(name) < _LONGEST and not _MASKED.search(rest) and not (self._hides and kind in _TYPED)
        if kind in ("table", "sequence") and rest.endswith(")"):
            found = _COLUMNS.fullmatch(rest)
            is_known = is_known and found is not None
            if found is not None:
                rest, columns = found["name"], tuple(found["columns"].split(", "))
        try:
            return Access(Effect(effect), Resource(kind, rest if colon else "", columns)), is_known
        except ValueError:
            raise Lost(f"the effect {effect!r} is of another version") from None


def _has_parameters(recorded: RecordedOperation) -> bool:
    """Whether they are recorded whole, with their types; no parameters need none."""
    if recorded.text is None or not recorded.is_whole:
        return False
    if len(recorded.types) != len(recorded.parameters):
        return False
    return not any(value is not None and _MASKED.search(value) for value in recorded.parameters)
