import base64
import struct
import subprocess
from pathlib import Path
from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from engine.config.publickeys import OneOrMoreKeys, PublicKey, RevocationList, fingerprint
from tests.servers.sshkeys import Authority, blob, keygen, line


def accepts(kind: Any, value: object) -> Any:
    return TypeAdapter(kind).validate_python(value)


def refusal(value: object) -> str:
    with pytest.raises(ValidationError) as caught:
        accepts(PublicKey, value)
    return str(caught.value.errors()[0]["ctx"]["what"])


@pytest.mark.parametrize("kind", ["ed25519", "ecdsa -b 256", "ecdsa -b 384", "ecdsa -b 521", "rsa -b 2048"])
def test_a_key_is_read_as_ssh_keygen_writes_it_and_kept_without_its_comment(tmp_path: Path, kind: str) -> None:
    path = keygen(tmp_path / "key", *kind.split()[1:], kind=kind.split()[0], comment="ada at her desk")
    written = line(path)
    assert accepts(PublicKey, written) == " ".join(written.split()[:2])


def test_a_private_key_pasted_by_mistake_is_refused_without_quoting_it(tmp_path: Path) -> None:
    """SECURITY promise 3."""
    private = keygen(tmp_path / "key").read_text()
    assert refusal(private) == "this is a private key, which belongs in no configuration"
    with pytest.raises(ValidationError) as caught:
        accepts(PublicKey, private.splitlines()[1])  # only its middle
    assert private.splitlines()[1] not in str(caught.value.errors()[0]["ctx"])


def test_weak_keys_are_refused(tmp_path: Path) -> None:
    rsa = keygen(tmp_path / "rsa", "-b", "1024", kind="rsa")
    assert refusal(line(rsa)) == "an RSA key of 1024 bits is not believed"
    dss = base64.b64encode(struct.pack(">I", 7) + b"ssh-dss" + bytes(64)).decode()
    assert refusal(f"ssh-dss {dss}") == "DSA keys are not believed"


def test_a_certificate_is_no_key(tmp_path: Path) -> None:
    authority = Authority(keygen(tmp_path / "ca"))
    assert refusal(line(authority.sign(keygen(tmp_path / "key"), "bot"))) == "this is a certificate"


@pytest.mark.parametrize(
    "value",
    [
        "",
        "ssh-ed25519",
        "ssh-ed25519 AAAA",
        "ssh-ed25519 !!!!",
        "AAAAC3NzaC1lZDI1NTE5AAAAIE",
        'from="10.0.0.1" ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIE',
        "ssh-rsa AAAAC3NzaC1lZDI1NTE5AAAAIJu5vVJ1Zf0Jw6tL0vJZ0Lk6oM0m5JvQ0m3Qm0vVJ1Zf",
        "ssh-ed25519 " + "A" * 20_000,
        7,
        None,
        ["x"],
    ],
)
def test_what_is_no_key_is_refused(value: object) -> None:
    with pytest.raises(ValidationError):
        accepts(PublicKey, value)


def test_one_key_may_stand_where_several_may(tmp_path: Path) -> None:
    one, other = (accepts(PublicKey, line(keygen(tmp_path / name))) for name in ("a", "b"))
    assert accepts(OneOrMoreKeys, one) == (one,)
    assert accepts(OneOrMoreKeys, [one, other]) == (one, other)
    with pytest.raises(ValidationError):
        accepts(OneOrMoreKeys, [])


def test_a_fingerprint_is_the_one_ssh_keygen_shows(tmp_path: Path) -> None:
    path = keygen(tmp_path / "key")
    shown = subprocess.run(["ssh-keygen", "-l", "-f", str(path)], capture_output=True, text=True, check=True).stdout
    assert fingerprint(accepts(PublicKey, line(path))) in shown


def test_a_revocation_list_is_read_with_the_configuration(tmp_path: Path) -> None:
    key = keygen(tmp_path / "key")
    subprocess.run(["ssh-keygen", "-q", "-k", "-f", tmp_path / "list", f"{key}.pub"], check=True)
    read = TypeAdapter(RevocationList).validate_python("list", context={"folder": tmp_path})
    assert read.revokes_key(blob(key))
    (tmp_path / "torn").write_bytes(b"SSHKRL")
    for name, why in (("torn", "does not read"), ("none", "cannot be read")):
        with pytest.raises(ValidationError) as caught:
            TypeAdapter(RevocationList).validate_python(name, context={"folder": tmp_path})
        assert why in caught.value.errors()[0]["ctx"]["what"]
