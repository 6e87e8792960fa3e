from __future__ import annotations

import pytest

from engine.errors import UpstreamError
from engine.model import Target
from engine.protocols.ssh.upstream import address_of, connect, keys_of
from engine.secrets.resolve import Login
from engine.secrets.secret import Secret
from tests.servers.openssh import OpenSSHServer
from tests.servers.sshkeys import keygen, public


@pytest.mark.parametrize(
    ("address", "found"),
    [
        ("web1.example:2022", ("web1.example", 2022)),
        ("web1.example", ("web1.example", 22)),
        ("[::1]:2022", ("::1", 2022)),
        ("::1", ("::1", 22)),
    ],
)
def test_an_address_without_a_port_means_the_port_of_ssh(address: str, found: tuple[str, int]) -> None:
    assert address_of(Target("web1", "ssh", address)) == found


def target_of(server: OpenSSHServer, host_key: str) -> tuple[Target, Login]:
    login = Login(server.user, private_key=Secret(server.key.read_text()))
    return Target("web1", "ssh", f"127.0.0.1:{server.port}", host_keys=(host_key,)), login


async def test_the_engine_logs_in_with_the_key_it_holds(openssh: OpenSSHServer) -> None:
    connection = await connect(*target_of(openssh, openssh.host_key))
    done = await connection.run("echo here")
    connection.close()
    await connection.wait_closed()
    assert done.stdout == "here\n"


async def test_another_host_key_than_the_pinned_one_is_not_logged_in_to(
    openssh: OpenSSHServer, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """SECURITY CVE-2026-91166: the upstream's host key is pinned per target."""
    other = public(keygen(tmp_path_factory.mktemp("other") / "host"))
    before = openssh.log.count("Accepted publickey")
    with pytest.raises(UpstreamError, match="another host key"):
        await connect(*target_of(openssh, other))
    assert openssh.log.count("Accepted publickey") == before


def test_a_private_key_that_does_not_read_is_not_quoted() -> None:
    """SECURITY 3: no credential in an error."""
    with pytest.raises(UpstreamError) as raised:
        keys_of(Login("deploy", private_key=Secret("-----BEGIN hunter2")))
    assert "hunter2" not in repr(raised.value) + str(raised.value)
