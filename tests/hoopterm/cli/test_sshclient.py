"""OpenSSH's own word on what it is told for a target."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from engine.api.schema import ConnectView
from hoopterm.cli.sshclient import prepare
from hoopterm.errors import Misused

ACCESS = ConnectView(
    "ssh", "bastion.example", 2222, "bob", "web1", "ht_token", "", known_hosts=["[bastion.example]:2222 ssh-ed25519 A"]
)


@pytest.mark.parametrize(
    ("command", "words"),
    [
        ([], ["ssh", "-F", "CONFIG", "-oBatchMode=no", "web1"]),
        (["-L", "8080:x:80"], ["ssh", "-F", "CONFIG", "-oBatchMode=no", "-L", "8080:x:80", "web1"]),
        (["scp", "a", "web1:b"], ["scp", "-F", "CONFIG", "-oBatchMode=no", "a", "web1:b"]),
        (["/usr/bin/sftp", "web1"], ["/usr/bin/sftp", "-F", "CONFIG", "-oBatchMode=no", "web1"]),
        (["rsync", "-a", "a", "web1:b"], ["rsync", "-a", "a", "web1:b"]),
    ],
)
def test_programs_are_told_the_target_in_their_own_way(tmp_path: Path, command: list[str], words: list[str]) -> None:
    line, environment = prepare(ACCESS, command, tmp_path)
    assert [word.replace(str(tmp_path / "config"), "CONFIG") for word in line] == words
    for name in ("RSYNC_RSH", "GIT_SSH_COMMAND"):
        assert environment[name] == f"ssh -F {tmp_path / 'config'}"
    assert "ht_token" not in str((line, environment))


def test_a_command_that_was_meant_for_the_target_is_not_run_here(tmp_path: Path) -> None:
    with pytest.raises(Misused, match="uptime would run on this machine, not on web1") as caught:
        prepare(ACCESS, ["uptime"], tmp_path)
    assert "-- ssh web1 uptime" in caught.value.hint
    assert prepare(ACCESS, ["/bin/true"], tmp_path)[0] == ["/bin/true"]


def test_ssh_reads_what_was_written_for_it(tmp_path: Path) -> None:
    line, _ = prepare(ACCESS, ["-G"], tmp_path)
    told = subprocess.run(line, capture_output=True, text=True, check=True).stdout.splitlines()
    assert {"hostname bastion.example", "port 2222", "user bob+web1", "stricthostkeychecking true"} <= set(told)
    assert f"userknownhostsfile {tmp_path / 'hosts'}" in told
    assert {path.stat().st_mode & 0o077 for path in tmp_path.iterdir()} == {0}


@pytest.mark.parametrize(
    ("prompt", "answer"),
    [
        ("bob+web1@bastion.example's password: ", "ht_token"),
        ("Username for 'https://git.example': ", ""),
        ("Password for 'https://bob@git.example': ", ""),
        ("Enter passphrase for key '/home/bob/.ssh/id_ed25519': ", ""),
    ],
)
def test_nobody_else_who_asks_is_given_the_token(tmp_path: Path, prompt: str, answer: str) -> None:
    """SECURITY promise 3."""
    _, environment = prepare(ACCESS, [], tmp_path)
    line = [environment["SSH_ASKPASS"], prompt]
    assert subprocess.run(line, capture_output=True, text=True, env={"PATH": os.environ["PATH"]}).stdout == answer
