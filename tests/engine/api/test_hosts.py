"""SSH's keys over the wire of the control API."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from engine.config.models import Listener
from engine.listeners import Listening
from engine.model import Target
from hoopterm.errors import Refused
from tests.engine.api.conftest import Serving
from tests.servers.openssh import OpenSSHServer
from tests.servers.sshkeys import sample


async def test_the_keys_of_ssh_are_served_with_every_address(serving: Serving) -> None:
    gateway = serving.gateway
    listener = Listener(listen="0.0.0.0:22", names=("bastion.example",))
    listeners = {"ssh": listener}
    gateway.revision = replace(gateway.revision, settings=replace(gateway.revision.settings, listeners=listeners))
    gateway.listeners.listening += [
        Listening("ssh", "0.0.0.0", 22, ""),
        Listening("ssh", "127.0.0.1", 2222, ""),
        Listening("postgres", "127.0.0.1", 1, "auto"),
    ]
    keys = await serving.client.ssh_keys()
    assert keys.known_hosts == [
        f"{address} {keys.host_key}" for address in ("bastion.example", "[bastion.example]:2222", "[127.0.0.1]:2222")
    ]
    assert keys.user_ca.startswith("ssh-ed25519 ")
    assert keys.user_ca != keys.host_key
    assert keys.fingerprint.startswith("SHA256:")
    assert "PRIVATE" not in repr(keys)


async def test_a_target_without_host_keys_is_nothing_to_learn_of(serving: Serving) -> None:
    with pytest.raises(Refused, match="shop has no host key"):
        await serving.client.learn("shop")
    with pytest.raises(Refused, match="no target 'nope'"):
        await serving.client.learn("nope")


async def test_a_host_key_is_learned_once_and_only_the_one_that_was_looked_at(
    serving: Serving, openssh: OpenSSHServer, tmp_path: Path
) -> None:
    gateway = serving.gateway
    (path,) = gateway.revision.sources
    web1 = (
        f'  # a host\n  - {{name: web1, protocol: ssh, address: "127.0.0.1:{openssh.port}", credential: {{user: x}}}}\n'
    )
    path.write_text(path.read_text().replace("targets:\n", f"targets:\n{web1}", 1))
    await serving.client.apply_policy()
    shown = await serving.client.learn("web1")
    assert (shown.key, shown.is_pinned) == (" ".join(openssh.host_key.split()[:2]), False)
    with pytest.raises(Refused, match="shows another key now"):
        await serving.client.learn("web1", sample(1))
    assert not gateway.revision.targets["web1"].host_keys
    assert (await serving.client.learn("web1", shown.key)).is_pinned
    assert gateway.revision.targets["web1"].host_keys == (shown.key,)
    assert "  # a host\n" in path.read_text()
    with pytest.raises(Refused, match="pinned already"):
        await serving.client.learn("web1")


async def test_a_target_that_does_not_answer_is_told(serving: Serving) -> None:
    gateway = serving.gateway
    away = Target("away", "ssh", "127.0.0.1:1")
    gateway.revision = replace(gateway.revision, targets={**gateway.revision.targets, "away": away})
    with pytest.raises(Refused, match="away could not be reached"):
        await serving.client.learn("away")
