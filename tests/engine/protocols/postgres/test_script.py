"""Where the statements of a text stand in it; how a whole conversation goes is in tests/dsl/test_limits.py."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from engine.protocols.postgres.requests import Query
from engine.protocols.postgres.script import _parts
from engine.protocols.postgres.statement import Statement
from engine.protocols.postgres.tracking import Tracker


def parts(encoding: str, *texts: str) -> list[tuple[bytes, int]]:
    """Each statement as it goes upstream, and the place of its first character."""
    tracker = Tracker("shop", "app", {"client_encoding": encoding})
    text = ";".join(texts)
    relay: Any = SimpleNamespace(tracker=tracker)
    deliveries: Any = [SimpleNamespace(statement=Statement(part, "SELECT")) for part in texts]
    data = Query(tracker.written(text).decode("utf-8", "surrogateescape")).encode()
    return [(part.encode("utf-8", "surrogateescape"), place) for part, place in _parts(relay, data, text, deliveries)]


def test_a_statement_alone_goes_up_as_it_came() -> None:
    assert parts("UTF8", " select 'ü' ") == [(" select 'ü' ".encode(), 0)]


@pytest.mark.parametrize(("encoding", "codec"), [("UTF8", "utf-8"), ("LATIN1", "latin-1")])
def test_each_of_several_goes_up_in_the_clients_encoding_with_its_place_in_characters(
    encoding: str, codec: str
) -> None:
    assert parts(encoding, "select 'ü'", " select 'é'", "select 'ü'") == [
        ("select 'ü'".encode(codec), 0),
        (" select 'é'".encode(codec), 11),
        ("select 'ü'".encode(codec), 23),
    ]
