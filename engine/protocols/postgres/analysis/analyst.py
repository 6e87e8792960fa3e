"""SQL text to analysed statements: the one that adapters ask.

An answer is remembered by the exact text, or where no literal matters by its normalised text, together with what it
rests on of the session (path, role, parse settings) for as long as the catalog stays as it is.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from engine.errors import UpstreamError
from engine.model import Access, Column, ColumnRef, Effect, Operation, Parameter, Resource
from engine.protocols.postgres.analysis.answers import Field, describe
from engine.protocols.postgres.analysis.counting import UNTOLD
from engine.protocols.postgres.analysis.findings import Findings
from engine.protocols.postgres.analysis.names import descendants
from engine.protocols.postgres.analysis.reader import World
from engine.protocols.postgres.analysis.session import SessionCatalogs
from engine.protocols.postgres.analysis.statements import read_all
from engine.protocols.postgres.catalog.snapshot import NOTHING, Snapshot
from engine.protocols.postgres.catalog.source import CatalogSource, connector
from engine.protocols.postgres.effects.functions import Trusted
from engine.protocols.postgres.effects.table import VISITORS
from engine.protocols.postgres.estimating import Estimator
from engine.protocols.postgres.lineage.tracing import origin
from engine.protocols.postgres.parsing import (
    GRAMMAR_VERSION,
    ParsedStatement,
    Unreadable,
    grammar,
    has_foreign_identifier,
    is_long,
    normalize,
    parse,
)
from engine.protocols.postgres.statement import SessionState, Statement

if TYPE_CHECKING:
    from engine.model import Target
    from engine.secrets.resolve import Login
    from engine.tls import ClientTLS

Answer = tuple[Statement, ...]

# Encodings in which a byte of a character may look like a quote or a backslash, and those nobody has heard of.
_SAFE_ENCODINGS = frozenset({"UTF8", "UTF-8", "UNICODE", "SQL_ASCII"})
_SAFE_PREFIXES = ("LATIN", "ISO_8859_", "WIN", "KOI8", "EUC_")

_MOST_ANSWERS = 4096
_MOST_BEHIND = 20_000
_LONGEST_REMEMBERED = 16_384


class Analyst:
    """Analyses the statements of all sessions on one database of one target."""

    def __init__(
        self,
        source: CatalogSource,
        trusted: Iterable[str] = (),
        *,
        estimator: Estimator | None = None,
        capacity: int = _MOST_ANSWERS,
    ) -> None:
        self._source = source
        self._estimator = estimator
        self._sessions = SessionCatalogs(source)
        self._trusted = Trusted(trusted)
        self._capacity = capacity
        self._answers: OrderedDict[tuple[Any, ...], Answer] = OrderedDict()
        self._behind: dict[tuple[Any, ...], Findings | None] = {}
        self._version = 0

    @classmethod
    async def open(cls, target: Target, database: str, login: Login, tls: ClientTLS | None = None) -> Analyst:
        """An analyst with its own connection to the target. Raises UpstreamError where the catalog cannot be read."""
        connect = connector(target.address, database, login, tls)
        analyst = cls(CatalogSource(connect), target.trusted, estimator=Estimator(connect))
        await analyst._source.fresh()
        return analyst

    async def close(self) -> None:
        """Hang up."""
        await self._source.close()

    async def schema_changed(self) -> None:
        """A session changed the schema: look before the next answer."""
        self._source.outdate()

    def known(self, text: str, state: SessionState) -> Answer | None:
        """The answer if it is remembered and may still be relied on; never waits."""
        snapshot = self._source.current
        if snapshot is None or snapshot.version != self._version or state.has_uncommitted_schema:
            return None
        key = _key(text, state)
        answers = self._answers
        if (answer := answers.get(key)) is not None:
            answers.move_to_end(key)
            return answer
        if len(text) > _LONGEST_REMEMBERED or (normalised := self.normalised(text, state)) is None:
            return None
        key = _key(normalised, state, is_normalised=True)
        if (answer := answers.get(key)) is None:
            return None
        answers.move_to_end(key)
        return tuple(replace(statement, text=text) for statement in answer)

    def normalised(self, text: str, state: SessionState) -> str | None:
        """The text with its literals replaced by placeholders; None where that cannot be had, or where the server may
        see other literals than the parser does."""
        return None if _unreadable(text, state) else normalize(text)

    def moment(self, state: SessionState) -> tuple[int, int] | None:
        """What an answer given now rests on; None where that has to be looked at first."""
        snapshot = self._source.current
        return None if snapshot is None or state.has_uncommitted_schema else (snapshot.version, state.version)

    async def analyse(self, text: str, state: SessionState) -> Answer:
        """The statements of a text, in order. Never raises for bad SQL.

        A syntax error is one statement with the verb SYNTAX ERROR and no accesses: the server answers it natively.
        """
        if (answer := self.known(text, state)) is not None:
            return answer
        parsed = _unreadable(text, state) or _known_to(state, await _parse(text))
        if isinstance(parsed, Unreadable):
            return _refused(text, parsed, state)
        try:
            catalog, path = await self._catalog(state)
        except (UpstreamError, LookupError) as error:
            return self._read(parsed, NOTHING, state, state.search_path, why=f"the catalog cannot be read ({error})")[0]
        if catalog.surroundings.encoding != "UTF8" and has_foreign_identifier(text):
            why = f"the server's encoding {catalog.surroundings.encoding} may fold the case of this name"
            return _refused(text, Unreadable(why), state)
        statements, findings = self._read(parsed, catalog, state, path)
        if any(found.unknown for found in findings):
            try:
                catalog, path = await self._look_again(state, catalog)
            except (UpstreamError, LookupError):
                return statements
            statements, findings = self._read(parsed, catalog, state, path)
        self._remember(text, state, statements, catalog, findings)
        return statements

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
        """The operation that a statement of a session is."""
        return Operation(
            id=id,
            session=session,
            kind=statement.kind,
            verb=statement.verb,
            text=statement.text,
            accesses=statement.accesses or (Access(Effect.HOUSEKEEPING, Resource("statement", "")),),
            parameters=tuple(parameters),
            context=(
                ("database", state.database),
                ("role", state.role),
                ("search_path", ", ".join(state.search_path)),
            ),
            has_where=statement.has_where,
            is_pure_read=statement.is_pure_read,
            columns=statement.columns,
            inferences=statement.inferences,
            copies=statement.copies,
            in_transaction=in_transaction,
            why_opaque=statement.why_opaque,
            uncounted=statement.uncounted,
        )

    async def estimate(self, operation: Operation, state: SessionState) -> int | None:
        """How many rows it would touch, as the planner guesses; None where it cannot be asked."""
        return None if self._estimator is None else await self._estimator.rows(operation, state)

    def describe(
        self, fields: Sequence[Field], statement: Statement, state: SessionState | None = None
    ) -> tuple[Column, ...]:
        """Where the columns of an announced answer come from."""
        return describe(fields, statement.columns, self._catalog_now(state))

    def origin(self, table_oid: int, number: int, state: SessionState | None = None) -> frozenset[ColumnRef] | None:
        """The stored columns behind a RowDescription's origin; None where they cannot be told."""
        catalog = self._catalog_now(state)
        return None if catalog is None else origin(table_oid, number, catalog)

    # ── inside ──

    def _catalog_now(self, state: SessionState | None) -> Snapshot | None:
        """The catalog the last statement of a session was read against."""
        if state is not None and state.own_catalog is not None and state.has_uncommitted_schema:
            own = state.own_catalog.catalog
            return own if isinstance(own, Snapshot) else None
        return self._source.latest

    async def _catalog(self, state: SessionState) -> tuple[Snapshot, tuple[str, ...]]:
        if state.has_uncommitted_schema:
            return await self._sessions.own(state)
        return await self._sessions.shared(state)

    async def _look_again(self, state: SessionState, catalog: Snapshot) -> tuple[Snapshot, tuple[str, ...]]:
        """A catalog that may have the names the last one lacked: committed since, or the session's own."""
        self._source.outdate()
        if not state.has_uncommitted_schema:
            newer, path = await self._sessions.shared(state)
            if (newer.version != catalog.version and not newer.has_unreadable) or state.probe is None:
                return newer, path
        return await self._sessions.own(state)

    def _read(
        self,
        parsed: Sequence[ParsedStatement],
        catalog: Snapshot,
        state: SessionState,
        path: tuple[str, ...],
        why: str | None = None,
    ) -> tuple[Answer, list[Findings]]:
        is_shared = catalog is self._source.current
        if is_shared and catalog.version != self._version:
            self._answers.clear()
            self._behind = {}
            self._version = catalog.version
        elif len(self._behind) > _MOST_BEHIND:
            self._behind = {}
        world = World(catalog, state, path, self._trusted, VISITORS, self._behind if is_shared else {})
        pairs = list(read_all(parsed, world))
        statements = tuple(
            statement if why is None or statement.why_opaque is None else replace(statement, why_opaque=why)
            for statement, _ in pairs
        )
        return statements, [findings for _, findings in pairs]

    def _remember(
        self,
        text: str,
        state: SessionState,
        statements: Answer,
        catalog: Snapshot,
        findings: Iterable[Findings],
    ) -> None:
        if catalog is not self._source.current or len(text) > _LONGEST_REMEMBERED:
            return
        if any(found.unknown for found in findings) or any(_is_own(statement) for statement in statements):
            return
        key = _key(text, state)
        if len(statements) == 1 and not statements[0].reads_literals:
            normalised = self.normalised(text, state)
            if normalised is not None and normalised != text:
                key = _key(normalised, state, is_normalised=True)
        self._answers[key] = statements
        while len(self._answers) > self._capacity:
            self._answers.popitem(last=False)


