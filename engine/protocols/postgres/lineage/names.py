"""The name of an output column that was given none: PostgreSQL's FigureColname (parse_target.c)."""

from __future__ import annotations

from typing import Any

from engine.protocols.postgres.parsing import grammar

_NAMELESS = "?column?"
_STAR = "*"  # the first column of a `*`: no expression is named so unless it is quoted, and that is refused likewise

_FIXED = {
    "grouping_func": "grouping",
    "merge_support_func": "merge_action",
    "a_array_expr": "array",
    "row_expr": "row",
    "coalesce_expr": "coalesce",
    "xml_serialize": "xmlserialize",
    "json_parse_expr": "json",
    "json_scalar_expr": "json_scalar",
    "json_serialize_expr": "json_serialize",
    "json_object_constructor": "json_object",
    "json_array_constructor": "json_array",
    "json_array_query_constructor": "json_array",
    "json_object_agg": "json_objectagg",
    "json_array_agg": "json_arrayagg",
}

_JSON_FUNCTIONS = {
    grammar.JSON_EXISTS_OP: "json_exists",
    grammar.JSON_QUERY_OP: "json_query",
    grammar.JSON_VALUE_OP: "json_value",
}

_SUBLINKS = {grammar.EXISTS_SUBLINK: "exists", grammar.ARRAY_SUBLINK: "array"}


def figure_name(node: Any) -> str | None:
    """The name the server gives an expression in a SELECT list; None where that takes more than its text."""
    name = _figure(node)[0]
    return None if name == _STAR else name or _NAMELESS


def _figure(node: Any) -> tuple[str, int]:
    """The name and how strongly it is meant: 2 for a real name, 1 for a guess a type cast may override."""
    kind = node.WhichOneof("node")
    if kind is None:
        return "", 0
    if kind in _FIXED:
        return _FIXED[kind], 2
    inner = getattr(node, kind)
    match kind:
        case "column_ref":
            return _last_name(inner.fields), 2
        case "func_call":
            return inner.funcname[-1].string.sval, 2
        case "a_indirection":
            name = _last_name(inner.indirection)
            return (name, 2) if name else _figure(inner.arg)
        case "a_expr":
            return ("nullif", 2) if inner.kind == grammar.AEXPR_NULLIF else ("", 0)
        case "collate_clause":
            return _figure(inner.arg)
        case "type_cast":
            name, strength = _figure(inner.arg)
            return (name, strength) if strength > 1 else (inner.type_name.names[-1].string.sval, 1)
        case "case_expr":
            name, strength = _figure(inner.defresult)
            return (name, strength) if strength > 1 else ("case", 1)
        case "sub_link":
            return _figure_sublink(inner)
        case "min_max_expr":
            return ("greatest" if inner.op == grammar.IS_GREATEST else "least"), 2
        case "sqlvalue_function":
            return _sql_value(grammar.SQLValueFunctionOp.Name(inner.op)), 2
        case "xml_expr":
            name = grammar.XmlExprOp.Name(inner.op).removeprefix("IS_").lower()
            return (name, 2) if name.startswith("xml") else ("", 0)
        case "json_func_expr":
            return _JSON_FUNCTIONS.get(inner.op, ""), 2
        case _:
            return "", 0


def _last_name(fields: Any) -> str:
    names = [field.string.sval for field in fields if field.WhichOneof("node") == "string"]
    return names[-1] if names else ""


def _sql_value(operation: str) -> str:
    return operation.removeprefix("SVFOP_").removesuffix("_N").lower()


def _figure_sublink(link: Any) -> tuple[str, int]:
    if link.sub_link_type in _SUBLINKS:
        return _SUBLINKS[link.sub_link_type], 2
    if link.sub_link_type != grammar.EXPR_SUBLINK:
        return "", 0
    return _first_name(link.subselect.select_stmt), 2


def is_star(node: Any) -> bool:
    """Whether a target is `*`, `t.*` or `(row).*`."""
    kind = node.WhichOneof("node")
    if kind == "column_ref":
        return bool(node.column_ref.fields[-1].WhichOneof("node") == "a_star")
    return kind == "a_indirection" and bool(node.a_indirection.indirection[-1].WhichOneof("node") == "a_star")


def _first_name(select: Any) -> str:
    while select.op != grammar.SETOP_NONE:
        select = select.larg
    if select.values_lists:
        return "column1"
    if not select.target_list:
        return ""
    target = select.target_list[0].res_target
    if target.name:
        return str(target.name)
    return _STAR if is_star(target.val) else _figure(target.val)[0] or _NAMELESS
