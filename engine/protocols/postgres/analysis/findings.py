"""What reading a statement brings to light, gathered piece by piece."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from engine.model import Access, Effect, Resource

_Pair = tuple[Effect, str, str]


@dataclass(slots=True)
class Findings:
    """The accesses of a statement, or of something a statement uses, and what goes with them.

    `unknown`: names the catalog does not have. `names`: bare names that the accesses rest on, `made` those that mean
    something else afterwards; `makes_anything`: that may be any name. `restricted`: for every change of rows, whether
    a WHERE clause restricts it. `changes_rows`: some of its write and delete pairs are of rows.
    """

    columns: dict[_Pair, set[str] | None] = field(default_factory=dict)  # None: the whole of it
    why_opaque: str | None = None
    unknown: set[str] = field(default_factory=set)
    names: set[str] = field(default_factory=set)
    made: set[str] = field(default_factory=set)
    makes_anything: bool = False
    restricted: list[bool] = field(default_factory=list)
    is_pure: bool = True
    reads_literals: bool = False
    changes_schema: bool = False
    changes_settings: bool = False
    changes_rows: bool = False

    def note(self, effect: Effect, kind: str, name: str = "", columns: Iterable[str] | None = None) -> None:
        """Add a pair; several mentions of one resource are one pair with all their columns."""
        pair = (effect, kind, name)
        more = set(columns or ())
        if pair not in self.columns:
            self.columns[pair] = more or None
            return
        known = self.columns[pair]
        if known is not None:
            self.columns[pair] = known | more if more else None

    def opaque(self, why: str, kind: str = "statement", name: str = "") -> None:
        """Something could not be told; after it the session may be in any state."""
        self.note(Effect.OPAQUE, kind, name)
        self.why_opaque = self.why_opaque or why
        self.is_pure = False
        self.changes_schema = True
        self.changes_settings = True
        self.makes_anything = True

    def merge(self, other: Findings) -> None:
        """Count everything of another with this."""
        for (effect, kind, name), columns in other.columns.items():
            self.note(effect, kind, name, columns)
        self.why_opaque = self.why_opaque or other.why_opaque
        self.unknown |= other.unknown
        self.names |= other.names
        self.made |= other.made
        self.makes_anything |= other.makes_anything
        self.restricted += other.restricted
        self.is_pure &= other.is_pure
        self.reads_literals |= other.reads_literals
        self.changes_schema |= other.changes_schema
        self.changes_settings |= other.changes_settings
        self.changes_rows |= other.changes_rows

    def of_functions(self) -> Findings:
        """What remains where only the functions count: in checks, defaults and policies of somebody else's making.

        The tables that a policy looks at are the owner's affair, and advancing a column's own sequence is part of
        inserting into its table.
        """
        kept = Findings(why_opaque=self.why_opaque, unknown=self.unknown, names=self.names, is_pure=self.is_pure)
        kept.changes_schema, kept.changes_settings = self.changes_schema, self.changes_settings
        kept.changes_rows = self.changes_rows
        kept.made, kept.makes_anything = self.made, self.makes_anything
        kept.columns = {
            pair: columns
            for pair, columns in self.columns.items()
            if pair[0] is not Effect.READ and pair[:2] != (Effect.WRITE, "sequence")
        }
        for effect, kind, name in self.columns:
            if (effect, kind) == (Effect.READ, "function"):  # trusted: needs nobody's leave here, but may be denied
                kept.note(Effect.HOUSEKEEPING, kind, name)
        return kept

    def as_reads(self) -> Findings:
        """The same with every change of rows as a read: what planning does, and no more."""
        kept = Findings()
        kept.merge(self)
        kept.changes_rows = False
        kept.columns = {}
        for (effect, kind, name), columns in self.columns.items():
            changes_rows = effect in (Effect.WRITE, Effect.DELETE) and kind == "table"
            kept.note(Effect.READ if changes_rows else effect, kind, name, columns)
        return kept

    def accesses(self) -> tuple[Access, ...]:
        """The pairs in the order they were found; never none."""
        if not self.columns:
            return (Access(Effect.HOUSEKEEPING, Resource("statement", "")),)
        return tuple(
            Access(effect, Resource(kind, name, tuple(sorted(columns or ()))))
            for (effect, kind, name), columns in self.columns.items()
        )
