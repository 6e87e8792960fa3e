"""Statements about the session: which are harmless, and which change who it is or what it hears."""

from __future__ import annotations

import pytest

from tests.engine.protocols.postgres.analysing import Desk


@pytest.mark.parametrize(("text", "found"), [
    ("set statement_timeout = '5s'", ["housekeeping setting:statement_timeout"]),
    ("SET Statement_Timeout TO 5", ["housekeeping setting:statement_timeout"]),
    ("set time zone 'UTC'", ["housekeeping setting:timezone"]),
    ("set search_path = secret", ["housekeeping setting:search_path"]),
    ("set transaction isolation level serializable", ["housekeeping setting:transaction"]),
    ("set session characteristics as transaction read only", ["housekeeping setting:session characteristics"]),
    ("set names 'utf8'", ["housekeeping setting:client_encoding"]),
    ("set client_encoding = 'SJIS'", ["session setting:client_encoding"]),
    ("set standard_conforming_strings = on", ["housekeeping setting:standard_conforming_strings"]),
    ("set standard_conforming_strings = off", ["session setting:standard_conforming_strings"]),
    ("set role dba", ["session setting:role"]),
    ('set "ROLE" = dba', ["session setting:role"]),
    ("set local role dba", ["session setting:role"]),
    ("reset role", ["session setting:role"]),
    ("set session authorization dba", ["session setting:session_authorization"]),
    ("reset session authorization", ["session setting:session_authorization"]),
    ("set session_replication_role = replica", ["session setting:session_replication_role"]),
    ("set session_preload_libraries = 'x'", ["session setting:session_preload_libraries"]),
    ("set local_preload_libraries = 'x'", ["session setting:local_preload_libraries"]),
    ("set lo_compat_privileges = on", ["session setting:lo_compat_privileges"]),
    ("set app.user_id = '5'", ["session setting:app.user_id"]),
    ("set client_encoding to default", ["session setting:client_encoding"]),
    ("reset all", ["housekeeping setting"]),
    ("reset statement_timeout", ["housekeeping setting:statement_timeout"]),
    ("show search_path", ["housekeeping setting:search_path"]),
    ("discard temp", ["housekeeping statement"]),
    ("deallocate all", ["housekeeping statement"]),
    ("close all", ["housekeeping statement"]),
    ("prepare transaction 'x'", ["write database:shop"]),
    ("do language sql 'select 1'", ["opaque statement"]),
    ("call missing()", ["opaque function:missing"]),
])  # fmt: skip
def test_what_it_does_to_the_session(desk: Desk, text: str, found: list[str]) -> None:
    """`SET ROLE`, `SET SESSION AUTHORIZATION`; settings that change parsing or identity have the effect session."""
    assert desk.find(text) == found


@pytest.mark.parametrize(("text", "verb"), [
    ("reset role", "RESET"), ("set role x", "SET"), ("start transaction", "START"), ("abort", "ROLLBACK"),
    ("release x", "RELEASE"), ("discard plans", "DISCARD PLANS"), ("show all", "SHOW"), ("move 1 in c", "MOVE"),
])  # fmt: skip
def test_it_is_called_what_people_call_it(desk: Desk, text: str, verb: str) -> None:
    assert desk.one(text).verb == verb


def test_a_call_with_an_out_argument_may_mean_another_overload(desk: Desk) -> None:
    assert "opaque function:public.wild" in desk.find("call wild(null)")


def test_the_statements_that_drivers_reset_a_session_with_are_harmless(desk: Desk) -> None:
    for text in ("select pg_advisory_unlock_all()", "close all", "unlisten *", "reset all"):
        assert desk.effects(text) == {"housekeeping"}
