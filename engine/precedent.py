"""Decisions that stand: an operation that differs from an earlier one only in what no rule looks at.

Most of what clients send they have sent before, with other literals or parameters. What is decided and recorded of it
then is the same but for an identifier, a digest, a text and an answer: here it is written once, with holes for those.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import msgspec

from engine import entries
from engine.audit.events import EventName
from engine.masking.plan import Plan
from engine.model import Column, Decision, Operation, Outcome, Parameter, Status
from engine.passage import Passage
from replay.format import RowBatch, lines_of
from replay.forms import NUMBER, TEXT, form, inside

if TYPE_CHECKING:
    from engine.gateway import Gateway
    from engine.session import Session

_MOST_FORM = 16 << 10  # bytes of an intent that is worth keeping as a form
_MOST_ANSWERS = 8  # of one statement: drivers ask for it in one format or the other


class Precedent:
    """An allowed pure read of one session, and everything that is said of another one like it.

    It stands while the session's policy revision and masks are the very objects they were (`holds`). The caller knows
    that the other operation is one of the same statement: same analysis, whatever its literals.
    """

    __slots__ = ("_masks", "_revision", "_said", "answers", "decision", "intent", "operation", "question")

    def __init__(self, session: Session, operation: Operation, decision: Decision) -> None:
        self._revision = session.revision
        self._masks = session.masks
        self.operation = operation
        self.decision = decision
        blank = replace(operation, id=TEXT, parameters=())
        question = entries.question(blank, decision, None, TEXT, TEXT, session.masks)
        self.question = lines_of([("q", {**question, "parameters": NUMBER})])
        self.intent = form(
            msgspec.json.encode(
                {
                    "v": 1,
                    "time": NUMBER,
                    "event": EventName.OPERATION_INTENDED,
                    "session": session.id,
                    "operation": TEXT,
                    "identity": session.identity.subject,
                    "target": session.target.name,
                    "data": entries.intent(session, operation, decision, None, TEXT),
                }
            )
        )
        self.answers: dict[bytes, Answer] = {}
        self._said = ("", b"", b"")

    def __repr__(self) -> str:
        return f"<Precedent {self.operation.verb} by {self.decision.rule}>"

    def holds(self, session: Session) -> bool:
        """Whether what was decided then is what would be decided now."""
        return session.revision is self._revision and session.masks is self._masks

    @property
    def is_too_long(self) -> bool:
        """Whether its entries may be cut, so that each has to be looked at."""
        return len(self.intent) > _MOST_FORM

    def said(self, text: str) -> tuple[bytes, bytes]:
        """A text's bytes, and the text masked as it stands in `question`; a prepared one's come from the last time."""
        before, encoded, shown = self._said
        if before is not text:
            masks, encoded = self._masks, text.encode()
            shown = inside(text if masks.is_clear(encoded) else masks.text(text))
            self._said = text, encoded, shown
        return encoded, shown

    def answer(self, description: bytes, columns: Sequence[Column], formats: Sequence[int]) -> Answer:
        """How an answer with these columns is masked and recorded; `description` names it from then on."""
        answer = Answer(self._masks.plan(columns), columns, formats)
        if len(self.answers) >= _MOST_ANSWERS:
            self.answers.clear()
        self.answers[description] = answer
        return answer


class Answer:
    """The whole, small answer of a completed read: its plan, and the frames that say so."""

    __slots__ = ("_is_protected", "empty", "lines", "plan")

    def __init__(self, plan: Plan, columns: Sequence[Column], formats: Sequence[int]) -> None:
        self.plan = plan
        self._is_protected = any(plan.columns)
        header = entries.header(TEXT, columns, formats, plan)
        ending = entries.ending(TEXT, Outcome(Status.COMPLETED, TEXT)) | {"rows": NUMBER, "masked": NUMBER}
        self.lines = lines_of([("c", header), ("R", RowBatch("", 0)), ("e", ending)])
        self.empty = lines_of([("c", header), ("e", ending)])

    def may_change(self, cells: bytes) -> bool:
        """Whether masking would change anything of these cells: if not, none of it need be done."""
        if self._is_protected:
            return True
        detection = self.plan.detection
        return detection is not None and bool(detection.nominated(cells))


class Followed:
    """One operation that followed a precedent: its intent is recorded.

    Its answer is either `concluded` at once, or goes on as any other's with the `passage`.
    """

    __slots__ = ("_gateway", "id", "precedent", "sequence", "session", "text")

    def __init__(
        self,
        gateway: Gateway,
        session: Session,
        precedent: Precedent,
        id: str,
        text: str,
        sequence: int,
    ) -> None:
        self._gateway = gateway
        self.session = session
        self.precedent = precedent
        self.id = id
        self.text = text
        self.sequence = sequence

    def __repr__(self) -> str:
        return f"<Followed {self.id} {self.precedent!r}>"

    def passage(self, parameters: Sequence[Parameter] = ()) -> Passage:
        """The operation as it would be had it been decided by itself."""
        precedent = self.precedent
        operation = replace(precedent.operation, id=self.id, text=self.text, parameters=tuple(parameters))
        return Passage(self._gateway, self.session, operation, precedent.decision, None, self.sequence)

    def conclude(self, answer: Answer, rows: int, cells: bytes, tag: bytes, masked: int) -> None:
        """It completed with this masked answer: DataRow messages, and the command's tag. Raises RecordError."""
        session, id = self.session, self.id.encode()
        session.counts.rows += rows
        session.counts.masked += masked
        number = b"%d" % rows
        ending = (id, tag, number, b"%d" % masked)
        if rows:
            values = (id, id, number, b"%d" % len(cells), cells, *ending)
            session.recorder.fill(answer.lines, *values, size=len(cells))
        else:
            session.recorder.fill(answer.empty, id, *ending, size=0)
        self._gateway.ended(session, self.id)