def _key(text: str, state: SessionState, *, is_normalised: bool = False) -> tuple[Any, ...]:
    return (
        text,
        is_normalised,
        state.role,
        state.search_path,
        state.standard_conforming_strings,
        state.client_encoding,
        state.settings_may_revert,
    )


def _is_own(statement: Statement) -> bool:
    """Whether the answer rests on what only this session has: its prepared statements and cursors."""
    return statement.executes is not None or statement.verb in ("FETCH", "MOVE", "EXPLAIN")


async def _parse(text: str) -> tuple[ParsedStatement, ...] | Unreadable:
    return await asyncio.to_thread(parse, text) if is_long(text) else parse(text)


_NEWER = {
    "JsonArrayConstructor": 16, "JsonArrayAgg": 16, "JsonObjectConstructor": 16, "JsonObjectAgg": 16,
    "JsonArrayQueryConstructor": 16, "JsonIsPredicate": 16, "JsonFuncExpr": 17, "JsonParseExpr": 17,
    "JsonScalarExpr": 17, "JsonSerializeExpr": 17, "JsonTable": 17, "MergeSupportFunc": 17,
}  # fmt: skip
"""Which version of the grammar made keywords of what is a column's or function's name to older ones."""


def _known_to(
    state: SessionState, parsed: tuple[ParsedStatement, ...] | Unreadable
) -> tuple[ParsedStatement, ...] | Unreadable:
    """The statements, unless an older server reads names where this grammar reads keywords."""
    version = state.server_version // 10_000
    if isinstance(parsed, Unreadable) or version >= GRAMMAR_VERSION:
        return parsed
    for part in parsed:
        for message in descendants(part.node):
            since = _NEWER.get(message.DESCRIPTOR.name, 16 if _is_system_user(message) else 0)
            if since > version:
                return Unreadable(f"PostgreSQL {version} reads names where PostgreSQL {since} has keywords")
    return parsed


