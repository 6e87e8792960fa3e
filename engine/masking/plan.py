"""Which columns of an answer are masked, and how: the rules that apply, and the plan for one answer."""

from __future__ import annotations

import copy
import re
from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache

from engine.masking import transform
from engine.masking.detect import Detection, detection_of
from engine.masking.transform import STRENGTH, Transform
from engine.model import Column, ColumnRef, Identity, Operation, Target

_PLANS = 256  # remembered at most: a session's statements repeat
_STEERING = "WHERE, JOIN, ORDER BY, GROUP BY, a key or check that a row must meet"


@dataclass(frozen=True, slots=True)
class MaskRule:
    """One rule of the YAML's `masking` section.

    `labels` and `targets` say where (empty: everywhere), `exempt_groups` for whom not. `columns` are
    `[schema.]table.column` globs, case-exact, `*` within one name. `inference` says whether a protected column may
    steer an answer it is not in (WHERE, ORDER BY, GROUP BY, JOIN): refuse | allow.
    """

    name: str
    labels: Mapping[str, str] = field(default_factory=dict)
    targets: tuple[str, ...] = ()
    exempt_groups: frozenset[str] = frozenset()
    columns: tuple[str, ...] = ()
    detect: tuple[str, ...] = ()
    strategy: str = "redact"
    inference: str = "refuse"

    def applies(self, identity: Identity, target: Target) -> bool:
        """Whether this identity's answers from this target are masked by it."""
        if self.targets and not any(_glob(pattern).fullmatch(target.name) for pattern in self.targets):
            return False
        if any(target.labels.get(name) != value for name, value in self.labels.items()):
            return False
        return not (self.exempt_groups & identity.groups)

    def names(self, ref: ColumnRef) -> bool:
        """Whether one of its globs means this column."""
        return any(_names(pattern, ref) for pattern in self.columns)


@cache
def _glob(pattern: str) -> re.Pattern[str]:
    return re.compile(".*".join(re.escape(part) for part in pattern.split("*")), re.DOTALL)


@cache
def _names(pattern: str, ref: ColumnRef) -> bool:
    parts = pattern.split(".")
    names = (ref.schema, ref.table, ref.column)[-len(parts) :]
    return all(_glob(part).fullmatch(name) for part, name in zip(parts, names, strict=True))


@dataclass(frozen=True, slots=True)
class Plan:
    """What to do with each column of one answer, by position.

    `columns[i]` is the transform of a protected column or None. `detected[i]` says how a value that a detector
    recognises in it is replaced, None where none looks; `detection` is None when none looks anywhere.
    """

    columns: tuple[Transform | None, ...]
    detected: tuple[Mapping[str, Transform] | None, ...]
    detection: Detection | None

    @property
    def is_empty(self) -> bool:
        """Nothing to do: chunks pass as they are."""
        return self.detection is None and not any(self.columns)


