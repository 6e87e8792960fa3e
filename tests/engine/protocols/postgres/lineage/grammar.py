"""Random queries over the shop, as a small grammar for hypothesis."""

from __future__ import annotations

from dataclasses import dataclass

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn


@dataclass(frozen=True)
class Source:
    """An entry of FROM: its alias, and its columns by kind of type."""

    sql: str
    alias: str
    texts: tuple[str, ...]
    numbers: tuple[str, ...]
    has_row: bool = True


def _tables(n: int) -> list[Source]:
    return [
        Source(f"customers c{n}", f"c{n}", ("name", "email", "ssn", "city", "domain"), ("id",)),
        Source(f"customers c{n}", f"c{n}", ("name", "city"), ("id",)),
        Source(f"orders o{n}", f"o{n}", ("note",), ("id", "customer_id")),
        Source(f"contacts v{n}", f"v{n}", ("contact", "label", "city"), ("id",)),
        Source(f"contact_orders w{n}", f"w{n}", ("contact",), ("order_id",)),
        Source(f"mine() m{n}", f"m{n}", ("email", "name"), ("id",)),
        Source(f"pairs(0) p{n}", f"p{n}", ("b",), ("a",)),
        Source(f"people q{n}", f"q{n}", ("email", "region"), ("id",)),
        Source(f"(values (1, 'a'), (2, 'b')) as x{n}(i, t)", f"x{n}", ("t",), ("i",)),
        Source(f"generate_series(1, 2) as g{n}(i)", f"g{n}", (), ("i",)),
    ]


def _column(draw: DrawFn, sources: list[Source], kind: str) -> str | None:
    choices = [f"{source.alias}.{name}" for source in sources for name in getattr(source, kind)]
    return draw(st.sampled_from(choices)) if choices else None


def _text(draw: DrawFn, sources: list[Source], depth: int) -> str:
    form = draw(st.integers(0, 15 if depth > 0 else 1))

    def text() -> str:
        return _text(draw, sources, depth - 1)

    def number() -> str:
        return _number(draw, sources, depth - 1)

    match form:
        case 0:
            return _column(draw, sources, "texts") or "'here'"
        case 1:
            return draw(st.sampled_from(["'a'", "'ann'", "''", "'%a%'", "null::text"]))
        case 2:
            return f"{draw(st.sampled_from(['upper', 'lower', 'reverse', 'md5', 'initcap']))}({text()})"
        case 3:
            return f"({text()} || {text()})"
        case 4:
            return f"coalesce({text()}, {text()})"
        case 5:
            return f"case when {_condition(draw, sources, depth - 1)} then {text()} else {text()} end"
        case 6:
            return f"substr({text()}, {number()}, 2)"
        case 7:
            return f"(select {_text(draw, [*sources, inner := _inner(draw)], depth - 1)} from {inner.sql} limit 1)"
        case 8:
            return f"nullif({text()}, {text()})"
        case 9:
            return f"({number()})::text"
        case 10:
            rows = [source for source in sources if source.has_row]
            key = draw(st.sampled_from(["name", "email", "city", "contact", "b"]))
            return f"(to_jsonb({draw(st.sampled_from(rows)).alias}) ->> '{key}')" if rows else "'x'"
        case 11:
            return f"email_of({number()})"
        case 12:
            return f"shout({text()})"
        case 13:
            return f"split_part({text()}, {text()}, 1)"
        case 14:
            return f"(array[{text()}, {text()}])[{number()}]"
        case _:
            return f"greatest({text()}, {text()})"


