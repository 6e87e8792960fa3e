"""How many rows a statement would touch, as the server's planner guesses: EXPLAIN plans it and runs nothing of it.

Planning may call functions all the same, to fold constants and to guess how many rows a condition leaves. So a
statement is planned only where everything behind it is known (built in, followed through its body, or trusted) and
only touches rows, and where nothing that belongs to its tables calls a function of users' making: the planner folds the
expressions of indexes, partitions, constraints and statistics, and reading a literal runs the checks of domains in it.
It is planned on a connection of its own, in a transaction that may only read, for a moment.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final

import asyncpg
import msgspec

from engine.model import Effect

if TYPE_CHECKING:
    from engine.model import Operation
    from engine.protocols.postgres.catalog.source import Connect
    from engine.protocols.postgres.statement import SessionState

_PATIENCE: Final = 1.5  # seconds for all of it, the connection included
_AT_ONCE: Final = 2  # connections to a target
_LONGEST: Final = 64 * 1024  # characters of a text and its parameters
_VERBS: Final = frozenset({"SELECT", "INSERT", "UPDATE", "DELETE", "MERGE"})
_EFFECTS: Final = frozenset({Effect.READ, Effect.WRITE, Effect.DELETE, Effect.HOUSEKEEPING})
_MOST: Final = 2**63 - 1
_SETTINGS: Final = """
select pg_catalog.set_config(name, value, true) from (values
  ('role', $1), ('search_path', $2), ('statement_timeout', '1s'), ('lock_timeout', '200ms'),
  ('plan_cache_mode', 'force_custom_plan'), ('standard_conforming_strings', 'on')) settings(name, value)
"""
# A table has all its ancestors and descendants with it. Functions in C and internal ones are made by superusers only;
# what is built in has no entry in pg_depend.
_UNSEEN: Final = """
with recursive touched(oid) as (
  select c.oid from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
  where pg_catalog.replace(n.nspname || '.' || c.relname, '"', '') = any ($1::text[])
  union select x.oid from touched t join pg_catalog.pg_inherits i on t.oid in (i.inhparent, i.inhrelid),
    lateral (values (i.inhparent), (i.inhrelid)) x(oid)
),
types(oid) as (
  select a.atttypid from touched t join pg_catalog.pg_attribute a on a.attrelid = t.oid and a.attnum > 0
  union select x.oid from types join pg_catalog.pg_type t on t.oid = types.oid, lateral (
    values (t.typelem), (t.typbasetype)
    union all select r.rngsubtype from pg_catalog.pg_range r where t.oid in (r.rngtypid, r.rngmultitypid)
    union all select a.atttypid from pg_catalog.pg_attribute a where a.attrelid = t.typrelid and a.attnum > 0
  ) x(oid) where x.oid <> 0
),
behind(class, oid) as (
  select 'pg_catalog.pg_class'::regclass, oid from touched
  union all select 'pg_catalog.pg_class'::regclass, i.indexrelid
    from pg_catalog.pg_index i join touched on touched.oid = i.indrelid
  union all select 'pg_catalog.pg_statistic_ext'::regclass, s.oid
    from pg_catalog.pg_statistic_ext s join touched on touched.oid = s.stxrelid
  union all select 'pg_catalog.pg_constraint'::regclass, k.oid
    from pg_catalog.pg_constraint k join touched on touched.oid = k.conrelid
  union all select 'pg_catalog.pg_constraint'::regclass, k.oid
    from pg_catalog.pg_constraint k join types on types.oid = k.contypid
)
select exists (
  select from behind b join pg_catalog.pg_depend d on d.classid = b.class and d.objid = b.oid
  left join pg_catalog.pg_operator o on d.refclassid = 'pg_catalog.pg_operator'::regclass and o.oid = d.refobjid
  join pg_catalog.pg_proc p on p.oid = case d.refclassid
    when 'pg_catalog.pg_proc'::regclass then d.refobjid else o.oprcode end
  join pg_catalog.pg_language l on l.oid = p.prolang where l.lanname not in ('internal', 'c')
)
"""
_FAULTS: Final = (
    asyncpg.PostgresError, asyncpg.InterfaceError, OSError, TimeoutError, ValueError, KeyError, TypeError,
    AttributeError, RecursionError, msgspec.MsgspecError,
)  # fmt: skip


class Estimator:
    """Asks one database of one target; no answer is None, never an error: it only informs."""

    def __init__(self, connect: Connect) -> None:
        self._connect = connect
        self._turns = asyncio.Semaphore(_AT_ONCE)

    async def rows(self, operation: Operation, state: SessionState) -> int | None:
        """How many rows the statement would change, or return where it changes none."""
        if state.has_uncommitted_schema or not is_plannable(operation):
            return None
        try:
            async with asyncio.timeout(_PATIENCE), self._turns:
                connection = await self._connect()
                try:
                    plan = await _plan(connection, operation, state)
                    await connection.close()
                finally:
                    connection.terminate()
            return min(round(touched(plan)), _MOST)
        except _FAULTS:
            return None


def is_plannable(operation: Operation) -> bool:
    """Whether planning it can do nothing that is not known."""
    size = len(operation.text) + sum(len(parameter.value or "") for parameter in operation.parameters)
    is_known = operation.why_opaque is None and _EFFECTS.issuperset(operation.effects)
    return is_known and operation.kind == "statement" and operation.verb in _VERBS and size <= _LONGEST


def touched(plan: Mapping[str, Any]) -> float:
    """The rows of a plan, as EXPLAIN's JSON has it: those that go into its changes, else those that come out of it."""
    changes = [node for node in _nodes(plan) if node["Node Type"] == "ModifyTable"]
    if not changes:
        return float(plan["Plan Rows"])
    return float(
        sum(
            child["Plan Rows"]
            for node in changes
            for child in node.get("Plans", ())
            if child.get("Parent Relationship") in ("Outer", "Member")  # Member: up to PostgreSQL 13
        )
    )


def _nodes(plan: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    yield plan
    for child in plan.get("Plans", ()):
        yield from _nodes(child)


async def _plan(connection: Any, operation: Operation, state: SessionState) -> Mapping[str, Any]:
    """One statement a query throughout: the extended protocol takes no more. ValueError: it must not be planned."""
    tables = [each.resource.name.replace('"', "") for each in operation.accesses if each.resource.kind == "table"]
    async with connection.transaction(readonly=True):
        if await connection.fetchval(_UNSEEN, tables):
            raise ValueError("planning it may call what nobody looked at")
        await connection.fetch(_SETTINGS, state.role, ", ".join(map(_name, state.search_path)))
        asked = operation.text
        if operation.parameters:
            await connection.fetch(f"prepare hoopterm_estimate as {asked}")
            asked = f"execute hoopterm_estimate({', '.join(_literal(each.value) for each in operation.parameters)})"
        told = await connection.fetchval(f"explain (format json) {asked}")
    [plan] = msgspec.json.decode(told, type=list[dict[str, Any]])
    found: dict[str, Any] = plan["Plan"]
    return found


def _name(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _literal(value: str | None) -> str:
    return "null" if value is None else "'" + value.replace("'", "''") + "'"
