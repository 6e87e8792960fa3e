"""`hoopterm connect` and `hoopterm ca` with a real bastion and OpenSSH's own programs."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.servers.bastion import Bastion, StartBastion

RULES = """
rules:
  - name: work
    decide: allow
    who: {groups: [dba, agents]}
    what: {effects: [read, write, delete, execute, network, session, opaque]}
"""


@pytest.fixture
def bastion(start_bastion: StartBastion) -> Bastion:
    return start_bastion(RULES)


def hoopterm(bastion: Bastion, *words: str, home: Path) -> subprocess.CompletedProcess[str]:
    """The command line, with a home and a runtime directory of its own."""
    home.mkdir(exist_ok=True)
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(home),
        "XDG_RUNTIME_DIR": str(home),
        "HOOPTERM_ENGINE": str(bastion.directory / "control.sock"),
        "GIT_CONFIG_COUNT": "1",
        "GIT_CONFIG_KEY_0": "safe.directory",
        "GIT_CONFIG_VALUE_0": "*",
    }
    line = [sys.executable, "-m", "hoopterm", *words]
    return subprocess.run(line, capture_output=True, text=True, timeout=60, stdin=subprocess.DEVNULL, env=environment)


def test_openssh_s_programs_and_rsync_and_git_reach_a_target_and_the_user_s_files_are_left_alone(
    bastion: Bastion, tmp_path: Path
) -> None:
    home, files = tmp_path / "home", tmp_path / "files"
    files.mkdir()
    (files / "a").write_text("one\n")
    subprocess.run(["git", "init", "-q", "--bare", files / "repository"], check=True)
    done = hoopterm(bastion, "connect", "web1", "--", "ssh", "web1", "echo in; exit 7", home=home)
    assert (done.stdout, done.returncode) == ("in\n", 7), done.stderr
    done = hoopterm(bastion, "connect", "web1", "--", "rsync", f"web1:{files}/a", str(tmp_path / "b"), home=home)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "b").read_text() == "one\n"
    for words in ((), ("-O",)):
        copy = ("scp", *words, f"web1:{files}/a", str(tmp_path / f"c{len(words)}"))
        assert (done := hoopterm(bastion, "connect", "web1", "--", *copy, home=home)).returncode == 0, done.stderr
        assert (tmp_path / f"c{len(words)}").read_text() == "one\n"
    batch = tmp_path / "batch"
    batch.write_text(f"get {files}/a {tmp_path}/d\n")
    done = hoopterm(bastion, "connect", "web1", "--", "sftp", "-b", str(batch), "web1", home=home)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "d").read_text() == "one\n"
    clone = ("git", "clone", "-q", f"web1:{files}/repository", str(tmp_path / "clone"))
    done = hoopterm(bastion, "connect", "web1", "--", *clone, home=home)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "clone" / ".git").is_dir()
    assert list(home.iterdir()) == []


def test_a_key_that_is_not_the_engine_s_is_not_connected_to(bastion: Bastion, tmp_path: Path) -> None:
    keys = hoopterm(bastion, "ca", "--ssh", home=tmp_path / "home")
    known = tmp_path / "known"
    known.write_text(keys.stdout)
    line = ["ssh", f"-oUserKnownHostsFile={known}", "-oGlobalKnownHostsFile=/dev/null", "-oStrictHostKeyChecking=yes"]
    line += [f"-oIdentityFile={bastion.key()}", "-oBatchMode=yes", "-F", "none", "-p", str(bastion.port)]
    done = subprocess.run([*line, "web1@127.0.0.1", "echo in"], capture_output=True, text=True, timeout=60)
    assert done.stdout == "in\n", done.stderr
    known.write_text(keys.stdout.replace("[127.0.0.1]", "[elsewhere]"))
    done = subprocess.run([*line, "web1@127.0.0.1", "echo in"], capture_output=True, text=True, timeout=60)
    assert done.returncode == 255
    assert "Host key verification failed" in done.stderr
