"""The answer of one admitted statement on its way to the client: described, masked, counted, concluded."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from engine.errors import UpstreamError
from engine.masking.plan import Masks
from engine.model import Column, Excess, Outcome, Status
from engine.passage import Passage
from engine.protocols.postgres.answers import CopyOutResponse, ErrorResponse
from engine.protocols.postgres.copyruns import CopyRuns
from engine.protocols.postgres.describing import Described
from engine.protocols.postgres.reports import mask_report
from engine.protocols.postgres.rows import RowMasker
from engine.protocols.postgres.statement import Statement

if TYPE_CHECKING:
    from engine.errors import Denied
    from engine.protocols.postgres.limits import Meter

Describer = Callable[[bytes, Statement], Described]
"""Says what a RowDescription means for a statement's answer."""

_TOO_LARGE = "one row is too large to be masked"


class Delivery:
    """What becomes of one passage's answer.

    `rows` and `copied` raise `UpstreamError` where the upstream sends rows nobody has described: nothing passes
    without a plan.
    """

    __slots__ = (
        "_copy",
        "_describe",
        "_described",
        "_masked",
        "_masks",
        "_rows",
        "_was_executed",
        "meter",
        "passage",
        "statement",
    )

    def __init__(self, statement: Statement, passage: Passage, describe: Describer) -> None:
        self.statement = statement
        self.passage = passage
        self.meter: Meter | None = None  # where a limit may stop it
        self._describe = describe
        self._described: Described | None = None
        self._masks: Masks | None = None
        self._copy: CopyRuns | None = None
        self._rows = 0
        self._masked = 0
        self._was_executed = False

    def __repr__(self) -> str:
        return f"<Delivery {self.passage.operation.id} {self.statement.verb} {self._totals()[0]} rows>"

    @property
    def delivered(self) -> int:
        """Rows that have passed so far."""
        return self._totals()[0]

    def described(self, data: bytes) -> None:
        """The upstream said what the columns are."""
        self._plan(*self._describe(data, self.statement))

    def renew(self) -> None:
        """Follow the masking that is in force now; the columns stay what they are."""
        if self._described is not None and self._masks is not self.passage.session.masks:
            self._plan(*self._described)

    def rows(self, data: bytes) -> bytes:
        """DataRow messages, masked and recorded."""
        self._require_plan()
        self._was_executed = True
        return self.passage.deliver(data)

    def piece(self, data: bytes) -> bytes:
        """A piece of a row or of COPY data that is too large to be looked at; it passes only where nothing would be."""
        masks = self.passage.session.masks
        if masks.is_active:
            raise UpstreamError(_TOO_LARGE, hint="select fewer or smaller columns")
        self.passage.session.recorder.event(
            "g", {"operation": self.passage.operation.id, "why": "larger than is recorded", "dropped": len(data)}
        )
        return data

    def begins_copy(self, data: bytes) -> None:
        """COPY OUT begins."""
        response = CopyOutResponse.decode(data)
        columns = self.statement.columns
        if columns is None or len(columns) != len(response.formats):
            columns = tuple(Column("", None) for _ in response.formats)
        plan = self.passage.plan(columns, response.formats)
        self.passage.masker = self._copy = CopyRuns(plan, self.statement)

    def copied(self, data: bytes) -> bytes:
        """CopyData messages, masked and recorded."""
        self._require_plan()
        return self.passage.deliver(data, "copy")

    def ends_copy(self) -> bytes:
        """What the masker still held back when the COPY ended."""
        return self._copy.finish() if self._copy is not None else b""

    def report(self, fields: Mapping[str, str]) -> dict[str, str]:
        """An error or notice of this statement as the client may see it."""
        return mask_report(fields, self.passage.session.masks, self.passage.operation)

    def completed(self, tag: str) -> None:
        """The statement ended well, or its portal was closed before all of it was fetched."""
        rows, masked = self._totals()
        self.passage.conclude(Outcome(Status.COMPLETED, tag, rows, self.changed(tag), masked))

    def changed(self, tag: str) -> int | None:
        """How many rows a command tag says were changed, or stored in a table that was made."""
        if self._copy is not None:
            return None
        verb, _, count = tag.rpartition(" ")
        has_stored = verb == "SELECT" and self.passage.masker is None
        is_changing = has_stored or verb.startswith(("INSERT", "UPDATE", "DELETE", "MERGE", "COPY"))
        return int(count) if is_changing and count.isascii() and count.isdigit() else None

    def closed(self) -> None:
        """Its portal is gone: what was not concluded by then was left unfinished, or never begun."""
        if self._was_executed:
            self.completed("")
        else:
            self.skipped("it was bound and never executed")

    def undone(self, denied: Denied, excess: Excess | None) -> None:
        """It ran, and is denied after all."""
        self.passage.undone(denied, excess, *self._totals())

    def failed(self, error: ErrorResponse) -> None:
        """The statement ended with an error, masked already."""
        status = Status.CANCELLED if error.fields.get("C") == "57014" else Status.FAILED
        self._end(status, f"{error.fields.get('C', '')}: {error.fields.get('M', '')}")

    def skipped(self, why: str) -> None:
        """It never ran."""
        self._end(Status.SKIPPED, why)

    def lost(self, why: str) -> None:
        """The connection ended before its outcome was known."""
        self._end(Status.LOST, why)

    def _end(self, status: Status, error: str) -> None:
        rows, masked = self._totals()
        self.passage.conclude(Outcome(status, rows=rows, masked=masked, error=error))

    def _plan(self, columns: tuple[Column, ...], formats: tuple[int, ...]) -> None:
        self._rows, self._masked = self._totals()
        self._described, self._masks = (columns, formats), self.passage.session.masks
        self.passage.masker = RowMasker(self.passage.plan(columns, formats))

    def _totals(self) -> tuple[int, int]:
        masker = self.passage.masker
        if masker is None:
            return self._rows, self._masked
        return self._rows + masker.rows, self._masked + masker.masked

    def _require_plan(self) -> None:
        if self.passage.masker is None:
            raise UpstreamError("the upstream sent rows before it described them")
