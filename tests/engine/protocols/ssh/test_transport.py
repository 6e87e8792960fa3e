from __future__ import annotations

import re

import pytest

from tests.servers.bastion import StartBastion


@pytest.mark.parametrize(
    ("asked", "cipher"),
    [((), "aes128-gcm@openssh.com"), (("-oCiphers=aes256-gcm@openssh.com",), "aes256-gcm@openssh.com")],
)
def test_openssh_is_offered_the_ciphers_that_cost_least(
    start_bastion: StartBastion, asked: tuple[str, ...], cipher: str
) -> None:
    done = start_bastion().ssh("true", options=["-oLogLevel=DEBUG1", *asked])
    assert set(re.findall(rb"cipher: (\S+)", done.stderr)) == {cipher.encode()}


def test_weak_ciphers_are_not_to_be_had(start_bastion: StartBastion) -> None:
    refused = start_bastion().ssh("true", options=["-oLogLevel=INFO", "-oCiphers=aes128-cbc"])
    assert refused.returncode == 255
    assert b"no matching cipher" in refused.stderr
