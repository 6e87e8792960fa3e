from __future__ import annotations

from tests.servers.bastion import StartBastion
from tests.servers.sshkeys import keygen


def test_a_key_nobody_has_lets_nobody_in(start_bastion: StartBastion) -> None:
    bastion = start_bastion()
    keygen(bastion.directory / "stranger")
    refused = bastion.ssh("id", identity="stranger")
    assert refused.returncode == 255
    assert b"Permission denied" in refused.stderr
