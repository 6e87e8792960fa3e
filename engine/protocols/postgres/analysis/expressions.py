"""What the nodes inside statements mean: names in FROM, columns, calls, operators, types."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from engine.protocols.postgres.analysis import calls
from engine.protocols.postgres.analysis.columns import Use, name_of
from engine.protocols.postgres.analysis.names import children, dotted, literal, split_name, strings
from engine.protocols.postgres.analysis.reader import Reader, Scope, Todo, Visitor
from engine.protocols.postgres.effects.builtins import EFFECTFUL
from engine.protocols.postgres.parsing import grammar

_KEYWORD_OPERATORS = {
    "BETWEEN": (">=", "<="),
    "NOT BETWEEN": ("<", ">"),
    "BETWEEN SYMMETRIC": (">=", "<="),
    "NOT BETWEEN SYMMETRIC": ("<", ">"),
}
_MOST_JOINED = 20_000
_MOST_TABLE_EXPRESSIONS = 1000
_SERIAL = frozenset({"serial", "serial2", "serial4", "serial8", "bigserial", "smallserial"})


def visit_range_var(reader: Reader, node: Any, scope: Scope) -> Todo:
    """A name in FROM, unless it is that of a common table expression."""
    if not scope.is_query:
        return []
    alias = node.alias.aliasname or node.relname
    if not node.schemaname and node.relname in scope.tables:
        reader.references.derived.add(alias)
    elif (relation := reader.resolve(node)) is not None:
        reader.references.uses.append(Use(relation, alias, is_renamed=bool(node.alias.colnames), is_only=not node.inh))
    return []


def visit_derived(reader: Reader, node: Any, scope: Scope) -> None:
    """A subquery, function or table expression in FROM: its columns are not a table's."""
    if node.alias.aliasname:
        reader.references.derived.add(node.alias.aliasname)


def visit_join(reader: Reader, node: Any, scope: Scope) -> None:
    """A join reads the columns it joins by, and its alias stands for both sides."""
    references = reader.references
    inside: set[str] = set()
    if node.alias.aliasname or node.is_natural:
        inside = _joined(reader, node)
    if node.alias.aliasname:
        references.joins.setdefault(node.alias.aliasname, set()).update(inside)
    if node.join_using_alias.aliasname:
        references.derived.add(node.join_using_alias.aliasname)
    if node.is_natural or node.alias.colnames:  # which columns those are hangs on the order of all
        references.whole |= inside
    references.names.update((name,) for name in strings(node.using_clause))
    if node.is_natural or node.using_clause:
        calls.operators(reader, ("=",))


def _joined(reader: Reader, node: Any) -> set[str]:
    """The names inside a join. A chain of joins holds all the joins before it: of very long ones nothing is asked."""
    if reader.joins_followed > _MOST_JOINED:
        reader.references.is_unclear = True
        return set()
    inside = qualifiers([node.larg, node.rarg])
    reader.joins_followed += len(inside)
    return set(inside)


def qualifiers(nodes: Any) -> list[str]:
    """The names under which the tables directly in a FROM clause go."""
    found: list[str] = []
    waiting = list(nodes)
    while waiting:
        node = waiting.pop()
        match node.WhichOneof("node"):
            case "range_var":
                found.append(node.range_var.alias.aliasname or node.range_var.relname)
            case "join_expr":
                waiting += (node.join_expr.larg, node.join_expr.rarg)
            case "range_table_sample":
                waiting.append(node.range_table_sample.relation)
    return found


def visit_column(reader: Reader, node: Any, scope: Scope) -> Todo:
    """A column, a whole row, or a function of a row: `c.f` may call f(c)."""
    parts = name_of(node)
    if parts and parts != ("*",):  # a bare star concerns its own SELECT only, which notes it
        reader.references.names.add(parts)
    if len(parts) > 1:
        _attribute(reader, parts[-1])
    return []


def visit_indirection(reader: Reader, node: Any, scope: Scope) -> None:
    """`(expression).name`: a field, or a function of the row."""
    for name in strings(node.indirection):
        _attribute(reader, name)


