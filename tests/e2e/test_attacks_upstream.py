"""An upstream that dies in the middle of an answer, talks garbage, or falls silent."""

from __future__ import annotations

import pytest

from engine.protocols.postgres import requests as r
from engine.protocols.postgres.startup import message
from tests.e2e.shop import MASKING, SCHEMA, assert_clean
from tests.servers.engine import READ_RULES, StartEngine
from tests.servers.postgres import Database
from tests.servers.raw import errors
from tests.servers.saboteur import MARKER, saboteur

GARBAGE = {
    "no message": b"\xff" * 64,
    "a negative length": b"D\xff\xff\xff\xff",
    "a length beyond the limit": b"T\x7f\xff\xff\xff",
    "an unknown message": message(b"~", b""),
    "an answer nobody asked for": message(b"G", b"\0\0\0"),
    "rows that nobody described": message(b"C", b"SELECT 1\0") + message(b"D", b"\0\x01\0\0\0\x01x"),
    "a cell beyond its row": message(b"D", b"\0\x01\0\0\xff\xffcanary-7f3a9c"),
    "an error without fields": message(b"E", b"\0"),
    "authentication again": message(b"R", b"\0\0\0\x03"),
}


@pytest.mark.parametrize("garbage", GARBAGE.values(), ids=GARBAGE)
def test_garbage_ends_the_session_and_no_other_and_nothing_of_it_passes(
    start_engine: StartEngine, database: Database, garbage: bytes
) -> None:
    """SECURITY: promise 6, a hostile upstream; CVE-2026-6666, an ErrorResponse without SQLSTATE."""
    database.psql(SCHEMA)
    with saboteur(database.server.host, database.server.port, garbage, cuts=True) as port:
        engine = start_engine(rules=READ_RULES, masking=MASKING, port=port)
        with engine.raw() as client, engine.raw() as other:
            client.send(r.Query(f"select '{MARKER.decode()}', secret from people"))
            answers = client.ending()
            assert errors(answers) != []
            assert_clean(b"".join(data for _, data in answers))
            assert errors(other.query("select 1")) == []
        engine.stop()
    report = engine.verified()
    assert report.ok, report.problems
    assert report.in_flight == []


def test_an_upstream_that_falls_silent_is_left_when_its_client_leaves(
    start_engine: StartEngine, database: Database
) -> None:
    with saboteur(database.server.host, database.server.port) as port:
        engine = start_engine(rules=READ_RULES, port=port)
        with engine.raw() as other:
            with engine.raw() as client:
                client.send(r.Query(f"select '{MARKER.decode()}'"))
                client.sock.settimeout(0.5)
                with pytest.raises(TimeoutError):
                    client.receive()
            assert errors(other.query("select 1")) == []
        assert engine.stop() == 0
