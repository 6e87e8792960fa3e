from __future__ import annotations

from engine.api.schema import TextView
from tests.hoopterm.cli.conftest import Command, StubEngine


def test_the_certificate_is_printed_as_it_is(engine: StubEngine, hoopterm: Command) -> None:
    engine.answers["GET", "/ca"] = TextView("-----BEGIN CERTIFICATE-----\nx\n")
    assert hoopterm("ca").out == "-----BEGIN CERTIFICATE-----\nx\n"
    assert hoopterm("ca", "--json").json == {"ca": "-----BEGIN CERTIFICATE-----\nx\n"}
