"""Attacks on what is remembered of a statement: another one must not pass for it."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest

from engine.protocols.postgres import requests as r
from tests.e2e.shop import MASKING, SCHEMA, assert_clean
from tests.servers.engine import WRITE_RULES, RunningEngine, StartEngine
from tests.servers.postgres import Database

LENIENT = MASKING.replace("with: redact", "with: redact, inference: allow")


@pytest.fixture(scope="module")
def engine(start_module_engine: StartEngine, module_database: Database) -> RunningEngine:
    module_database.psql(SCHEMA)
    return start_module_engine(rules=WRITE_RULES, masking=LENIENT)


@pytest.mark.parametrize("times", [1, 3])  # remembered by the analyst, and by the lane
def test_with_escapes_in_strings_a_statement_is_not_taken_for_one_of_other_strings(
    engine: RunningEngine, times: int
) -> None:
    r"""With standard_conforming_strings off, `'a\'` is where a string goes on, and not where it ends."""
    seen: list[Any] = []
    with psycopg.connect(**engine.dsn(), autocommit=True) as connection:
        connection.execute("set standard_conforming_strings = off")
        for _ in range(times):
            connection.execute("select body from notes where body = 'a' or body = 'b'")
        try:
            statement = r"select body from notes where body = 'a\' or body = ' union select secret from people --'"
            seen += connection.execute(statement).fetchall()
        except psycopg.Error as error:
            seen.append(str(error))
    assert_clean(seen)


HIDDEN = r"select body from notes where body = 'a\' or body = ' union select secret from people --'"


@pytest.mark.parametrize("is_bound", [True, False])
def test_what_the_server_parsed_with_escapes_stays_unread_when_they_are_off_again(
    start_engine: StartEngine, database: Database, is_bound: bool
) -> None:
    """It keeps what it parsed: read anew, the text would say something else, and where nothing is protected."""
    database.psql(SCHEMA)
    engine = start_engine(rules=WRITE_RULES, masking=LENIENT, target="mode: observe")
    with engine.raw() as client:
        client.send(r.Query("set standard_conforming_strings = off"))
        client.until("Z")
        client.send(r.Parse("p", HIDDEN), r.Sync())
        assert client.kinds().endswith("1Z")
        client.send(r.Query("set standard_conforming_strings = on"))
        client.until("Z")
        client.send(*((r.Bind("", "p"), r.Execute("", 0), r.Sync()) if is_bound else (r.Query("execute p"),)))
        answers = client.until("Z")
    assert_clean(b"".join(data for _, data in answers))
