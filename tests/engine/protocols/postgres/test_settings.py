"""Every setting that a session can change was looked at."""

from __future__ import annotations

import pytest

from engine.protocols.postgres.settings import TRACKED, is_harmless, is_tracked


@pytest.mark.parametrize(
    "name", ["statement_timeout", "TimeZone", "DATESTYLE", "search_path", "work_mem", "row_security"]
)
def test_harmless_whatever_the_letter_case(name: str) -> None:
    assert is_harmless(name, "x")


@pytest.mark.parametrize("name", [
    "role", "ROLE", "session_authorization", "session_replication_role", "log_statement", "event_triggers",
    "dynamic_library_path", "allow_system_table_mods", "backslash_quote", "transform_null_equals", "app.user",
    "never_heard_of", "session_preload_libraries", "lo_compat_privileges", "track_activities", "",
])  # fmt: skip
def test_what_changes_identity_meaning_or_is_unknown_is_a_change_of_the_session(name: str) -> None:
    assert not is_harmless(name, "x")
    assert is_tracked(name)


def test_some_values_are_what_the_engine_relies_on_anyway() -> None:
    assert is_harmless("client_encoding", "UTF8")
    assert is_harmless("standard_conforming_strings", "ON")
    for value in ("SJIS", None, "", "off"):
        assert not is_harmless("client_encoding", value)
        assert not is_harmless("standard_conforming_strings", value)


def test_what_the_analysis_rests_on_is_tracked_even_if_harmless() -> None:
    assert all(is_tracked(name) for name in TRACKED)
    assert not is_tracked("statement_timeout")
