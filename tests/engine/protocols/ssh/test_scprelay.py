from __future__ import annotations

import os
from pathlib import Path

import pytest

from engine.errors import ProtocolViolation
from engine.protocols.ssh.requests import Request
from engine.protocols.ssh.scp import Mark, Record
from engine.protocols.ssh.scprelay import Transfer, transfer_of
from tests.servers.bastion import StartBastion

ANYTHING_BUT_CLOSED = """
rules:
  - {name: work, decide: allow, who: {groups: [agents]}, what: {effects: [read, write, execute]}}
  - {name: closed, decide: deny, what: {paths: ["%(home)s/closed"], verbs: [READ, WRITE]}}
"""


def file(name: str) -> Record:
    return Record(Mark.FILE, b"", name.encode(), 1, 0o644)


@pytest.mark.parametrize(
    ("line", "transfer"),
    [
        ("scp -f /srv/a", Transfer(True, ("/srv/a",))),
        ("scp -r -p -f -- '/srv/a b' c", Transfer(True, ("/srv/a b", "c"))),
        ("scp -d -t /srv", Transfer(False, ("/srv",), into_folder=True)),
        ("scp -t /srv > /srv/log", None),
        ("scp -f /srv/*", None),
        ("scp -S evil -t /srv", None),
        ("scp a b", None),
        ("cat -f x", None),
    ],
)
def test_a_transfer_is_told_by_its_words(line: str, transfer: Transfer | None) -> None:
    assert transfer_of(Request("exec", line)) == transfer


def test_a_target_gives_only_what_it_was_asked_for() -> None:
    """SECURITY: CVE-2019-6111."""
    asked = Transfer(True, ("/srv/a", "/other/a", "/srv/b/"))
    assert asked.candidates(file("a"), []) == ["/srv/a", "/other/a"]
    assert asked.candidates(file("b"), []) == ["/srv/b/"]
    assert asked.candidates(file("x"), [["/srv/a"]]) == ["/srv/a/x"]
    with pytest.raises(ProtocolViolation, match="not asked for"):
        asked.candidates(file(".bashrc"), [])


def test_where_a_file_may_land_is_all_that_is_decided_on() -> None:
    assert Transfer(False, ("/srv",)).candidates(file("a"), []) == ["/srv", "/srv/a"]
    assert Transfer(False, ("/srv",), into_folder=True).candidates(file("a"), []) == ["/srv/a"]


def test_a_denied_file_of_a_tree_is_left_out_and_the_others_come(start_bastion: StartBastion, tmp_path: Path) -> None:
    home = tmp_path.resolve() / "home"
    home.mkdir()
    for name in ("a", "closed", "z"):
        (home / name).write_text(f"{name}\n")
    bastion = start_bastion(ANYTHING_BUT_CLOSED.replace("%(home)s", str(home)).replace("READ, WRITE", "READ"))
    done = bastion.run("scp", "-O", "-r", f":{home}", f"{tmp_path}/got")
    assert done.returncode == 1
    assert "READ denied" in done.stderr
    assert sorted(path.name for path in (tmp_path / "got").iterdir()) == ["a", "z"]


def test_a_denied_upload_of_a_tree_is_left_out_and_the_others_arrive(
    start_bastion: StartBastion, tmp_path: Path
) -> None:
    tmp_path = tmp_path.resolve()
    (tmp_path / "source").mkdir()
    (tmp_path / "there").mkdir()
    for name in ("a", "closed", "z"):
        (tmp_path / "source" / name).write_text(f"{name}\n")
    rules = ANYTHING_BUT_CLOSED.replace("%(home)s", f"{tmp_path}/there/source").replace("READ, WRITE", "WRITE")
    done = start_bastion(rules).run("scp", "-O", "-r", f"{tmp_path}/source", f":{tmp_path}/there")
    assert done.returncode == 1
    assert "WRITE denied" in done.stderr
    assert sorted(path.name for path in (tmp_path / "there" / "source").iterdir()) == ["a", "z"]


def test_content_arrives_as_it_is(start_bastion: StartBastion, tmp_path: Path) -> None:
    content = os.urandom(2_000_000)
    (tmp_path / "a").write_bytes(content)
    bastion = start_bastion()
    assert bastion.run("scp", "-O", f"{tmp_path}/a", f":{tmp_path}/b").returncode == 0
    assert bastion.run("scp", "-O", f":{tmp_path}/b", f"{tmp_path}/c").returncode == 0
    assert (tmp_path / "c").read_bytes() == content
    missing = bastion.run("scp", "-O", f":{tmp_path}/nothing", f"{tmp_path}/d")
    assert missing.returncode == 1
    assert "No such file" in missing.stderr
