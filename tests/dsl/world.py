"""The engine around one session, as small as a script needs it: the real pipeline, masks and relay between fakes of
what they stand on (policy, people, record, analysis)."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from types import SimpleNamespace
from typing import Any

from engine.errors import RecordError
from engine.masking.plan import MaskRule
from engine.model import (
    Access,
    Column,
    ColumnRef,
    Decision,
    Effect,
    Identity,
    Limit,
    Operation,
    Outcome,
    Parameter,
    Resource,
    ReviewTerms,
    Target,
    Verdict,
)
from engine.pipeline import Pipeline
from engine.protocols.postgres.answers import Field
from engine.protocols.postgres.statement import PreparedStatement, SessionState, Statement
from engine.session import Session
from replay.format import FilledLines, Lines, RowBatch, as_frames

NOW = datetime(2026, 11, 22, 20, 0, tzinfo=UTC)
TERMS = ReviewTerms(frozenset({"dba"}), hold=60.0)


class FakeState(StrEnum):
    PENDING = "pending"
    APPROVED = "approved"
    DENIED = "denied"
    WITHDRAWN = "withdrawn"


@dataclass(eq=False)
class FakeReview:
    """One review; `decided` wakes who waits for it."""

    id: str
    state: FakeState = FakeState.PENDING
    votes: tuple[Any, ...] = ()
    deadline_text: str = "2026-11-22T20:15:00Z"
    decided: asyncio.Event = field(default_factory=asyncio.Event)


class FakeApprovals:
    """People: they decide when the script says so."""

    def __init__(self) -> None:
        self.reviews: list[FakeReview] = []
        self.outcomes: list[Outcome] = []
        self._granted: list[FakeReview] = []

    def approved(
        self, session: object, operation: Operation, decision: Decision, but_not: Collection[str]
    ) -> FakeReview | None:
        return next((review for review in self._granted if review.id not in but_not), None)

    async def get(self, id: str) -> FakeReview:
        return next(review for review in self.reviews if review.id == id)

    async def take(self, session: object, operation: Operation, decision: Decision) -> FakeReview | None:
        return self._granted.pop() if self._granted else None

    async def request(self, session: object, operation: Operation, decision: Decision) -> FakeReview:
        review = FakeReview(f"r-{len(self.reviews) + 1}")
        self.reviews.append(review)
        return review

    async def wait(self, review: FakeReview, hold: float, withdrawn: asyncio.Event) -> FakeReview:
        async with asyncio.TaskGroup() as group:
            waiting = [group.create_task(review.decided.wait()), group.create_task(withdrawn.wait())]
            await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
            for task in waiting:
                task.cancel()
        if review.state is FakeState.PENDING and withdrawn.is_set():
            review.state = FakeState.WITHDRAWN
        return review

    def decide(self, state: FakeState, by: str, reason: str = "") -> None:
        review = next(review for review in reversed(self.reviews) if review.state is FakeState.PENDING)
        review.state = state
        review.votes = (SimpleNamespace(person=by, reason=reason),)
        if state is FakeState.APPROVED:
            self._granted.append(review)
        review.decided.set()


class FakeLog:
    """The record. `stall` keeps what is appended from becoming durable until `catch_up`."""

    def __init__(self) -> None:
        self.events: list[tuple[str, dict[str, Any]]] = []
        self.durable = 0
        self.is_stalled = False
        self._waiting: list[tuple[int, Callable[[BaseException | None], None]]] = []

    def append(self, event: Any, **about: Any) -> int:
        self.events.append((str(event), about))
        if not self.is_stalled:
            self.durable = len(self.events)
        return len(self.events) - 1

    def append_form(self, event: Any, form: bytes, *values: bytes, relaxed: bool) -> int:
        entry = json.loads(form % (b'"now"', *values))
        about = {name: entry[name] for name in ("session", "operation", "identity", "target", "data")}
        return self.append(event, **about, relaxed=relaxed)

    def is_durable(self, sequence: int) -> bool:
        return sequence < self.durable

    def when_durable(self, sequence: int, callback: Callable[[BaseException | None], None]) -> None:
        self._waiting.append((sequence, callback))

    async def wait(self, sequence: int) -> None:
        if self.is_durable(sequence):
            return
        future = asyncio.get_running_loop().create_future()
        self.when_durable(
            sequence, lambda error: future.set_exception(error) if error is not None else future.set_result(None)
        )
        await future

    def catch_up(self, error: str = "") -> None:
        self.is_stalled = False
        if not error:
            self.durable = len(self.events)
        waiting, self._waiting = self._waiting, []
        for _, callback in waiting:
            callback(RecordError(error) if error else None)

    def of(self, event: str) -> list[dict[str, Any]]:
        return [about["data"] for name, about in self.events if name == event]


class FakeRecorder:
    """A recording in memory."""

    def __init__(self) -> None:
        self.events: list[tuple[str, dict[str, Any]]] = []
        self.cells = b""
        self.is_behind = False
        self.keeps_all = True

    def event(self, code: str, data: dict[str, Any]) -> None:
        self.events.append((code, data))

    def rows(self, operation: str, cells: bytes, rows: int, kind: str) -> None:
        self.cells += cells

    def fill(self, lines: Lines, *values: bytes, size: int) -> None:
        for frame in as_frames(FilledLines(0.0, lines, values)):
            if isinstance(frame.data, RowBatch):
                self.rows(frame.data.operation, frame.data.cells, frame.data.rows, frame.data.kind)
            else:
                self.event(frame.code, frame.data)

    def ended(self) -> list[tuple[str, str]]:
        """Each operation that ended: its last two identifying things, verb and status."""
        verbs = {data["operation"]: data["verb"] for code, data in self.events if code == "q"}
        return [(verbs[data["operation"]], data["status"]) for code, data in self.events if code == "e"]


@dataclass
class FakePolicy:
    """A verdict by verb, or by verb and one parameter's value; allow where it says nothing.

    Every decision stands, but one that looks at parameters.
    """

    verdicts: dict[str, Verdict] = field(default_factory=dict)
    limits: dict[str, Limit] = field(default_factory=dict)
    denied_parameter: str | None = None

    def reads_estimates(self, identity: Identity, target: Target) -> bool:
        return False

    def evaluate(
        self,
        identity: Identity,
        target: Target,
        session: Mapping[str, object],
        operation: Operation,
        now: datetime,
        *,
        parameters_known: bool = True,
    ) -> Decision:
        verdict = self.verdicts.get(operation.verb, Verdict.ALLOW)
        if parameters_known and self.denied_parameter in [parameter.value for parameter in operation.parameters]:
            verdict = Verdict.DENY
        terms = TERMS if verdict is Verdict.REVIEW else None
        rule, limit = f"rule-{operation.verb.lower()}", self.limits.get(operation.verb)
        is_steady = self.denied_parameter is None
        reason = "the test says so"
        return Decision(verdict, rule, reason, terms=terms, rule_digest="d", limit=limit, is_steady=is_steady)


EMAIL = ColumnRef("public", "customers", "email")
EFFECTS = {
    "SELECT": Effect.READ,
    "SHOW": Effect.HOUSEKEEPING,
    "BEGIN": Effect.HOUSEKEEPING,
    "COMMIT": Effect.HOUSEKEEPING,
    "ROLLBACK": Effect.HOUSEKEEPING,
    "INSERT": Effect.WRITE,
    "DELETE": Effect.DELETE,
    "DROP": Effect.SCHEMA,
    "CREATE": Effect.SCHEMA,
    "SET": Effect.SESSION,
}


class FakeAnalyst:
    """Reads just enough SQL for scripts: the first word is the verb, and `email` is a protected column."""

    def __init__(self) -> None:
        self.refreshed = 0
        self.seen: list[tuple[str, tuple[str, ...], str]] = []
        self.knows_at_once = True

    async def estimate(self, operation: Operation, state: SessionState) -> int | None:
        return None

    def known(self, text: str, state: SessionState) -> tuple[Statement, ...] | None:
        return self._analyse(text, state) if self.knows_at_once else None

    def moment(self, state: SessionState) -> tuple[int, int] | None:
        return None if state.has_uncommitted_schema else (0, state.version)

    async def analyse(self, text: str, state: SessionState) -> tuple[Statement, ...]:
        await asyncio.sleep(0)
        return self._analyse(text, state)

    def _analyse(self, text: str, state: SessionState) -> tuple[Statement, ...]:
        self.seen.append((text, state.search_path, state.role))
        return tuple(self._statement(part.strip()) for part in text.split(";") if part.strip())

    def _statement(self, text: str) -> Statement:
        words = text.replace(",", " ").split()
        verb = words[0].upper()
        effect = EFFECTS.get(verb, Effect.HOUSEKEEPING)
        copies_in = verb == "COPY" and "from" in words
        table = "customers" if "customers" in words else "t"
        return Statement(
            text,
            verb,
            accesses=(Access(Effect.WRITE if copies_in else effect, Resource("table", f"public.{table}")),),
            is_pure_read=verb in ("SELECT", "SHOW") or (verb == "COPY" and not copies_in),
            columns=(Column("email", frozenset({EMAIL})),) if verb == "COPY" else None,
            changes_schema=effect is Effect.SCHEMA,
            changes_settings=verb == "SET",
            transaction={"BEGIN": "begin", "COMMIT": "commit", "ROLLBACK": "rollback"}.get(verb),
            copy_direction=("in" if copies_in else "out") if verb == "COPY" else None,
            prepares=self._prepared(words) if verb == "PREPARE" else None,
            prepares_as=words[1] if verb == "PREPARE" else None,
            executes=words[1] if verb == "EXECUTE" else None,
            deallocates=words[1] if verb == "DEALLOCATE" else None,
            declares=words[1] if verb == "DECLARE" else None,
            fetches=words[-1] if verb == "FETCH" else None,
        )

    def _prepared(self, words: list[str]) -> PreparedStatement:
        inner = " ".join(words[3:])
        return PreparedStatement(inner, self._statement(inner))

    def operation(
        self,
        statement: Statement,
        *,
        id: str,
        session: str,
        state: SessionState,
        parameters: Sequence[Parameter] = (),
        in_transaction: bool = False,
    ) -> Operation:
        return Operation(
            id=id,
            session=session,
            kind=statement.kind,
            verb=statement.verb,
            text=statement.text,
            accesses=statement.accesses,
            parameters=tuple(parameters),
            in_transaction=in_transaction,
            is_pure_read=statement.is_pure_read,
            context=(("role", state.role), ("search_path", ",".join(state.search_path))),
        )

    def describe(self, fields: Sequence[Field], statement: Statement, state: SessionState) -> tuple[Column, ...]:
        return tuple(self._column(field, statement) for field in fields)

    def _column(self, field: Field, statement: Statement) -> Column:
        if not field.table:
            return Column(field.name, None)
        return Column(field.name, frozenset({EMAIL}) if field.table == 1 else frozenset())

    async def schema_changed(self) -> None:
        self.refreshed += 1


@dataclass
class FakeRevision:
    policy: FakePolicy
    mask_rules: tuple[MaskRule, ...] = ()
    digest: str = "one"


class World:
    """What the relay reaches through its gateway."""

    def __init__(self) -> None:
        self.policy = FakePolicy()
        self.revision = FakeRevision(self.policy, (MaskRule("pii", columns=("customers.email",)),))
        self.log = FakeLog()
        self.approvals = FakeApprovals()
        self.analyst = FakeAnalyst()
        self.recorder = FakeRecorder()
        self.is_draining = False
        self.room = SimpleNamespace(is_full=False)
        self.pipeline = Pipeline(self)  # type: ignore[arg-type]  # a Gateway as far as it is used
        target = Target("shop", "postgres", "upstream:5432", "shop")
        self.session = Session(
            id="s-1",
            identity=Identity("bot", "agent"),
            target=target,
            database="shop",
            client="test",
            opened=NOW,
            recorder=self.recorder,  # type: ignore[arg-type]  # a Recorder as far as it is used
            adapter=SimpleNamespace(terminate=lambda reason: None),
            revision=self.revision,  # type: ignore[arg-type]  # a Revision as far as it is used
            mask_key=b"k" * 32,
        )

    def now(self) -> datetime:
        return NOW

    def announce(self, session: object) -> None:
        pass

    def ended(self, session: Session, operation: str) -> None:
        session.open_operations.pop(operation, None)

    def settle(self, review: FakeReview, outcome: Outcome) -> None:
        self.approvals.outcomes.append(outcome)
