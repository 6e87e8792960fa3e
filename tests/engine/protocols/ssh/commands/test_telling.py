import shlex

import pytest

from engine.model import Access, Effect, Resource
from engine.protocols.ssh.commands.telling import MAX_DEPTH, tell
from tests.engine.protocols.ssh.commands.saying import said


def test_each_command_of_a_line_is_told_with_what_its_words_and_redirections_name() -> None:
    assert said("LANG=C cat '/srv/a b' 2>/dev/null | wc -l >/tmp/n && rm -r /srv/x") == [
        "housekeeping variable:LANG",
        "execute command:cat '/srv/a b'",
        "read path:/srv/a b",
        "execute command:wc -l",
        "write path:/tmp/n",
        "execute command:rm -r /srv/x",
        "delete path:/srv/x/",
    ]


def test_a_program_that_nobody_knows_is_run_and_nothing_else_is_told() -> None:
    assert said("kubectl get pods -o wide") == ["execute command:kubectl get pods -o wide"]


def test_a_line_with_one_command_that_could_not_be_told_is_opaque_whole() -> None:
    told = tell("cat /etc/hosts; eval x")
    assert told.accesses == (Access(Effect.OPAQUE, Resource("command", "")),)
    assert told.why_opaque == "the command could not be told: eval of the shell"


@pytest.mark.parametrize(
    "line", ["echo x >/dev/tcp/h/1", "cat </dev//tcp/h/1", "cat </x/../dev/tcp/h/1", "echo >'/dev/udp/h/1'"]
)
def test_a_redirection_that_bash_takes_for_a_host_is_opaque(line: str) -> None:
    assert said(line) == ["opaque"]


def test_what_sudo_and_shells_run_is_told_too() -> None:
    assert said("sudo -u web timeout 5 sh -c 'cat /a; rm b'") == [
        "execute command:" + shlex.join(["sudo", "-u", "web", "timeout", "5", "sh", "-c", "cat /a; rm b"]),
        "execute command:" + shlex.join(["timeout", "5", "sh", "-c", "cat /a; rm b"]),
        "execute command:" + shlex.join(["sh", "-c", "cat /a; rm b"]),
        "execute command:cat /a",
        "read path:/a",
        "execute command:rm b",
        "delete path:b",
    ]


def test_commands_within_commands_end_somewhere() -> None:
    """SECURITY 6."""
    assert said("nohup " * MAX_DEPTH + "ls /")[0] != "opaque"
    assert said("nohup " * (MAX_DEPTH + 1) + "ls /") == ["opaque"]


def test_the_only_command_of_a_line_is_its_argv() -> None:
    assert tell("scp -t '/tmp/a b'").argv == ("scp", "-t", "/tmp/a b")
    for line in ("a; b", "a >f", "LANG=C a", "a $b"):
        assert tell(line).argv is None


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("internal-sftp", True),
        ("/usr/lib/openssh/sftp-server", True),
        ("sftp-server", True),
        ("sftp-server -e", False),
        ("sftp-server; ls", False),
        ("./sftp-server", False),
        ("/tmp/x sftp-server", False),
    ],
)
def test_an_sftp_server_is_known_where_it_is_all_that_is_started(line: str, expected: bool) -> None:
    assert tell(line).is_sftp is expected


def test_text_that_cannot_be_sent_is_opaque() -> None:
    assert said("ls \udcff") == ["opaque"]
    assert said(b"ls \xff") == ["opaque"]
