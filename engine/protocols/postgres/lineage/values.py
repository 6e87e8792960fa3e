"""What lineage speaks of: the sources of a value, its parts, and the ledger of what a statement does with them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from engine.model import ColumnRef

Sources = frozenset[ColumnRef] | None
"""The stored columns a value hangs on; None: could not be told, so any column may be among them."""

NOTHING: frozenset[ColumnRef] = frozenset()

SETTING = ColumnRef("", "", "setting")
"""Stands for a setting of the client's own making (`app.tenant`): no column, but nobody can tell what is in it."""


def joined(sources: Iterable[Sources]) -> Sources:
    """The union, None as soon as one of them could not be told."""
    union = NOTHING
    for some in sources:
        if some is None:
            return None
        if some:
            union = union | some if union else some
    return union


def told(sources: Sources) -> Sources:
    """The columns, None when they could not be told or a setting is among them."""
    return None if sources is None or SETTING in sources else sources


class Output(NamedTuple):
    """One column of a row: its name and what it holds."""

    name: str
    value: Value


Outputs = tuple[Output, ...] | None
"""The columns of a row source in order; None: their number or names could not be told."""


@dataclass(frozen=True, slots=True)
class Value:
    """What an expression yields.

    `type_name` is as in pg_type.typname ("" could not be told, arrays have their leading underscore). `fields` are
    the parts of a row, when they are known. `is_plain`: a stored column, constant or parameter as it stands.
    `is_stored`: a table's column and nothing but that, whatever views and subqueries it came through.
    `may_fail`: evaluating it can raise an error or take noticeable time, so whatever decides whether it is
    evaluated shows in the answer. `name` is what a function declares its only result to be called. `is_server_setting`:
    the name of one of the server's own settings as pg_settings has it, which the client's are not among.
    """

    sources: Sources = NOTHING
    type_name: str = ""
    fields: Outputs = None
    is_plain: bool = False
    may_fail: bool = False
    name: str = ""
    is_stored: bool = False
    is_server_setting: bool = False

    def but(self, sources: Sources) -> Value:
        """The same value with these sources too, in all of its parts."""
        if sources is not None and not sources:
            return self
        fields = self.fields and tuple(Output(name, part.but(sources)) for name, part in self.fields)
        return replace(self, sources=joined((self.sources, sources)), fields=fields)


UNKNOWN = Value(None)


def combined(values: Iterable[Value], type_name: str = "", *, may_fail: bool = False) -> Value:
    """A value made of others."""
    values = tuple(values)
    return Value(
        joined(value.sources for value in values),
        type_name,
        may_fail=may_fail or any(value.may_fail for value in values),
    )


def row_of(outputs: tuple[Output, ...], type_name: str = "record") -> Value:
    """The whole row as one value."""
    return Value(joined(output.value.sources for output in outputs), type_name, outputs, is_plain=True)


def renamed(outputs: tuple[Output, ...], names: Iterable[str]) -> tuple[Output, ...]:
    """The columns with the first of them renamed, as a column alias list does."""
    names = tuple(names)[: len(outputs)]
    return (
        *(Output(name, output.value) for name, output in zip(names, outputs, strict=False)),
        *outputs[len(names) :],
    )


@dataclass(slots=True)
class Ledger:
    """What one statement does with values besides answering them.

    `inferences` steer the answer, `copies` are stored somewhere else; each has an `untold_…` for "could not be told".
    `runs_user_code`: a function that is not built in is called. `reads_settings`: a setting of the client's own
    choice is read, so that what a view compares it with is the client's question and not only the owner's.
    """

    inferences: set[ColumnRef] = field(default_factory=set)
    copies: set[ColumnRef] = field(default_factory=set)
    untold_inferences: bool = False
    untold_copies: bool = False
    runs_user_code: bool = False
    reads_settings: bool = False

    def infer(self, sources: Sources) -> None:
        """These values steer the answer."""
        if sources is None:
            self.untold_inferences = True
        else:
            self.inferences |= sources

    def copy(self, sources: Sources, into: Sources = NOTHING) -> None:
        """These values are stored in a place whose own columns are `into`."""
        if sources is None:
            self.untold_copies = True
        else:
            self.copies |= sources - (into or NOTHING)

    def give_up(self) -> None:
        """Something that is not understood: it could steer and store anything."""
        self.untold_inferences = self.untold_copies = True

    def add(self, other: Ledger, *, inferences: bool = True) -> None:
        """Take over what another ledger holds; without its inferences where they are the owner's choice."""
        if inferences:
            self.inferences |= other.inferences
            self.untold_inferences |= other.untold_inferences
        self.copies |= other.copies
        self.untold_copies |= other.untold_copies
        self.runs_user_code |= other.runs_user_code
        self.reads_settings |= other.reads_settings

    @property
    def told_inferences(self) -> Sources:
        """The inferences, None when they could not be told."""
        return None if self.untold_inferences else frozenset(self.inferences - {SETTING})

    @property
    def told_copies(self) -> Sources:
        """The copies, None when they could not be told."""
        return None if self.untold_copies else told(frozenset(self.copies))
