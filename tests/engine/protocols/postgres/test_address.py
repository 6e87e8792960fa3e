from __future__ import annotations

import pytest

from engine.protocols.postgres.address import Address, parse_address


@pytest.mark.parametrize(
    ("text", "address", "is_local"),
    [
        ("db.example", Address("db.example", 5432), False),
        ("db.example:6000", Address("db.example", 6000), False),
        ("localhost:1", Address("localhost", 1), True),
        ("127.0.0.9:5432", Address("127.0.0.9", 5432), True),
        ("10.0.0.1:65535", Address("10.0.0.1", 65535), False),
        ("[::1]:5433", Address("::1", 5433), True),
        ("[2001:db8::1]", Address("2001:db8::1", 5432), False),
        ("/var/run/postgresql", Address(path="/var/run/postgresql/.s.PGSQL.5432"), True),
        ("/var/run/postgresql/:5433", Address(path="/var/run/postgresql/.s.PGSQL.5433"), True),
        ("/tmp/.s.PGSQL.7", Address(path="/tmp/.s.PGSQL.7"), True),
    ],
)
def test_an_address_is_a_host_and_port_or_a_unix_socket(text: str, address: Address, is_local: bool) -> None:
    assert parse_address(text) == address
    assert address.is_local == is_local
    assert parse_address(str(address)) == address


@pytest.mark.parametrize(
    "text", ["", ":5432", "h:0", "h:65536", "h:x", "h:٥", "::1", "2001:db8::1:5432", "[::1", "[::1]x"]
)
def test_what_is_no_address_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        parse_address(text)
