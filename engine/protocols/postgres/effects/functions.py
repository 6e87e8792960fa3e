"""What calling a function means: by name as SQL spells it, or by OID as triggers and operators have it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache

from engine.model import Effect
from engine.protocols.postgres.analysis.names import dotted, words
from engine.protocols.postgres.effects.builtins import EFFECTFUL, BuiltinEffect, builtin_effect, harmless
from engine.protocols.postgres.statement import Function

HARMLESS_EXTENSIONS = words(
    """
    citext hstore pg_trgm uuid-ossp pgcrypto ltree intarray cube seg isn earthdistance fuzzystrmatch unaccent btree_gin
    btree_gist dict_int dict_xsyn tablefunc vector bloom
    """
)
"""Extensions whose functions in C only compute, those below aside."""

_EXTENSION_FUNCTIONS = {
    "crosstab": BuiltinEffect((Effect.OPAQUE,), why="runs SQL that it is given as a value"),
    "crosstab2": BuiltinEffect((Effect.OPAQUE,), why="runs SQL that it is given as a value"),
    "crosstab3": BuiltinEffect((Effect.OPAQUE,), why="runs SQL that it is given as a value"),
    "crosstab4": BuiltinEffect((Effect.OPAQUE,), why="runs SQL that it is given as a value"),
    "connectby": BuiltinEffect((Effect.OPAQUE,), why="reads a relation that it is given as a value"),
}

_REACHING = {
    "dblink": Effect.NETWORK,
    "postgres_fdw": Effect.NETWORK,
    "http": Effect.NETWORK,
    "pg_net": Effect.NETWORK,
    "aws_s3": Effect.NETWORK,
    "aws_lambda": Effect.NETWORK,
    "file_fdw": Effect.FILE,
    "adminpack": Effect.FILE,
    "pg_cron": Effect.EXECUTE,
}
"""Extensions that are known for what their functions reach."""

# what CREATE TYPE makes by itself for ranges
_CONSTRUCTORS = re.compile(r"(multi)?range_constructor\d")


def fits(function: Function, arity: int, is_variadic: bool) -> bool:
    """Whether a call with so many arguments may mean this overload."""
    declared = len(function.argument_types)
    if is_variadic or not function.variadic:
        return declared - function.defaults <= arity <= declared
    return arity >= declared - 1 - function.defaults


def effect_of(function: Function, arity: int) -> BuiltinEffect | None:
    """What a function that is not written in SQL does, None where it only computes."""
    if function.is_builtin and function.language in ("internal", "c", "sql"):
        return builtin_effect(function.name, arity)
    if function.language == "internal":
        symbol = function.body or ""
        return None if _CONSTRUCTORS.fullmatch(symbol) else builtin_effect(symbol, arity)
    if function.language == "c" and function.extension in HARMLESS_EXTENSIONS:
        return _EXTENSION_FUNCTIONS.get(function.name)
    reach = _REACHING.get(function.extension or "")
    effects = (Effect.OPAQUE,) if reach is None else (Effect.OPAQUE, reach)
    return BuiltinEffect(effects, why=f"is written in {function.language}, which is not looked into")


def is_harmless_builtin(name: str) -> bool:
    """Whether every built-in of that name only computes."""
    return name in harmless() and name not in EFFECTFUL


class Trusted:
    """The functions a target's owner vouches for: globs over `schema.name`, `*` within one part, `**` across."""

    def __init__(self, globs: Iterable[str] = ()) -> None:
        self._patterns = tuple(_pattern(glob) for glob in globs)

    def __contains__(self, function: Function) -> bool:
        name = dotted(function.schema, function.name)
        return any(pattern.fullmatch(name) for pattern in self._patterns)


@cache
def _pattern(glob: str) -> re.Pattern[str]:
    pieces = re.split(r"(\*\*|\*)", glob)
    return re.compile("".join({"**": r".*", "*": r"[^.]*"}.get(piece, re.escape(piece)) for piece in pieces), re.DOTALL)