def _number(draw: DrawFn, sources: list[Source], depth: int) -> str:
    form = draw(st.integers(0, 10 if depth > 0 else 1))

    def text() -> str:
        return _text(draw, sources, depth - 1)

    def number() -> str:
        return _number(draw, sources, depth - 1)

    match form:
        case 0:
            return _column(draw, sources, "numbers") or "1"
        case 1:
            return draw(st.sampled_from(["0", "1", "2", "3"]))
        case 2:
            return f"{draw(st.sampled_from(['length', 'ascii']))}({text()})"
        case 3:
            return f"({number()} {draw(st.sampled_from(['+', '-', '*', '/', '%']))} {number()})"
        case 4:
            inner = _inner(draw)
            condition = _condition(draw, [*sources, inner], depth - 1)
            return f"(select count(*)::int from {inner.sql} where {condition})"
        case 5:
            inner = _inner(draw)
            return f"(select count({_text(draw, [*sources, inner], depth - 1)})::int from {inner.sql})"
        case 6:
            return f"case when {_condition(draw, sources, depth - 1)} then {number()} else {number()} end"
        case 7:
            return f"({text()})::int"
        case 8:
            return f"position({text()} in {text()})"
        case 9:
            return f"twice({number()})"
        case _:
            return f"coalesce({number()}, {number()})"


def _condition(draw: DrawFn, sources: list[Source], depth: int) -> str:
    form = draw(st.integers(0, 8 if depth > 0 else 2))

    def text() -> str:
        return _text(draw, sources, depth - 1)

    match form:
        case 0:
            return f"{text()} {draw(st.sampled_from(['=', '<', '>=', '<>', 'like', 'is distinct from']))} {text()}"
        case 1:
            return f"{_number(draw, sources, depth - 1)} > {_number(draw, sources, depth - 1)}"
        case 2:
            return draw(st.sampled_from(["true", "false", "1 = 1"]))
        case 3:
            return f"{text()} is null"
        case 4:
            joint = draw(st.sampled_from(["and", "or"]))
            return f"({_condition(draw, sources, depth - 1)} {joint} not {_condition(draw, sources, depth - 1)})"
        case 5:
            inner = _inner(draw)
            return f"exists (select 1 from {inner.sql} where {_condition(draw, [*sources, inner], depth - 1)})"
        case 6:
            inner = _inner(draw)
            return f"{text()} in (select {_text(draw, [*sources, inner], depth - 1)} from {inner.sql})"
        case 7:
            return f"{text()} ~ {text()}"
        case _:
            return f"{text()} = any (array[{text()}, 'z'])"


def _inner(draw: DrawFn) -> Source:
    return draw(st.sampled_from(_tables(draw(st.integers(10, 99)))))


@st.composite
def queries(draw: DrawFn, depth: int = 3) -> str:
    """One SELECT."""
    return _select(draw, depth, draw(st.integers(1, 3)))


def _select(draw: DrawFn, depth: int, width: int) -> str:
    sources = [draw(st.sampled_from(_tables(n))) for n in range(draw(st.integers(1, 2)))]
    clauses = [sources[0].sql]
    for source in sources[1:]:
        if draw(st.booleans()):
            kind = draw(st.sampled_from(["join", "left join", "full join"]))
            on = f"{_column(draw, sources[:1], 'numbers')} = {_column(draw, [source], 'numbers')}"
            clauses.append(f"{kind} {source.sql} on {on}")
        else:
            clauses.append(f"cross join {source.sql}")
    if depth > 1 and draw(st.integers(0, 3)) == 0:
        nested = Source("", "s", ("k1",), (), has_row=True)
        body = _select(draw, depth - 1, 1)
        clauses.append(f"cross join lateral ({body}) as s(k1)")
        sources.append(nested)
    targets = [f"({_text(draw, sources, depth)})::text as k{n + 1}" for n in range(width)]
    sql = f"select {', '.join(targets)} from {' '.join(clauses)}"
    if draw(st.booleans()):
        sql += f" where {_condition(draw, sources, depth - 1)}"
    form = draw(st.integers(0, 7))
    if form == 1:
        sql = sql.replace("select ", "select distinct ", 1)
    elif form == 2:
        sql = f"with w as ({sql}) select * from w"
    elif form == 3 and depth > 1:
        sql = f"{sql} union all {_select(draw, depth - 1, width)}"
        return f"select * from ({sql}) u"
    elif form == 4:
        inner = ", ".join(f"count(k{n + 1})::text as k{n + 1}" for n in range(width))
        sql = f"select {inner} from ({sql}) a"
    elif form == 5:
        inner = ", ".join(f"max(k{n + 1}) as k{n + 1}" for n in range(width))
        sql = f"select {inner} from ({sql}) a"
    return f"select * from ({sql}) z"
