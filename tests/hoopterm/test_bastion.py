"""Connections through a real OpenSSH server to a socket behind it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import msgspec
import pytest
from aiohttp import web

from engine.api.schema import TextView
from hoopterm.client import Client
from hoopterm.errors import EngineUnreachable, Refused
from tests.servers.laptop import Laptop
from tests.servers.openssh import OpenSSHServer, agent, servers
from tests.servers.sshkeys import keygen, public

LONG = "x" * 3_000_000


@pytest.fixture
def laptop(tmp_path: Path, openssh: OpenSSHServer, monkeypatch: pytest.MonkeyPatch) -> Laptop:
    found = Laptop(tmp_path / "home", openssh)
    found.prepare()
    monkeypatch.setenv("HOME", str(found.home))
    monkeypatch.delenv("SSH_AUTH_SOCK", raising=False)
    return found


@asynccontextmanager
async def serving(socket: Path) -> AsyncIterator[Path]:
    """An engine that has a long key."""

    async def key(_: web.Request) -> web.StreamResponse:
        return web.Response(body=msgspec.json.encode(TextView(LONG)))

    application = web.Application()
    application.router.add_get("/v1/audit/key", key)
    runner = web.AppRunner(application, shutdown_timeout=0.1)
    await runner.setup()
    await web.UnixSite(runner, str(socket)).start()
    try:
        yield socket
    finally:
        await runner.cleanup()


async def test_the_client_speaks_through_openssh(laptop: Laptop, tmp_path: Path) -> None:
    async with serving(tmp_path / "c.sock") as socket, Client.at(laptop.address(socket)) as client:
        assert await client.verification_key() == LONG
        assert await client.verification_key() == LONG


async def test_a_name_of_the_configuration_is_enough(laptop: Laptop, tmp_path: Path) -> None:
    async with serving(tmp_path / "c.sock") as socket, Client.at(laptop.address(socket, "bastion")) as client:
        assert await client.verification_key() == LONG


async def test_the_agents_keys_are_used(laptop: Laptop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (laptop.files / "id_ed25519").unlink()
    with agent(tmp_path, laptop.server.key) as path:
        monkeypatch.setenv("SSH_AUTH_SOCK", str(path))
        async with serving(tmp_path / "c.sock") as socket, Client.at(laptop.address(socket)) as client:
            assert await client.verification_key() == LONG


@pytest.mark.parametrize(
    "configuration",
    ["StrictHostKeyChecking no", "UserKnownHostsFile none", "UserKnownHostsFile /dev/null", ""],
)
async def test_a_host_that_is_not_known_is_never_talked_to(laptop: Laptop, tmp_path: Path, configuration: str) -> None:
    laptop.known_hosts.unlink()
    laptop.config.write_text(f"{configuration}\n{laptop.config.read_text()}")
    with pytest.raises(Refused, match="is not one that known_hosts has") as caught:
        async with Client.at(laptop.address(tmp_path / "c.sock")) as client:
            await client.status()
    assert "asks you to compare it" in caught.value.hint


async def test_a_host_whose_key_has_changed_is_never_talked_to(laptop: Laptop, tmp_path: Path) -> None:
    other = keygen(tmp_path / "other")
    laptop.known_hosts.write_text(f"[127.0.0.1]:{laptop.server.port} {public(other)}\n")
    with pytest.raises(Refused, match="is not one that known_hosts has"):
        async with Client.at(laptop.address(tmp_path / "c.sock", "bastion")) as client:
            await client.status()


async def test_a_key_that_is_not_let_in_is_a_refusal(laptop: Laptop, tmp_path: Path) -> None:
    (laptop.files / "id_ed25519").unlink()
    keygen(laptop.files / "id_ed25519")
    with pytest.raises(Refused, match="does not let") as caught:
        async with Client.at(laptop.address(tmp_path / "c.sock")) as client:
            await client.status()
    assert f"ssh -p {laptop.server.port} {laptop.server.user}@127.0.0.1 true" in caught.value.hint


async def test_no_engine_behind_the_host_is_told_apart_from_no_host(laptop: Laptop, tmp_path: Path) -> None:
    with pytest.raises(EngineUnreachable, match=r"does not open .*/c\.sock"):
        async with Client.at(laptop.address(tmp_path / "c.sock")) as client:
            await client.status()
    with pytest.raises(EngineUnreachable, match="cannot be reached over SSH"):
        async with Client.at("ssh://bob@127.0.0.1:1/c.sock") as client:
            await client.status()


async def test_a_server_that_forwards_no_sockets_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with servers(tmp_path / "sshd", ("AllowStreamLocalForwarding no",)) as server:
        laptop = Laptop(tmp_path / "home", server)
        laptop.prepare()
        monkeypatch.setenv("HOME", str(laptop.home))
        async with serving(tmp_path / "c.sock") as socket:
            with pytest.raises(EngineUnreachable, match="does not open") as caught:
                async with Client.at(laptop.address(socket)) as client:
                    await client.status()
    assert "AllowStreamLocalForwarding" in caught.value.hint


async def test_a_host_that_goes_away_and_comes_back_is_reached_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with servers(tmp_path / "sshd") as server:
        laptop = Laptop(tmp_path / "home", server)
        laptop.prepare()
        monkeypatch.setenv("HOME", str(laptop.home))
        async with serving(tmp_path / "c.sock") as socket, Client.at(laptop.address(socket)) as client:
            assert await client.verification_key() == LONG
            server.hang_up()
            server.stop()
            with pytest.raises(EngineUnreachable):
                await client.verification_key()
            server.start()
            assert await client.verification_key() == LONG


async def test_a_configuration_that_cannot_be_read_is_said(laptop: Laptop, tmp_path: Path) -> None:
    laptop.config.write_text("Port seventeen\n")
    with pytest.raises(Refused, match="your SSH configuration"):
        async with Client.at(laptop.address(tmp_path / "c.sock")) as client:
            await client.status()
