"""What a person types is read whole, or refused with what to write instead."""

from __future__ import annotations

import contextlib
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import HooptermError
from engine.search.terms import Query, Term, parse

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


def terms(text: str) -> tuple[Term, ...]:
    return parse(text, NOW).terms


def test_terms_stand_side_by_side() -> None:
    assert terms("identity:bot effect:delete,write orders") == (
        Term("identity", ("bot",)),
        Term("effect", ("delete", "write")),
        Term("text", ("orders",)),
    )


def test_an_exclamation_mark_inverts() -> None:
    assert terms("!rule:no-ddl !orders") == (Term("rule", ("no-ddl",), True), Term("text", ("orders",), True))


def test_what_has_spaces_colons_and_commas_stands_in_quotes() -> None:
    assert terms(r'resource:"cat /etc/hosts","a,b" "drop \"table\"" "http://x"') == (
        Term("resource", ("cat /etc/hosts", "a,b")),
        Term("text", ('drop "table"',)),
        Term("text", ("http://x",)),
    )


def test_a_resource_may_have_colons() -> None:
    assert terms("resource:table:public.orders") == (Term("resource", ("table:public.orders",)),)


def test_fields_are_written_in_either_case_and_values_exactly() -> None:
    assert terms("Identity:Bot") == (Term("identity", ("Bot",)),)


def test_an_empty_query_is_everything() -> None:
    assert parse("  ", NOW) == Query()


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("since:2h", NOW - timedelta(hours=2)),
        ("since:1h30m", NOW - timedelta(minutes=90)),
        ("since:2026-02-28", datetime(2026, 2, 28, tzinfo=UTC)),
        ("since:2026-02-28T10:00+01:00", datetime(2026, 2, 28, 9, tzinfo=UTC)),
    ],
)
def test_times_are_so_long_ago_or_moments(text: str, moment: datetime) -> None:
    assert parse(text, NOW).since == moment


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("colour:red", "there is no field 'colour'"),
        ("identity:", "nothing behind identity"),
        ("identity: bot", "nothing behind identity"),
        ("identity:a,", "nothing behind identity"),
        ('"open', "not closed"),
        ('identity:"open', "not closed"),
        ('"a"b', "does not read"),
        ("effect:explode", "there is no effect"),
        ("decision:maybe", "there is no decision"),
        ("event:nothing.*", "there is no event"),
        ("since:yesterday", "is no time"),
        ("since:2026-99-01", "is no time"),
        ("since:99999999999999d", "is no time"),
        ("!since:2h", "takes one time"),
        ("since:1h,2h", "takes one time"),
        ("--", "no word to look for"),
        ("text:*", "no word to look for"),
        ("a\x1bb", "control character"),
        ("x" * 5000, "at most 4096"),
        ("a " * 100, "at most 64 terms"),
        ("!", "nothing behind text"),
    ],
)
def test_what_does_not_read_is_refused_with_a_hint(text: str, what: str) -> None:
    with pytest.raises(HooptermError, match=what) as refused:
        parse(text, NOW)
    assert refused.value.hint


@given(st.text(max_size=200))
def test_any_text_is_read_or_refused_and_nothing_else(text: str) -> None:
    """SECURITY promise 5."""
    with contextlib.suppress(HooptermError):
        parse(text, NOW)


def test_half_an_event_s_name_is_told_how_all_of_its_kind_are_written() -> None:
    with pytest.raises(HooptermError) as told:
        parse("event:review", NOW)
    assert told.value.hint == "all of that kind are event:review.*"
    assert parse("event:review.*", NOW).terms