class Masks:
    """The masking of one identity on one target."""

    def __init__(self, rules: Iterable[MaskRule], identity: Identity, target: Target, key: bytes) -> None:
        self.rules = tuple(rule for rule in rules if rule.applies(identity, target))
        self.has_columns = any(rule.columns for rule in self.rules)
        self._transforms = {name: transform.make(name, key) for name in STRENGTH}
        self._protecting: dict[ColumnRef, MaskRule | None] = {}
        self._plans: dict[tuple[Column, ...], Plan] = {}
        strategies: dict[str, str] = {}
        for rule in self.rules:
            for detector in rule.detect:
                strategies[detector] = _stronger(strategies.get(detector), rule.strategy)
        self.detected: Mapping[str, Transform] = {name: self._transforms[chosen] for name, chosen in strategies.items()}
        self.detection = detection_of(frozenset(strategies)) if strategies else None

    @property
    def is_active(self) -> bool:
        """Whether anything is ever masked here."""
        return bool(self.rules)

    def protects(self, ref: ColumnRef) -> MaskRule | None:
        """The strongest rule that names this column."""
        if ref not in self._protecting:
            naming = [rule for rule in self.rules if rule.names(ref)]
            self._protecting[ref] = max(naming, key=lambda rule: STRENGTH[rule.strategy], default=None)
        return self._protecting[ref]

    def keeping_lengths(self) -> Masks:
        """The same detectors, with stars for whatever they find: where offsets into a text must stay true."""
        other = copy.copy(self)
        other.detected = dict.fromkeys(self.detected, self._transforms["redact"])
        return other

    def plan(self, columns: Sequence[Column]) -> Plan:
        """What to do with an answer of these columns."""
        asked = tuple(columns)
        if (known := self._plans.get(asked)) is None:
            if len(self._plans) >= _PLANS:
                self._plans.clear()
            known = self._plans[asked] = self._plan(asked)
        return known

    def _plan(self, columns: Sequence[Column]) -> Plan:
        actions = tuple(self._action(column) for column in columns)
        detected = tuple(
            self._detected_in(column) if action is None else None
            for column, action in zip(columns, actions, strict=True)
        )
        return Plan(actions, detected, self.detection if any(detected) else None)

    def _detected_in(self, column: Column) -> Mapping[str, Transform] | None:
        """What is found in an array or a composite is redacted whatever the rule says: its lengths must stay true."""
        if self.detection is None or not column.has_text:
            return None
        return self.detected if column.is_text else dict.fromkeys(self.detected, self._transforms["redact"])

    def _action(self, column: Column) -> Transform | None:
        if not self.has_columns or column.sources == frozenset():
            return None
        if column.sources is None:
            naming = [rule for rule in self.rules if rule.columns]
        else:
            naming = [rule for rule in self.rules if any(rule.names(ref) for ref in column.sources)]
        if not naming:
            return None
        strategy = max((rule.strategy for rule in naming), key=STRENGTH.__getitem__)
        is_derived = column.is_derived or column.sources is None
        if not column.is_text or (is_derived and any(_tells_of_derived(rule) for rule in naming)):
            strategy = "nullify"
        return self._transforms[strategy]

    def refuses(self, operation: Operation) -> tuple[MaskRule, str] | None:
        """The rule this operation would get round, and how: by steering an answer with a protected column, or by
        copying one to where its mask does not follow."""
        if not self.has_columns:
            return None
        columned = next(rule for rule in self.rules if rule.columns)
        if operation.copies is None:
            return columned, "what it copies could not be told, and a protected column could be in it"
        for ref in sorted(operation.copies, key=str):
            if (naming := self.protects(ref)) is not None:
                return naming, f"it would copy the protected column {ref} to where its mask does not follow"
        return self._refuses_inference(operation)

    def _refuses_inference(self, operation: Operation) -> tuple[MaskRule, str] | None:
        strict = next((rule for rule in self.rules if rule.columns and rule.inference == "refuse"), None)
        if strict is None:
            return None
        if operation.inferences is None:
            return strict, "what steers its answer could not be told, and a protected column could"
        for ref in sorted(operation.inferences, key=str):
            for rule in self.rules:
                if rule.inference == "refuse" and rule.names(ref):
                    return rule, f"the protected column {ref} would steer its answer ({_STEERING})"
        return None

    def touches_protected(self, operation: Operation | None) -> bool:
        """Whether an upstream's error text about this operation could quote a protected value; unknown counts."""
        if not self.has_columns:
            return False
        if operation is None:
            return True
        tables = [access.resource for access in operation.accesses if access.resource.kind == "table"]
        if any(access.resource.kind == "function" for access in operation.accesses) or operation.why_opaque:
            return True
        return any(self._names_table(table.name) for table in tables)

    def _names_table(self, name: str) -> bool:
        """Whether some rule protects a column of this table, whatever the column."""
        schema, _, table = name.rpartition(".")
        for rule in self.rules:
            for pattern in rule.columns:
                *schemas, tables, _column = pattern.split(".")
                if _glob(tables).fullmatch(table) and (not schemas or _glob(schemas[0]).fullmatch(schema)):
                    return True
        return False

    def is_clear(self, text: bytes) -> bool:
        """Whether no detector finds anything in it, at a glance."""
        return self.detection is None or not self.detection.nominated(text)

    def text(self, text: str) -> str:
        """Free text with recognised values replaced."""
        return self.count_text(text)[0]

    def count_text(self, text: str) -> tuple[str, int]:
        """The same, and how many values were replaced."""
        if self.detection is None or not self.detection.nominated(text.encode(errors="surrogatepass")):
            return text, 0
        return replace_detected(text, self.detection, self.detected)


def _tells_of_derived(rule: MaskRule) -> bool:
    """Whether its strategy would answer questions that an expression asks of a protected column: the length of
    `repeat('x', ascii(email))`, the end of `'…' || left(email, 4)`, what is NULL of `nullif(email, 'a@b.example')`."""
    return rule.inference == "refuse" or rule.strategy == "partial"


def _stronger(one: str | None, other: str) -> str:
    return other if one is None or STRENGTH[other] > STRENGTH[one] else one


def replace_detected(
    text: str, detection: Detection, detected: Mapping[str, Transform], among: Container[int] | None = None
) -> tuple[str, int]:
    """The text with every recognised value replaced, and their number. Overlapping finds are replaced as one span by
    the strongest of their strategies; `nullify` inside a text leaves nothing. `among`: as `Detection.find` has it."""
    spans: list[tuple[int, int, Transform]] = []
    for start, end, name in sorted(detection.find(text, among)):
        chosen = detected[name]
        if spans and start < spans[-1][1]:
            first, last, other = spans[-1]
            stronger = chosen if STRENGTH[chosen.strategy] > STRENGTH[other.strategy] else other
            spans[-1] = (first, max(end, last), stronger)
        else:
            spans.append((start, end, chosen))
    if not spans:
        return text, 0
    pieces: list[str] = []
    position = 0
    for start, end, chosen in spans:
        pieces.append(text[position:start])
        pieces.append(
            (chosen.replace(text[start:end].encode(errors="surrogateescape")) or b"").decode(errors="surrogateescape")
        )
        position = end
    pieces.append(text[position:])
    return "".join(pieces), len(spans)
