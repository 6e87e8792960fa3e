"""WITH queries, recursive ones as the least fixpoint of what flows round."""

from __future__ import annotations

from typing import Any

from engine.protocols.postgres.lineage.expressions import kind_of
from engine.protocols.postgres.lineage.scope import Item, Scope
from engine.protocols.postgres.lineage.values import NOTHING, Output, Outputs, Value, combined, renamed
from engine.protocols.postgres.parsing import grammar

_ROUNDS = 100
"""Each round of a recursive query carries sources at least one column on; no sane one needs as many."""


def add_with_tables(clause: Any, scope: Scope) -> None:
    """Put the queries of a WITH clause in sight, and trace each: those nobody reads count too."""
    tables = [CommonTable(node.common_table_expr, scope, clause.recursive) for node in clause.ctes]
    if clause.recursive:
        # they may name each other in any order, so they are traced when first named
        scope.tables.update((table.name, table) for table in tables)
    for table in tables:
        table.trace()
        scope.tables[table.name] = table


class CommonTable:
    """One query of a WITH clause."""

    def __init__(self, node: Any, scope: Scope, is_recursive: bool) -> None:
        self.name: str = node.ctename
        self._node = node
        self._scope = scope
        self._is_recursive = is_recursive
        self._outputs: Outputs = None
        self._is_traced = False
        self._is_tracing = False

    def trace(self) -> None:
        """Find its columns, once."""
        if self._is_traced or self._is_tracing:
            return
        self._is_tracing = True
        query = self._node.ctequery
        if self._is_recursive and _is_union(query):
            self._fix(query.select_stmt)
        else:
            self._outputs = self._named(self._query(query))
        self._is_tracing = False
        self._is_traced = True

    def _query(self, query: Any) -> Outputs:
        # only what is named before it (or, recursively, beside it) is in sight, and that is what its level has now
        return self._scope.context.trace_query(query, self._scope.inner())

    def _fix(self, query: Any) -> None:
        first = self._scope.inner()
        add_with_tables(query.with_clause, first)
        self._outputs = self._named(self._scope.context.trace_query(query.larg, first.inner()))
        for _ in range(_ROUNDS):
            before = self._outputs
            self._outputs = self._named(self._query(self._node.ctequery))
            if self._outputs == before:  # in every part: the row of a later round may be made of other columns
                return
        self._outputs = None

    def _named(self, outputs: Outputs) -> Outputs:
        if outputs is None:
            return None
        outputs = renamed(outputs, (name.string.sval for name in self._node.aliascolnames))
        if self._node.HasField("cycle_clause"):
            self._scope.infer(_over(self._node.cycle_clause.cycle_col_list, outputs))  # what ends the rounds
        return outputs

    def item(self, scope: Scope, *, is_own_level: bool) -> Item:
        """It as an entry of FROM. The columns of SEARCH and CYCLE are left out of `*` in deeper levels
        (addRangeTableEntryForCTE)."""
        self.trace()
        if self._outputs is None:
            return Item(self.name, None)
        added = self._added(self._outputs)
        if is_own_level:
            return Item(self.name, (*self._outputs, *added))
        return Item(self.name, self._outputs, known=dict(added))

    def _added(self, outputs: tuple[Output, ...]) -> tuple[Output, ...]:
        node, added = self._node, []
        if node.HasField("search_clause"):
            value = _over(node.search_clause.search_col_list, outputs)
            added.append(Output(node.search_clause.search_seq_column, value))
        if node.HasField("cycle_clause"):
            value = _over(node.cycle_clause.cycle_col_list, outputs)
            added.append(Output(node.cycle_clause.cycle_mark_column, Value(value.sources)))
            added.append(Output(node.cycle_clause.cycle_path_column, value))
        return tuple(added)


def _is_union(query: Any) -> bool:
    return kind_of(query) == "select_stmt" and query.select_stmt.op == grammar.SETOP_UNION


def _over(names: Any, outputs: tuple[Output, ...]) -> Value:
    listed = {name.string.sval for name in names}
    value = combined(output.value for output in outputs if output.name in listed)
    return Value(value.sources if listed else NOTHING, "_record")
