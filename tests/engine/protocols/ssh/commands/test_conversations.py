"""Which command lines start a program that nothing can be masked of, and whether what it sends can be seen."""

from __future__ import annotations

import pytest

from engine.protocols.ssh.commands.conversations import Conversation, conversation


@pytest.mark.parametrize(
    ("line", "program", "is_packed"),
    [
        ("rsync --server --sender -logDtpre.iLsfxCIvu . /srv/x", "rsync", False),
        ("rsync --server --sender -logDtprze.iLsfxCIvu . /srv/x", "rsync", True),
        ("rsync --server --sender -logDtpre.iLsfxCIvu --new-compress . /srv/x", "rsync", True),
        ("rsync --server --sender -logDtpre.iLsfxCIvu --compress-choice=zstd . /srv/x", "rsync", True),
        ("sudo rsync --server -logDtpre.iLsfxCIvu . /srv/x", "rsync", False),
        ("git-upload-pack '/srv/x.git'", "git-upload-pack", True),
        ("/usr/bin/git upload-pack /srv/x.git", "git", True),
        ("sh -c 'git-receive-pack /srv/x.git'", "git-receive-pack", True),
        ("cd $HOME && git-upload-pack x.git", "git", True),
        ("test -d ~/x && rsync --server --sender -lr . ~/x", "rsync", True),
    ],
)
def test_it_is_found_behind_whatever_runs_it(line: str, program: str, is_packed: bool) -> None:
    assert conversation(line) == Conversation(program, is_packed)


@pytest.mark.parametrize("line", ["cat /etc/hosts", "rsync --version", "git status", "echo $HOME", "uptime"])
def test_other_commands_are_none(line: str) -> None:
    assert conversation(line) is None
