from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.identity.certificates import FOREVER, USER, read
from engine.identity.wireforms import Malformed
from tests.servers.sshkeys import Authority, blob, keygen


@pytest.mark.parametrize("kind", ["ed25519", "ecdsa", "rsa"])
def test_a_certificate_reads_as_ssh_keygen_wrote_it(tmp_path: Path, kind: str) -> None:
    authority, key = Authority(keygen(tmp_path / "ca")), keygen(tmp_path / "key", kind=kind)
    options = ("-O", "clear", "-O", "force-command=uptime", "-O", "permit-pty")
    certificate = read(blob(authority.sign(key, "bot", "a b", serial=7, validity="always:forever", options=options)))
    assert (certificate.key, certificate.authority) == (blob(key), blob(authority.key))
    assert (certificate.serial, certificate.kind, certificate.id) == (7, USER, "key 1")
    assert certificate.principals == ("bot", "a b")
    assert (certificate.valid_after, certificate.valid_before) == (0, FOREVER)
    assert certificate.critical == {"force-command": b"uptime"}
    assert certificate.extensions == {"permit-pty": b""}
    assert certificate.signature == "ssh-ed25519"


def test_a_certificate_that_is_cut_or_longer_is_refused(tmp_path: Path) -> None:
    whole = blob(Authority(keygen(tmp_path / "ca")).sign(keygen(tmp_path / "key"), "bot"))
    for cut in range(len(whole)):
        with pytest.raises(Malformed):
            read(whole[:cut])
    with pytest.raises(Malformed, match="goes on"):
        read(whole + b"\0")


def test_an_option_that_is_there_twice_is_refused(tmp_path: Path) -> None:
    options = ("-O", "clear", "-O", "permit-pty")
    whole = blob(Authority(keygen(tmp_path / "ca")).sign(keygen(tmp_path / "key"), "bot", options=options))
    entry = b"\0\0\0\x0apermit-pty\0\0\0\0"
    once, twice = (len(each).to_bytes(4, "big") + each for each in (entry, entry * 2))
    assert once in whole
    with pytest.raises(Malformed, match="permit-pty is there twice"):
        read(whole.replace(once, twice))


@given(st.binary(max_size=300))
def test_any_other_bytes_are_refused(data: bytes) -> None:
    with pytest.raises(Malformed):
        read(data)