def _is_system_user(message: Any) -> bool:
    """Whether it is SYSTEM_USER, which the grammar writes as a call."""
    is_written_so = message.DESCRIPTOR.name == "FuncCall" and message.funcformat == grammar.COERCE_SQL_SYNTAX
    return bool(is_written_so and message.funcname[-1].string.sval == "system_user")


def _unreadable(text: str, state: SessionState) -> Unreadable | None:
    """Why the server may read this text otherwise than the parser does."""
    if not state.standard_conforming_strings and "\\" in text:
        return Unreadable("with standard_conforming_strings off a backslash may hide where a string ends")
    encoding = state.client_encoding.upper()
    if not text.isascii() and encoding not in _SAFE_ENCODINGS and not encoding.startswith(_SAFE_PREFIXES):
        return Unreadable(f"in client encoding {encoding} a character may hide where a string ends")
    return None


def _refused(text: str, problem: Unreadable, state: SessionState) -> Answer:
    is_native = problem.is_syntax_error and state.server_version // 10_000 == GRAMMAR_VERSION
    if is_native:
        return (Statement(text, "SYNTAX ERROR", inferences=frozenset(), copies=frozenset()),)
    why = problem.why
    if problem.is_syntax_error:
        why = f"PostgreSQL {GRAMMAR_VERSION}'s grammar does not have it, the target's may"
    opaque = Findings()
    opaque.opaque(why)
    return (
        Statement(
            text,
            "UNKNOWN",
            accesses=opaque.accesses(),
            inferences=None,
            copies=None,
            changes_schema=True,
            changes_settings=True,
            why_opaque=why,
            uncounted=UNTOLD,
        ),
    )
