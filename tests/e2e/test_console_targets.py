"""Who is stopped from the console is stopped: on a real terminal, before a real engine and a real database."""

from __future__ import annotations

import psycopg
import pytest

from tests.e2e.shop import DELETES_ARE_HELD, SCHEMA
from tests.e2e.test_console import open_console
from tests.servers.engine import StartEngine
from tests.servers.postgres import Database
from tests.servers.terminal import Terminal


async def test_a_locked_target_and_a_revoked_token_end_what_they_let_in(
    start_engine: StartEngine, database: Database, screen: Terminal
) -> None:
    database.psql(SCHEMA)
    engine = start_engine(rules=DELETES_ARE_HELD)
    open_console(screen, engine)
    await screen.shows("● live")
    first = await psycopg.AsyncConnection.connect(**engine.dsn(), autocommit=True)
    screen.press("7")
    await screen.shows("▸ targets 1", "✓ reachable")
    screen.press("L")
    await screen.shows("Lock target db?", "1 live session", "Cancel")
    screen.press("INC-7")
    await screen.shows("INC-7")
    screen.press("Enter")
    await screen.shows("does it")
    screen.press("Enter")
    await screen.shows("■ locked", "locks 1")
    with pytest.raises(psycopg.OperationalError, match="is locked"):
        await first.execute("select 1")
    screen.press("U")
    await screen.shows("Unlock target db?", "INC-7")
    screen.press("over")
    await screen.shows("over")
    screen.press("Enter")
    await screen.shows("does it")
    screen.press("Enter")
    await screen.until(lambda seen: "■ locked" not in seen)

    second = await psycopg.AsyncConnection.connect(**engine.dsn(), autocommit=True)
    screen.press("Tab", "Tab")
    await screen.shows("▸ tokens", "✓ valid")
    screen.press("x")
    await screen.shows("Revoke token", "Cancel")
    screen.press("Tab", "Enter")
    await screen.shows("✗ revoked")
    with pytest.raises(psycopg.OperationalError, match="revoked"):
        await second.execute("select 1")
