"""The questions to the catalogs can be asked on hostile ground."""

from __future__ import annotations

import re

import pytest

from engine.protocols.postgres.analysis.names import descendants, strings
from engine.protocols.postgres.catalog import queries
from engine.protocols.postgres.catalog.stamps import STAMPS, dependents
from engine.protocols.postgres.parsing import Unreadable, grammar, parse

QUESTIONS = {
    "identity": queries.IDENTITY,
    "relations": queries.RELATIONS.substitute(scope=">= 16384::pg_catalog.oid"),
    "functions": queries.FUNCTIONS.substitute(scope=">= 16384::pg_catalog.oid"),
    "operators": queries.OPERATORS.substitute(scope=">= 16384::pg_catalog.oid"),
    "types": queries.TYPES.substitute(scope=">= 16384::pg_catalog.oid"),
    "types of rows": queries.TYPES.substitute(scope=queries.ROW_TYPES.substitute(oids=queries.oids([16384]))),
    "casts": queries.CASTS.substitute(scope=">= 16384::pg_catalog.oid"),
    "event triggers": queries.EVENT_TRIGGERS.substitute(scope=">= 16384::pg_catalog.oid"),
    "several": queries.together({"identity": queries.IDENTITY, "other": queries.IDENTITY}),
    "stamps": STAMPS,
    "dependents": dependents([16384, 16385]),
}


@pytest.mark.parametrize("name", QUESTIONS)
def test_every_function_and_type_in_a_question_is_qualified(name: str) -> None:
    """A client's function that matches better must not answer for the catalog."""
    parsed = parse(QUESTIONS[name])
    assert not isinstance(parsed, Unreadable)
    for message in descendants(parsed[0].node):
        kind = message.DESCRIPTOR.name
        if kind == "FuncCall":
            assert strings(message.funcname)[0] == "pg_catalog"
        elif kind == "TypeName":
            assert strings(message.names)[0] == "pg_catalog"
        elif kind == "RangeVar" and not message.schemaname:
            assert re.fullmatch(
                "schemas|locked|busy|described|foreign_keys|ordering|touched|depending", message.relname
            )


@pytest.mark.parametrize("name", QUESTIONS)
def test_no_question_compares_oids_with_bare_numbers(name: str) -> None:
    """`oid >= 16384` has no operator of exactly its types, so a client's could be the best match."""
    parsed = parse(QUESTIONS[name])
    assert not isinstance(parsed, Unreadable)
    for message in descendants(parsed[0].node):
        if message.DESCRIPTOR.name == "A_Expr" and message.kind == grammar.AEXPR_OP:
            sides = (message.lexpr, message.rexpr)
            numbers = [side for side in sides if side.a_const.HasField("ival")]
            assert not numbers or strings(message.name) in (("<>",), ("&",))