def _attribute(reader: Reader, name: str) -> None:
    catalog = reader.world.catalog
    if name in catalog.user_function_names or name in EFFECTFUL:
        for function in catalog.functions(None, name, reader.path):
            if function.takes_row and len(function.argument_types) - function.defaults <= 1:
                calls.run(reader, function)


def visit_call(reader: Reader, node: Any, scope: Scope) -> None:
    """A function; or a cast, or a column of a row, spelt like one."""
    schema, name = split_name(strings(node.funcname))
    if name == "set_config" and scope.setting is not None and _sets_by_name(reader, schema, node):
        calls.configure(reader, scope.setting, literal(node.args[1]))
        reader.findings.reads_literals = True
        return
    if calls.call(reader, schema, name, node):
        return
    catalog = reader.world.catalog
    if len(node.args) == 1 and catalog.knows_type(name):
        calls.cast(reader, name)
    elif len(node.args) == 1 and schema is None and node.args[0].WhichOneof("node") == "column_ref":
        reader.projections.append((name, name_of(node.args[0].column_ref)[-1:]))
        reader.references.names.add((name,))
    else:
        reader.unknown_function(dotted(schema, name))


def visit_expression(reader: Reader, node: Any, scope: Scope) -> None:
    """An operator."""
    if reader.world.catalog.user_operator_names and node.name:
        schema, name = calls.operator_name(node.name)
        calls.operators(reader, _KEYWORD_OPERATORS.get(name, (name,)), schema)


def visit_sublink(reader: Reader, node: Any, scope: Scope) -> None:
    """`IN (SELECT …)` and `ANY (SELECT …)` compare."""
    if reader.world.catalog.user_operator_names:
        schema, name = calls.operator_name(node.oper_name) if node.oper_name else (None, "=")
        calls.operators(reader, (name,), schema)


def visit_case(reader: Reader, node: Any, scope: Scope) -> None:
    """`CASE x WHEN y` compares."""
    if node.HasField("arg"):
        calls.operators(reader, ("=",))


def visit_sort(reader: Reader, node: Any, scope: Scope) -> None:
    """`ORDER BY x USING <`."""
    if node.use_op:
        schema, name = calls.operator_name(node.use_op)
        calls.operators(reader, (name,), schema)


def visit_cast(reader: Reader, node: Any, scope: Scope) -> None:
    """A literal that names an object of the catalog may matter."""
    _, name = split_name(strings(node.type_name.names))
    if name.startswith("reg") and node.arg.WhichOneof("node") == "a_const":
        reader.findings.reads_literals = True


def visit_type(reader: Reader, node: Any, scope: Scope) -> None:
    """A type: values of it are made."""
    catalog = reader.world.catalog
    schema, name = split_name(strings(node.names))
    if name in catalog.user_type_names:
        reader.findings.names.add(name)
        calls.cast(reader, name)
    elif scope.is_query and not node.pct_type and name not in _SERIAL and not catalog.knows_type(name):
        reader.findings.unknown.add(dotted(schema, name))
        reader.findings.opaque(f"type {dotted(schema, name)} is not known in the catalog", "type", dotted(schema, name))


def visit_select(reader: Reader, node: Any, scope: Scope) -> Todo:
    """A query: what it reads is noted at the names inside it."""
    scope, todo = with_tables(reader, node.with_clause, scope)
    references = reader.references
    outputs = [target.res_target.val for target in node.target_list]
    if any(_is_bare_star(output) for output in outputs):
        references.whole.update(qualifiers(node.from_clause))
    if node.HasField("into_clause"):
        todo.append((node.into_clause, scope))
    findings = reader.findings
    findings.reads_literals |= not all(map(is_plain, outputs)) or _has_positions(node)
    for lock in node.locking_clause:
        reader.locked.append({name.range_var.relname for name in lock.locking_clause.locked_rels})
    if node.group_clause or node.distinct_clause or node.op != grammar.SETOP_NONE:
        calls.operators(reader, ("=", "<"))
    inner = replace(scope, setting=_only_setting(reader, node))
    for field, value in node.ListFields():
        if field.message_type is not None and field.name not in ("with_clause", "into_clause", "locking_clause"):
            here = inner if field.name == "target_list" else scope
            todo.extend((child, here) for child in (value if field.is_repeated else (value,)))
    return todo


