"""Which command lines start a program that nothing can be masked of, and whether what it sends can be seen."""

from __future__ import annotations

import pytest

from engine.protocols.ssh.commands.conversations import Conversation, conversation


@pytest.mark.parametrize(
    ("line", "program", "is_packed", "is_alone"),
    [
        ("rsync --server --sender -logDtpre.iLsfxCIvu . /srv/x", "rsync", False, True),
        ("rsync --server --sender -logDtprze.iLsfxCIvu . /srv/x", "rsync", True, True),
        ("rsync --server --sender -logDtpre.iLsfxCIvu --new-compress . /srv/x", "rsync", True, True),
        ("rsync --server --sender -logDtpre.iLsfxCIvu --compress-choice=zstd . /srv/x", "rsync", True, True),
        ("sudo rsync --server -logDtpre.iLsfxCIvu . /srv/x", "rsync", False, True),
        ("git-upload-pack '/srv/x.git'", "git-upload-pack", True, True),
        ("/usr/bin/git upload-pack /srv/x.git", "git", True, False),
        ("sh -c 'git-receive-pack /srv/x.git'", "git-receive-pack", True, False),
        ("cd $HOME && git-upload-pack x.git", "git", True, False),
        ("test -d ~/x && rsync --server --sender -lr . ~/x", "rsync", True, False),
    ],
)
def test_it_is_found_behind_whatever_runs_it(line: str, program: str, is_packed: bool, is_alone: bool) -> None:
    assert conversation(line) == Conversation(program, is_packed, is_alone)


@pytest.mark.parametrize(
    "line",
    [
        "git-upload-pack x.git; cat secrets",
        "cat secrets && git-upload-pack x.git",
        "cat secrets | git-upload-pack x.git",
        "git-upload-pack x.git & cat secrets",
        "git-upload-pack x.git\ncat secrets",
        "git-upload-pack x.git < secrets",
        "sh -c 'git-upload-pack x.git; cat secrets'",
        "sudo sh -c 'cat secrets; git-upload-pack x.git'",
        "rsync --server --sender -lr . x; cat secrets",
        "cat secrets; rsync --server --sender -lr . x",
        "$(cat secrets) git-upload-pack x.git",
    ],
)
def test_a_line_that_runs_anything_else_is_never_taken_for_it_alone(line: str) -> None:
    """SECURITY promise 2: what is let run unseen shows nothing of other commands."""
    found = conversation(line)
    assert found is not None
    assert not found.is_alone


@pytest.mark.parametrize(
    ("line", "is_installed"),
    [
        ("git-upload-pack /srv/x", True),
        ("sudo /usr/bin/rsync --server . x", True),
        ("/tmp/git-upload-pack /srv/x", False),
        ("./git-upload-pack /srv/x", False),
        ("/git-upload-pack /srv/x", False),
        ("/usr/bin/../../tmp/git-upload-pack /srv/x", False),
        ("nice /home/bot/rsync --server -z . x", False),
    ],
)
def test_a_program_of_its_name_anywhere_else_is_told_apart(line: str, is_installed: bool) -> None:
    """SECURITY promise 2: what is let run unseen is what has the name, not what a client called so."""
    found = conversation(line)
    assert found is not None
    assert found.is_installed == is_installed


@pytest.mark.parametrize("line", ["cat /etc/hosts", "rsync --version", "git status", "echo $HOME", "uptime"])
def test_other_commands_are_none(line: str) -> None:
    assert conversation(line) is None
