from __future__ import annotations

from pathlib import Path

from tests.servers.bastion import StartBastion

ONLY_LOOKING = """
rules:
  - {name: looking, decide: allow, who: {groups: [agents]}, what: {effects: [read]}}
"""


def test_what_no_rule_allows_is_refused_in_words_and_with_a_status(start_bastion: StartBastion) -> None:
    denied = start_bastion(ONLY_LOOKING).ssh("id")
    assert denied.returncode == 126
    assert denied.stdout == b""
    assert b"EXEC denied" in denied.stderr
    assert b'"decision":"deny"' in denied.stderr


def test_variables_reach_the_command_as_far_as_they_may(start_bastion: StartBastion) -> None:
    """SECURITY: `LD_PRELOAD` in env is never passed."""
    done = start_bastion().ssh(
        "echo $LANG $DEPLOY_TAG $LD_PRELOAD.",
        options=["-oSendEnv=LANG", "-oSetEnv=DEPLOY_TAG=v7 LD_PRELOAD=/tmp/evil.so"],
        env={"LANG": "C.UTF-8", "PATH": "/usr/bin:/bin"},
    )
    assert done.stdout == b"C.UTF-8 v7 .\n"


LOOK_AROUND = """
rules:
  - name: look-around
    decide: allow
    who: {groups: [agents]}
    what: {effects: [execute, read], commands: [uptime, "cat /etc/*"], paths: [/etc/*]}
"""


def test_a_command_runs_where_a_rule_names_its_words_and_the_paths_they_name(start_bastion: StartBastion) -> None:
    bastion = start_bastion(LOOK_AROUND)
    allowed = bastion.ssh("cat '/etc/host'name | cat /etc/hostname")
    assert allowed.returncode == 0
    assert allowed.stdout == Path("/etc/hostname").read_bytes()
    for line in (
        "cat /etc/../etc/hostname",
        "cat /etc/hostname; id",
        "cat /etc/hostname >/tmp/x",
        "cat $(echo /etc/hostname)",
    ):
        denied = bastion.ssh(line)
        assert (denied.returncode, denied.stdout) == (126, b""), line
    assert b"an expansion ($)" in denied.stderr
