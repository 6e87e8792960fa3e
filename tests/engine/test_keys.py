import subprocess
from pathlib import Path

import pytest

from engine.errors import HooptermError
from engine.keys import load_or_make, load_or_make_host_key, load_or_make_signing_key, load_or_make_ssh_ca, public_line


def test_a_key_is_made_once_and_private(tmp_path: Path) -> None:
    key = load_or_make(tmp_path, "masking.key")
    assert len(key) == 32
    assert load_or_make(tmp_path, "masking.key") == key
    assert (tmp_path / "masking.key").stat().st_mode & 0o777 == 0o600
    assert load_or_make(tmp_path, "approvals.key") != key


def test_a_torn_key_is_refused_rather_than_replaced(tmp_path: Path) -> None:
    (tmp_path / "masking.key").write_bytes(b"short")
    with pytest.raises(HooptermError, match="5 bytes instead of 32"):
        load_or_make(tmp_path, "masking.key")


def test_a_torn_signing_key_is_refused_without_quoting_it(tmp_path: Path) -> None:
    (tmp_path / "log.key").write_text("PRIVATE+KEY+hoopterm-1+bW9ycw")
    with pytest.raises(HooptermError, match="a signing key reads") as caught:
        load_or_make_signing_key(tmp_path, "log.key")
    assert "bW9ycw" not in str(caught.value)


def test_the_keys_of_ssh_are_made_once_and_read_by_openssh(tmp_path: Path) -> None:
    host, authority = load_or_make_host_key(tmp_path), load_or_make_ssh_ca(tmp_path)
    assert host != authority
    assert (load_or_make_host_key(tmp_path), load_or_make_ssh_ca(tmp_path)) == (host, authority)
    for name, key in (("ssh_host_ed25519_key", host), ("ssh_user_ca_key", authority)):
        assert (tmp_path / name).stat().st_mode & 0o777 == 0o600
        line = ["ssh-keygen", "-y", "-f", str(tmp_path / name)]
        assert subprocess.run(line, capture_output=True, text=True, check=True).stdout.strip() == public_line(key)


def test_a_torn_key_of_ssh_is_refused_without_quoting_it(tmp_path: Path) -> None:
    torn = load_or_make_host_key(tmp_path)[:-200]
    (tmp_path / "ssh_host_ed25519_key").write_bytes(torn)
    with pytest.raises(HooptermError, match="no private key of SSH") as caught:
        load_or_make_host_key(tmp_path)
    assert torn.splitlines()[1].decode() not in str(caught.value)