def _only_setting(reader: Reader, node: Any) -> str | None:
    """The setting that `FROM pg_settings WHERE name = '…'` finds: pg_dump sets one this way, if the server has it."""
    if len(node.from_clause) != 1 or node.from_clause[0].range_var.relname != "pg_settings":
        return None
    table, where = node.from_clause[0].range_var, node.where_clause.a_expr
    relation = reader.world.catalog.relation(table.schemaname or None, table.relname, reader.path)
    is_builtin = relation is not None and relation.schema == "pg_catalog" and not table.alias.colnames
    is_equal = strings(where.name) == ("=",) and "=" not in reader.world.catalog.user_operator_names
    is_by_name = where.lexpr.HasField("column_ref") and name_of(where.lexpr.column_ref) == ("name",)
    return literal(where.rexpr) if is_builtin and is_equal and is_by_name else None


def _sets_by_name(reader: Reader, schema: str | None, node: Any) -> bool:
    """Whether it is set_config(name, …) of the row, and the built-in one."""
    is_builtin = schema == "pg_catalog" or (
        schema is None and "set_config" not in reader.world.catalog.user_function_names
    )
    return is_builtin and len(node.args) == 3 and name_of(node.args[0].column_ref) == ("name",)


def with_tables(reader: Reader, clause: Any, scope: Scope) -> tuple[Scope, Todo]:
    """The scope after a WITH clause, and its queries to walk, each in the scope it sees.

    Without RECURSIVE a query does not see its own name: `WITH t AS (SELECT * FROM t)` reads the table t.
    """
    calls.convert_anywhere(reader)
    todo: Todo = []
    tables = scope.tables
    ctes = [node.common_table_expr for node in clause.ctes]
    if len(ctes) > _MOST_TABLE_EXPRESSIONS:
        reader.findings.opaque("it has more common table expressions than can be followed")
        return Scope(tables, True), todo
    if clause.recursive:
        tables |= {cte.ctename for cte in ctes}
    for cte in ctes:
        todo.append((cte.ctequery, Scope(tables, True)))
        tables |= {cte.ctename}
        reader.references.derived.add(cte.ctename)
    return Scope(tables, True), todo


def is_plain(node: Any) -> bool:
    """Whether an output's type and lineage hang on no literal: a column, a parameter, a call of such."""
    waiting = [node]
    while waiting:
        message = waiting.pop()
        name = message.DESCRIPTOR.name
        if name == "A_Const":
            return False
        if name != "SelectStmt":  # which is looked at by itself
            waiting.extend(children(message))
    return True


def _is_bare_star(node: Any) -> bool:
    return node.WhichOneof("node") == "column_ref" and name_of(node.column_ref) == ("*",)


def _has_positions(node: Any) -> bool:
    """Whether ORDER BY, GROUP BY or DISTINCT ON hold literals: they may name outputs by number."""
    return not all(map(is_plain, (*node.sort_clause, *node.group_clause, *node.distinct_clause)))


VISITORS: dict[str, Visitor] = {
    "RangeVar": visit_range_var,
    "RangeSubselect": visit_derived,
    "RangeFunction": visit_derived,
    "RangeTableFunc": visit_derived,
    "JsonTable": visit_derived,
    "JoinExpr": visit_join,
    "ColumnRef": visit_column,
    "A_Indirection": visit_indirection,
    "FuncCall": visit_call,
    "A_Expr": visit_expression,
    "SubLink": visit_sublink,
    "CaseExpr": visit_case,
    "SortBy": visit_sort,
    "TypeCast": visit_cast,
    "TypeName": visit_type,
    "SelectStmt": visit_select,
}
"""By message name."""
