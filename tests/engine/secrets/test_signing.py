import subprocess
from datetime import UTC, datetime
from pathlib import Path

from engine.keys import load_or_make_ssh_ca, public_line
from engine.secrets.resolve import CertificateTerms
from engine.secrets.signing import sign

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
TERMS = CertificateTerms("deploy", 300.0)


def test_a_certificate_names_one_principal_for_a_short_time(tmp_path: Path) -> None:
    authority = load_or_make_ssh_ca(tmp_path)
    signed = sign(authority, TERMS, "s-1 bot", NOW)
    path = tmp_path / "signed.pub"
    path.write_bytes(signed.certificate.export_certificate())
    line = ["ssh-keygen", "-L", "-f", str(path)]
    environment = {"PATH": "/usr/bin:/bin", "TZ": "UTC"}
    shown = subprocess.run(line, capture_output=True, text=True, check=True, env=environment).stdout
    assert 'Key ID: "s-1 bot"' in shown
    assert "Principals: \n                deploy\n        Critical" in shown
    assert "Valid: from 2026-11-24T11:59:00 to 2026-11-24T12:05:00" in shown
    (tmp_path / "ca.pub").write_text(public_line(authority))
    fingerprint = subprocess.run(
        ["ssh-keygen", "-l", "-f", tmp_path / "ca.pub"], capture_output=True, text=True, check=True
    )
    assert f"Signing CA: ED25519 {fingerprint.stdout.split()[1]}" in shown


def test_each_certificate_is_for_a_key_of_its_own_that_is_shown_nowhere(tmp_path: Path) -> None:
    """SECURITY promise 3."""
    authority = load_or_make_ssh_ca(tmp_path)
    one, other = (sign(authority, TERMS, "s-1 bot", NOW) for _ in range(2))
    assert one.key.public_data != other.key.public_data
    assert one.certificate.public_data != other.certificate.public_data
    assert "object at" in repr(one)
    assert [path.name for path in tmp_path.iterdir()] == ["ssh_user_ca_key"]
