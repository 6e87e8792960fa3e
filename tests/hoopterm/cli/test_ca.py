from __future__ import annotations

from engine.api.schema import SSHKeysView, TextView
from tests.hoopterm.cli.conftest import Command, StubEngine

KEYS = SSHKeysView("ssh-ed25519 A", "SHA256:a", ["[h]:2222 ssh-ed25519 A"], "ssh-ed25519 B", "SHA256:b")


def test_the_certificate_is_printed_as_it_is(engine: StubEngine, hoopterm: Command) -> None:
    engine.answers["GET", "/ca"] = TextView("-----BEGIN CERTIFICATE-----\nx\n")
    assert hoopterm("ca").out == "-----BEGIN CERTIFICATE-----\nx\n"


def test_the_keys_of_ssh_are_lines_for_the_files_they_go_to(engine: StubEngine, hoopterm: Command) -> None:
    engine.answers["GET", "/ca/ssh"] = KEYS
    assert hoopterm("ca", "--ssh").out == "[h]:2222 ssh-ed25519 A\n"
    assert hoopterm("ca", "--ssh-users").out == "ssh-ed25519 B hoopterm\n"
    assert hoopterm("ca", "--ssh", "--ssh-users").status == 2


def test_with_json_all_of_it_is_printed(engine: StubEngine, hoopterm: Command) -> None:
    engine.answers["GET", "/ca"] = TextView("-----BEGIN CERTIFICATE-----\nx\n")
    engine.answers["GET", "/ca/ssh"] = KEYS
    printed = hoopterm("ca", "--json").json
    assert printed["ca"] == "-----BEGIN CERTIFICATE-----\nx\n"
    assert printed["ssh"]["known_hosts"] == ["[h]:2222 ssh-ed25519 A"]
