from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import SessionRefused
from engine.protocols.postgres.options import parse_options, session_settings, split_options


@pytest.mark.parametrize(
    ("text", "settings"),
    [
        ("", []),
        (" \t\n\v\f\r ", []),
        ("-c geqo=off", [("geqo", "off")]),
        ("-cgeqo=off", [("geqo", "off")]),
        ("--geqo=off", [("geqo", "off")]),
        ("--search-path=a", [("search_path", "a")]),
        ("-c search-path=a-b", [("search_path", "a-b")]),
        ("-c  a=1\n--b=2", [("a", "1"), ("b", "2")]),
        (r"-c search_path=a,\ b", [("search_path", "a, b")]),
        (r"-c a=x\\y", [("a", r"x\y")]),
        (r"-c \a=\1", [("a", "1")]),
        ("-c a=", [("a", "")]),
        ("-c a=b=c", [("a", "b=c")]),
        ("-c a='b c=d'", None),  # quotes mean nothing here
        ("-c", None),
        ("-c a", None),
        ("-c =1", None),
        ("--", None),
        ("--a", None),
        ("--=1", None),
        ("-- -c a=1", None),
        ("shop", None),
        ("-E", None),
        ("-fs", None),
        ("-S 64", None),
        ("\\", None),
    ],
)
def test_options_are_read_as_the_server_reads_them(text: str, settings: list[tuple[str, str]] | None) -> None:
    if settings is None:
        with pytest.raises(SessionRefused):
            parse_options(text)
    else:
        assert parse_options(text) == settings


def test_a_parameter_of_its_own_overrides_the_same_setting_inside_options() -> None:
    parameters = {
        "user": "bot",
        "database": "shop",
        "replication": "false",
        "DateStyle": "ISO",
        "options": "-c datestyle=German -c geqo=on -c GEQO=off",
    }
    assert session_settings(parameters) == {"datestyle": "ISO", "geqo": "off"}


def test_a_letter_that_only_unicode_folds_stays_as_it_is() -> None:
    assert session_settings({"wor\N{KELVIN SIGN}_mem": "1"}) == {"wor\N{KELVIN SIGN}_mem": "1"}


@pytest.mark.parametrize(
    "parameters",
    [
        {"options": "-c user=postgres"},
        {"options": "--DATABASE=other"},
        {"options": "-creplication=true"},
        {"options": "-c options=x"},
        {"options": "-c _pq_.x=1"},
        {"User": "postgres"},
        {"REPLICATION": "true"},
        {"_PQ_.x": "1"},
    ],
)
def test_a_setting_cannot_pose_as_the_user_the_database_or_the_mode(parameters: dict[str, str]) -> None:
    with pytest.raises(SessionRefused, match="unrecognized configuration parameter"):
        session_settings(parameters)


@given(st.lists(st.text(min_size=1)))
def test_words_survive_being_escaped_and_split(words: list[str]) -> None:
    escaped = " ".join("".join("\\" + char for char in word) for word in words)
    assert list(split_options(escaped)) == words


@given(st.text())
def test_any_text_gives_settings_or_a_refusal(text: str) -> None:
    with contextlib.suppress(SessionRefused):
        assert all(name for name, _ in parse_options(text))
