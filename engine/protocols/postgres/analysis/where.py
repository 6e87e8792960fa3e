"""Whether a WHERE clause really restricts which rows of a table are changed."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from engine.protocols.postgres.analysis.expressions import qualifiers
from engine.protocols.postgres.analysis.names import children, descendants, strings
from engine.protocols.postgres.parsing import grammar

_SAME_WHEN_EQUAL = frozenset({"=", "<=", ">=", "~~", "~~*", "~", "~*", "@>", "<@", "&&"})
_REFLEXIVE = frozenset({grammar.AEXPR_OP, grammar.AEXPR_NOT_DISTINCT, grammar.AEXPR_LIKE, grammar.AEXPR_ILIKE})


_DEEPEST = 64


def restricts(where: Any, alias: str, columns: Collection[str], depth: int = 0) -> bool:
    """Whether a condition depends on the changed row: `true`, `1 = 1`, `id = id`, `id = 1 OR true` do not.

    `alias` is the name the changed table goes by. This finds what people write to get round a rule about WHERE; it
    cannot find every condition that happens to hold for all rows.
    """
    node, depth = where, depth + 1
    if depth > _DEEPEST:
        return False
    kind = node.WhichOneof("node")
    if kind == "current_of_expr":
        return True
    if kind == "bool_expr":
        arms = node.bool_expr.args
        if node.bool_expr.boolop == grammar.OR_EXPR:
            return all(restricts(arm, alias, columns, depth) for arm in arms)
        if node.bool_expr.boolop == grammar.AND_EXPR:
            return any(restricts(arm, alias, columns, depth) for arm in arms)
        return restricts(arms[0], alias, columns, depth)
    if kind == "type_cast":
        return restricts(node.type_cast.arg, alias, columns, depth)
    if kind == "boolean_test":
        return restricts(node.boolean_test.arg, alias, columns, depth)
    if kind == "a_expr" and _compares_with_itself(node.a_expr):
        return False
    return _mentions(node, alias, columns)


def _compares_with_itself(expression: Any) -> bool:
    left, right = expression.lexpr, expression.rexpr
    if expression.kind in _REFLEXIVE:
        name = strings(expression.name)[-1:]
        is_reflexive = expression.kind == grammar.AEXPR_NOT_DISTINCT or bool(name and name[0] in _SAME_WHEN_EQUAL)
        return is_reflexive and _same(left, right)
    if expression.kind == grammar.AEXPR_IN:
        return any(_same(left, item) for item in right.list.items)
    if expression.kind in (grammar.AEXPR_BETWEEN, grammar.AEXPR_BETWEEN_SYM):
        return all(_same(left, item) for item in right.list.items)
    return False


def _same(left: Any, right: Any) -> bool:
    """Whether two expressions are one, their positions in the text aside."""
    for one, other in zip(descendants(left), descendants(right), strict=False):
        if one.DESCRIPTOR is not other.DESCRIPTOR or _scalars(one) != _scalars(other):
            return False
    return sum(1 for _ in descendants(left)) == sum(1 for _ in descendants(right))


def _scalars(message: Any) -> list[tuple[str, Any]]:
    return [
        (field.name, value)
        for field, value in message.ListFields()
        if field.message_type is None and field.name != "location"
    ]


def _mentions(node: Any, alias: str, columns: Collection[str]) -> bool:
    """Whether a column of the changed row occurs: by any name outside subqueries, by its table's name within them."""
    waiting = [(node, False)]
    while waiting:
        message, is_inner = waiting.pop()
        kind = message.DESCRIPTOR.name
        if kind == "ColumnRef":
            parts = strings(message.fields)
            if (not is_inner and parts and parts[-1] in columns) or alias in parts[:-1] or parts == (alias,):
                return True
        elif kind == "SelectStmt":
            if alias in qualifiers(message.from_clause):
                continue  # the name means another row in there
            is_inner = True
        waiting.extend((child, is_inner) for child in children(message))
    return False
