"""What a start-up asks for is decided before the upstream sees it."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from engine.errors import SessionRefused
from engine.model import Access, Effect, Resource
from engine.protocols.postgres.opening import asked_settings, startup_operation

SESSION: Any = SimpleNamespace(id="s-1", database="shop")


def test_what_every_driver_sends_needs_no_decision() -> None:
    settings = asked_settings(
        {"application_name": "psql", "client_encoding": "'utf-8'", "DateStyle": "ISO", "options": "-c geqo=off"}
    )
    assert startup_operation(SESSION, settings) is None


@pytest.mark.parametrize(
    "parameters",
    [{"role": "admin"}, {"options": "-c role=admin"}, {"options": "-crole=admin"}, {"options": "--role=admin"}],
)
def test_a_role_is_an_operation_however_it_is_asked_for(parameters: dict[str, str]) -> None:
    operation = startup_operation(SESSION, asked_settings(parameters))
    assert operation is not None
    assert operation.accesses == (Access(Effect.SESSION, Resource("setting", "role")),)
    assert operation.text == "SET role = 'admin'"


def test_an_encoding_in_which_a_quote_hides_is_an_operation() -> None:
    assert startup_operation(SESSION, asked_settings({"client_encoding": "SJIS"})) is not None


@pytest.mark.parametrize("value", ["true", "database", "on", "1", "TRUE"])
def test_replication_is_refused(value: str) -> None:
    with pytest.raises(SessionRefused, match="replication"):
        asked_settings({"replication": value})


def test_replication_that_is_off_is_not() -> None:
    assert asked_settings({"replication": "off"}) == {}
