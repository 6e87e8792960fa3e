from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.identity.krl import KRL, read
from engine.identity.wireforms import Malformed
from tests.servers.sshkeys import Authority, blob, keygen


def made(folder: Path, specification: str, *options: str | Path) -> KRL:
    """The list that ssh-keygen makes of a specification."""
    (folder / "specification").write_text(specification)
    line = ["ssh-keygen", "-q", "-k", *options, "-f", folder / "krl", folder / "specification"]
    subprocess.run(line, check=True, stdin=subprocess.DEVNULL)
    return read((folder / "krl").read_bytes())


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(keygen(tmp_path / "ca"))


def test_serials_and_key_ids_of_an_authority_are_revoked(tmp_path: Path, authority: Authority) -> None:
    scattered = "".join(f"serial: {number}\n" for number in (*range(1000, 1100, 3), 5, 77, 78, 79, 2**40))
    krl = made(tmp_path, f"{scattered}serial: 20-60\nid: stolen laptop\n", "-s", f"{authority.key}.pub")
    signer = blob(authority.key)
    revoked = {*range(1000, 1100, 3), 5, 77, 78, 79, 2**40, *range(20, 61)}
    for serial in (*range(1200), 2**40 - 1, 2**40, 2**40 + 1, 2**64 - 1):
        assert krl.revokes_certificate(signer, serial, "x") == (serial in revoked), serial
    assert krl.revokes_certificate(signer, 1, "stolen laptop")
    assert not krl.revokes_certificate(b"another", 5, "stolen laptop")


def test_keys_are_revoked_whole_or_by_their_digest(tmp_path: Path) -> None:
    key, other, third = (keygen(tmp_path / name) for name in ("key", "other", "third"))
    specification = f"key: {key.with_name('key.pub').read_text()}sha1: {other.with_name('other.pub').read_text()}"
    krl = made(tmp_path, specification)
    assert krl.revokes_key(blob(key))
    assert krl.revokes_key(blob(other))
    assert not krl.revokes_key(blob(third))
    by_sha256 = made(tmp_path, f"sha256: {third.with_name('third.pub').read_text()}")
    assert by_sha256.revokes_key(blob(third))


def test_a_list_without_anything_revokes_nothing(tmp_path: Path) -> None:
    assert not made(tmp_path, "").revokes_certificate(b"", 0, "")


def test_a_list_that_is_cut_or_unknown_is_refused(tmp_path: Path, authority: Authority) -> None:
    made(tmp_path, "serial: 1-9\nid: x\n", "-s", f"{authority.key}.pub")
    whole = (tmp_path / "krl").read_bytes()
    for cut in range(45, len(whole)):
        with pytest.raises(Malformed):
            read(whole[:cut])
    for wrong in (b"", b"x" + whole, whole[:-1] + b"\xff\xff", whole + b"\x09\0\0\0\0"):
        with pytest.raises(Malformed):
            read(wrong)


def test_a_range_that_ends_before_it_begins_is_refused(tmp_path: Path, authority: Authority) -> None:
    made(tmp_path, "serial: 20-60000\n", "-s", f"{authority.key}.pub")
    first, last = (20).to_bytes(8, "big"), (60000).to_bytes(8, "big")
    whole = (tmp_path / "krl").read_bytes()
    assert first + last in whole
    with pytest.raises(Malformed, match="ends before it begins"):
        read(whole.replace(first + last, last + first))


def test_a_list_that_demands_the_unknown_is_refused(tmp_path: Path) -> None:
    made(tmp_path, "")
    whole = (tmp_path / "krl").read_bytes()
    extension = b"\0\0\0\1x\1"
    with pytest.raises(Malformed, match="unknown extension x"):
        read(whole + b"\xff" + len(extension).to_bytes(4, "big") + extension)


@given(st.binary(max_size=200))
def test_any_other_bytes_are_refused(data: bytes) -> None:
    with pytest.raises(Malformed):
        read(b"SSHKRL\n\0\0\0\0\1" + data[:20])
