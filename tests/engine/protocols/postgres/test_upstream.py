from __future__ import annotations

import pytest

from engine.protocols.postgres import upstream
from engine.secrets.resolve import Login
from engine.secrets.secret import Secret
from engine.tls import ClientTLS, TLSMode
from tests.servers.debian_postgres import PASSWORD, DebianPostgres


@pytest.mark.parametrize("user", ["trusted", "app", "plain", "hashed"])
@pytest.mark.parametrize("mode", [TLSMode.DISABLE, TLSMode.PREFER, TLSMode.REQUIRE])
async def test_every_way_to_authenticate_opens_a_session(
    debian_postgres: DebianPostgres, user: str, mode: TLSMode
) -> None:
    session = await upstream.connect(
        debian_postgres.address,
        "shop",
        Login(user, Secret(PASSWORD)),
        {"application_name": "test"},
        tls=ClientTLS(mode),
    )
    assert session.parameters["application_name"] == "test"
    assert session.pid
    assert len(session.key) == 4
    assert session.minor == 0
    session.transport.close()
