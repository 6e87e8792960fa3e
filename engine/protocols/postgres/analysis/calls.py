"""What calling functions, operators and casts means, with everything that lies behind them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from engine.model import Effect
from engine.protocols.postgres.analysis.names import dotted, literal, strings
from engine.protocols.postgres.effects.builtins import BuiltinEffect
from engine.protocols.postgres.effects.functions import effect_of, fits, is_harmless_builtin
from engine.protocols.postgres.parsing import Unreadable, parse
from engine.protocols.postgres.settings import is_harmless, is_tracked
from engine.protocols.postgres.statement import Function

if TYPE_CHECKING:
    from engine.protocols.postgres.analysis.reader import Reader


def call(reader: Reader, schema: str | None, name: str, node: Any, *, is_procedure: bool = False) -> bool:
    """Count a FuncCall; False where no function of that name is visible."""
    catalog, findings = reader.world.catalog, reader.findings
    if schema in (None, "pg_catalog") and name not in catalog.user_function_names and is_harmless_builtin(name):
        findings.is_pure &= not catalog.is_builtin_volatile(name)
        return catalog.is_builtin_function(name)
    findings.names.add(name)
    candidates = catalog.functions(schema, name, reader.path)
    arity = len(node.args)
    # a procedure is called with its OUT arguments too, an ordered-set aggregate with the columns it is ordered by
    if not (is_procedure or node.agg_within_group):
        candidates = tuple(f for f in candidates if fits(f, arity, node.func_variadic)) or candidates
    for function in candidates:
        run(reader, function, node.args, arity)
    return bool(candidates)


def run(
    reader: Reader, function: Function, args: Sequence[Any] = (), arity: int | None = None, *, is_direct: bool = True
) -> None:
    """Count what one function does. Indirectly run ones (triggers, operators, casts) need nobody's leave if trusted."""
    findings = reader.findings
    findings.names.add(function.name)
    name = dotted(function.schema, function.name)
    if not function.is_builtin and function in reader.world.trusted:
        findings.is_pure = False
        findings.changes_schema |= function.volatility == "v"
        findings.changes_settings |= function.volatility == "v"
        findings.makes_anything |= function.volatility == "v"
        is_call = function.kind == "p"
        findings.note(
            Effect.HOUSEKEEPING if not is_direct else Effect.EXECUTE if is_call else Effect.READ, "function", name
        )
        return
    if function.returns in reader.world.catalog.user_type_names:
        use_type(reader, function.returns)
    if function.argument_defaults is not None:
        reader.functions_behind(function.argument_defaults)
    if function.language == "sql" and function.body is not None and not function.is_builtin:
        _run_sql(reader, function)
    elif function.support is not None:
        _run_aggregate(reader, function)
    elif (effect := effect_of(function, len(args) if arity is None else arity)) is not None:
        _apply(reader, function, effect, args)
    else:
        findings.is_pure &= function.volatility != "v" and (function.is_builtin or function.language != "c")


def operators(reader: Reader, names: Sequence[str], schema: str | None = None) -> None:
    """Count the functions behind operators, if they are of somebody's making."""
    catalog = reader.world.catalog
    for name in names:
        if name in catalog.user_operator_names:
            for function in catalog.operator_functions(schema, name, reader.path):
                if not function.is_builtin:
                    run(reader, function, is_direct=False)


def use_type(reader: Reader, type_name: str) -> None:
    """Count what using a value of a user's type may call: casts from it, and those nobody has to write."""
    for function in reader.world.catalog.conversions(type_name):
        run(reader, function, is_direct=False)


def convert_anywhere(reader: Reader) -> None:
    """Count casts of somebody's making between built-in types: any expression may call them."""
    for function in reader.world.catalog.ambient_functions:
        run(reader, function, is_direct=False)


def cast(reader: Reader, type_name: str) -> None:
    """Count what making a value of a user's type calls.

    Functions in C are left out: only a superuser makes types and operator classes of them, and they run no SQL.
    """
    catalog = reader.world.catalog
    for function in catalog.cast_functions(type_name, reader.path):
        if function.language not in ("c", "internal"):
            run(reader, function, is_direct=False)
    for check in catalog.type_checks(type_name):
        reader.functions_behind(check)


