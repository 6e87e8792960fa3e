"""Signatures as OpenSSH's own program verifies them."""

from __future__ import annotations

import subprocess
from pathlib import Path

import asyncssh
import pytest

from engine.identity.sshsig import VOTE, armored, to_sign
from tests.servers.sshkeys import keygen, public


@pytest.mark.parametrize("kind", ["ed25519", "ecdsa", "rsa"])
@pytest.mark.parametrize(("namespace", "is_good"), [(VOTE, True), ("file", False)])
def test_ssh_keygen_verifies_what_was_signed_for_its_namespace(
    tmp_path: Path, kind: str, namespace: str, is_good: bool
) -> None:
    path = keygen(tmp_path / "key", kind=kind)
    key = asyncssh.read_private_key(path)
    algorithm = b"rsa-sha2-512" if kind == "rsa" else key.sig_algorithms[0]
    signature = armored(key.public_data, key.sign(to_sign(b"text"), algorithm))
    (tmp_path / "signature").write_text(signature)
    (tmp_path / "signers").write_text(f"bob {public(path)}\n")
    line = ["ssh-keygen", "-Y", "verify", "-f", str(tmp_path / "signers"), "-I", "bob", "-n", namespace]
    done = subprocess.run([*line, "-s", str(tmp_path / "signature")], input=b"text", capture_output=True)
    assert (done.returncode == 0) is is_good
