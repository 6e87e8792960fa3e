"""What stands behind names is read once, however often and however deep it is used."""

from __future__ import annotations

from dataclasses import replace

from engine.protocols.postgres.analysis import reader
from engine.protocols.postgres.analysis.reader import DEEPEST, World, read_statement
from engine.protocols.postgres.catalog.snapshot import Objects, Snapshot
from engine.protocols.postgres.effects.functions import Trusted
from engine.protocols.postgres.effects.table import VISITORS
from engine.protocols.postgres.parsing import ParsedStatement, Unreadable, parse
from engine.protocols.postgres.statement import Function, Relation, RelationColumn, SessionState
from tests.engine.protocols.postgres.analysing import Still

COLUMNS = (RelationColumn("a", 1, 23, "int4"),)


def world(source: Still, **objects: object) -> World:
    users = replace(Objects(), **objects)  # type: ignore[arg-type]  # named as the fields are
    catalog = Snapshot(source.builtin, users, source.current.surroundings)
    return World(catalog, SessionState("shop", "clerk"), ("public",), Trusted(), VISITORS)


def statement(text: str) -> ParsedStatement:
    parsed = parse(text)
    assert not isinstance(parsed, Unreadable)
    return parsed[0]


def views(count: int, fan: int = 1) -> tuple[Relation, ...]:
    base = Relation(20_000, "public", "v0", "r", COLUMNS)
    others = (
        Relation(
            20_000 + n, "public", f"v{n}", "v", COLUMNS,
            definition="select 1 as a" + f" union select a from public.v{n - 1}" * fan,
        )
        for n in range(1, count)
    )  # fmt: skip
    return (base, *others)


def test_views_upon_views_are_followed_to_their_tables(shop_source: Still) -> None:
    found = read_statement(world(shop_source, relations=views(DEEPEST)), statement(f"select a from v{DEEPEST - 1}"))
    assert len(found.columns) == DEEPEST
    assert found.why_opaque is None


def test_too_many_views_upon_one_another_are_opaque(shop_source: Still) -> None:
    found = read_statement(world(shop_source, relations=views(DEEPEST + 5)), statement(f"select a from v{DEEPEST + 4}"))
    assert found.why_opaque is not None


def test_views_that_use_each_other_twice_do_not_double_the_work(shop_source: Still) -> None:
    """Twenty views that each use the one below twice stand for a million paths."""
    place = world(shop_source, relations=views(21, fan=2))
    assert read_statement(place, statement("select a from v20")).why_opaque is None
    assert place.texts == 20


def functions(count: int) -> tuple[Function, ...]:
    names = [f"f{n}" for n in range(count)]
    return tuple(
        Function(
            20_000 + n, "public", name, "f", "sql", "v", (), body="select " + ", ".join(f"{other}()" for other in names)
        )
        for n, name in enumerate(names)
    )


def test_functions_that_all_call_one_another_end(shop_source: Still) -> None:
    """Cycles are safe, and a graph made to be walked forever is cut."""
    found = read_statement(world(shop_source, functions=functions(3)), statement("select f0()"))
    assert found.why_opaque is None
    place = world(shop_source, functions=functions(40))
    assert read_statement(place, statement("select f0()")).why_opaque is not None
    assert place.texts <= reader.MOST_TEXTS


def test_a_body_that_cannot_be_parsed_is_opaque(shop_source: Still) -> None:
    broken = Function(20_000, "public", "broken", "f", "sql", "v", (), body="selec 1")
    found = read_statement(world(shop_source, functions=(broken,)), statement("select broken()"))
    assert "cannot be parsed" in (found.why_opaque or "")