def _run_sql(reader: Reader, function: Function) -> None:
    settings = dict(setting.split("=", 1) for setting in function.settings if "=" in setting)
    running = reader.running
    if "search_path" in settings:
        running = _split_path(settings.pop("search_path"))
        if "$user" in running:
            reader.findings.opaque("its search_path is its owner's", "function", dotted(function.schema, function.name))
    for setting, value in settings.items():
        if not is_harmless(setting, value):
            reader.findings.opaque(f"it runs with {setting} set", "function", dotted(function.schema, function.name))
    key, body = ("function", function.oid), function.body or ""
    if function.is_body_printed:
        key, body = ("atomic", function.oid), f"create function f() returns void language sql {body}"
    path = reader.world.catalog.printed_path if function.is_body_printed else running
    found = reader.behind(key, body, path, running)
    reader.findings.merge(found)
    reader.findings.is_pure &= function.volatility != "v" or found.is_pure
    reader.note(Effect.HOUSEKEEPING, "function", dotted(function.schema, function.name))


def _split_path(value: str) -> tuple[str, ...]:
    """The schemas in the text of a search_path setting."""
    if value in ("", '""'):
        return ()
    parsed = parse(f"set search_path = {value}")
    if isinstance(parsed, Unreadable) or len(parsed) != 1:
        return ("$user",)  # what cannot be read is nobody's path
    return tuple(literal(argument) or "" for argument in parsed[0].node.args)


def _run_aggregate(reader: Reader, function: Function) -> None:
    reader.note(Effect.HOUSEKEEPING, "function", dotted(function.schema, function.name))
    for oid in function.support or ():
        supporting = reader.world.catalog.function_by_oid(oid)
        if supporting is not None and not (supporting.is_builtin and is_harmless_builtin(supporting.name)):
            run(reader, supporting, is_direct=False)


def _apply(reader: Reader, function: Function, effect: BuiltinEffect, args: Sequence[Any]) -> None:
    findings = reader.findings
    findings.is_pure = False
    own_name = dotted(function.schema, function.name)
    if effect.kind == "setting":
        configure(reader, *(_argument(args, place) for place in (0, 1)))
        findings.reads_literals = True
        return
    name = own_name if effect.kind == "function" else effect.name
    if name is None:
        findings.reads_literals = True
        value = _argument(args, effect.argument or 0)
        name = _sequence(reader, value) if effect.kind == "sequence" else value or ""
    for one in effect.effects:
        if one is Effect.OPAQUE:
            findings.opaque(f"{own_name} {effect.why}", "function", own_name)
        elif one in (Effect.READ, Effect.WRITE) and effect.kind == "path":
            findings.note(one, "table", "pg_catalog.pg_largeobject")
        else:
            findings.note(one, effect.kind, name)


def configure(reader: Reader, name: str | None, value: str | None) -> None:
    """Count a change of a setting; None is a name or value that is not told."""
    findings = reader.findings
    findings.is_pure = False
    harmless = name is not None and is_harmless(name, value)
    findings.changes_settings |= name is None or is_tracked(name)
    findings.note(Effect.HOUSEKEEPING if harmless else Effect.SESSION, "setting", (name or "").lower())


def _argument(args: Sequence[Any], place: int) -> str | None:
    # a named argument may stand anywhere
    if place >= len(args) or any(node.WhichOneof("node") == "named_arg_expr" for node in args):
        return None
    return literal(args[place])


def _sequence(reader: Reader, value: str | None) -> str:
    """The exact name of the sequence that a regclass literal names; empty where it cannot be told."""
    if value is None or len(value) > 200:
        return ""
    parsed = parse(f"table {value}")
    if isinstance(parsed, Unreadable) or len(parsed) != 1 or len(parsed[0].node.from_clause) != 1:
        return ""
    name = parsed[0].node.from_clause[0].range_var
    relation = reader.world.catalog.relation(name.schemaname or None, name.relname, reader.path)
    return dotted(relation.schema, relation.name) if relation is not None else ""


def operator_name(nodes: Sequence[Any]) -> tuple[str | None, str]:
    """Schema and name of an operator."""
    parts = strings(nodes)
    return (parts[-2] if len(parts) > 1 else None), parts[-1]
