from __future__ import annotations

from pathlib import Path

import pytest

from engine.protocols.ssh.filerelay import carries_sftp
from engine.protocols.ssh.requests import Request, Terminal
from tests.servers.bastion import StartBastion

TERMINAL = Terminal("xterm", (80, 24, 0, 0), {})
CARD = "4111 1111 1111 1111"


@pytest.mark.parametrize(
    ("request_", "carries"),
    [
        (Request("subsystem", "sftp"), True),
        (Request("subsystem", "netconf"), False),
        (Request("exec", "/usr/lib/openssh/sftp-server"), True),
        (Request("exec", "internal-sftp"), True),
        (Request("exec", "/usr/lib/openssh/sftp-server -R"), False),
        (Request("exec", "cat sftp-server"), False),
        (Request("exec", "/usr/lib/openssh/sftp-server", TERMINAL), False),
        (Request("shell"), False),
    ],
)
def test_what_speaks_sftp_is_told_by_what_is_asked_for(request_: Request, carries: bool) -> None:
    assert carries_sftp(request_) is carries


def test_a_server_that_is_run_as_a_command_is_understood_as_the_subsystem_is(
    start_bastion: StartBastion, tmp_path: Path
) -> None:
    """SECURITY promise 2: another way to the same files."""
    (tmp_path / "file").write_text(f"card {CARD}\n")
    bastion = start_bastion(masking="masking: [{name: pii, detect: [credit_card]}]")
    options = ("-s", "/usr/lib/openssh/sftp-server", "-b", "-")
    done = bastion.run("sftp", *options, input=f"get {tmp_path}/file {tmp_path}/got\n")
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "got").read_text() == f"card {'*' * len(CARD)}\n"
