"""Ansible runs a playbook through the bastion, with OpenSSH's client as it always does."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
from pathlib import Path

from tests.servers.bastion import Bastion, StartBastion

PLAYBOOK = """
- hosts: all
  gather_facts: false
  tasks:
    - {name: make a folder, ansible.builtin.file: {path: "{{ folder }}", state: directory, mode: "0700"}}
    - {name: write, ansible.builtin.copy: {dest: "{{ folder }}/motd", content: "set by ansible\\n", mode: "0600"}}
    - {name: read it, ansible.builtin.command: {cmd: "cat {{ folder }}/motd"}, register: motd, changed_when: false}
    - {name: it is what was written, ansible.builtin.assert: {that: "motd.stdout == 'set by ansible'"}}
"""


def play(bastion: Bastion, folder: Path) -> subprocess.CompletedProcess[str]:
    home = bastion.directory / "ansible"
    home.mkdir()
    (home / "play.yaml").write_text(PLAYBOOK)
    options = bastion.options()
    host = {
        "ansible_host": "127.0.0.1",
        "ansible_port": bastion.port,
        "ansible_user": "web1",
        "ansible_ssh_common_args": shlex.join(options),
        "ansible_python_interpreter": sys.executable,
        "folder": str(folder),
    }
    (home / "hosts.json").write_text(json.dumps({"all": {"hosts": {"web1": host}}}))
    return subprocess.run(
        [
            str(Path(sys.executable).parent / "ansible-playbook"),
            "-i",
            str(home / "hosts.json"),
            str(home / "play.yaml"),
        ],
        env={
            "PATH": os.environ["PATH"],
            "HOME": str(home),
            "LC_ALL": "C.UTF-8",
            "ANSIBLE_LOCALHOST_WARNING": "False",
            "ANSIBLE_SSH_CONTROL_PATH_DIR": "/tmp",  # a socket's path is short
            "ANSIBLE_SSH_ARGS": "-o ControlMaster=no",
        },
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )


def test_a_playbook_changes_the_target_and_every_step_is_an_operation(
    start_bastion: StartBastion, tmp_path: Path
) -> None:
    bastion = start_bastion()
    done = play(bastion, tmp_path / "made")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "failed=0" in done.stdout
    assert (tmp_path / "made" / "motd").read_text() == "set by ansible\n"
    bastion.stop()
    assert bastion.verified().problems == []
    assert b"set by ansible" in bastion.everything_written()


def test_a_playbook_that_may_only_look_changes_nothing(start_bastion: StartBastion, tmp_path: Path) -> None:
    rules = """
    rules:
      - {name: looking, decide: allow, who: {groups: [agents]}, what: {effects: [read]}}
    """
    done = play(start_bastion(rules), tmp_path / "made")
    assert done.returncode != 0
    assert not (tmp_path / "made").exists()
