from __future__ import annotations

import contextlib
import socket
import subprocess

from engine.lobby import CAPACITY
from tests.servers.bastion import StartBastion


def test_a_person_whom_no_rule_covers_learns_only_that_they_may_not(start_bastion: StartBastion) -> None:
    refused = start_bastion().ssh("id", identity="alice")
    assert refused.returncode == 255
    assert b"no access to target web1" in refused.stderr
    assert refused.stdout == b""


async def test_a_session_that_is_killed_is_told_why(start_bastion: StartBastion) -> None:
    bastion = start_bastion()
    line = ["ssh", *bastion.options(), "-p", str(bastion.port), "web1@127.0.0.1", "echo ready; exec sleep 600"]
    with subprocess.Popen(  # noqa: ASYNC220  # it ends by itself
        line, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as client:
        assert client.stdout is not None
        assert client.stdout.readline() == b"ready\n"
        async with bastion.client() as control:
            (session,) = await control.sessions("live")
            await control.kill(session.id, "INC-7")
        _, errors = client.communicate(timeout=30)
    assert b"INC-7" in errors
    assert client.returncode == 255


def test_what_was_done_is_recorded_and_the_record_verifies(start_bastion: StartBastion) -> None:
    bastion = start_bastion()
    bastion.ssh("echo to-be-found")
    bastion.stop()
    assert bastion.verified().problems == []
    assert b"to-be-found\n" in bastion.everything_written()


def test_a_crowd_of_strangers_keeps_nobody_out(start_bastion: StartBastion) -> None:
    """SECURITY 6: before anybody logged in, who has waited longest makes room."""
    bastion = start_bastion()
    bastion.options()
    with contextlib.ExitStack() as strangers:
        crowd = [socket.create_connection(("127.0.0.1", bastion.port)) for _ in range(CAPACITY)]
        for each in crowd:
            strangers.enter_context(each)
        assert all(each.recv(4) == b"SSH-" for each in crowd)
        assert bastion.ssh("echo in").stdout == b"in\n"
        crowd[0].settimeout(30)
        while crowd[0].recv(4096):
            pass  # its greeting, and then the end
        assert crowd[-1].send(b"SSH-2.0-late\r\n")


def test_a_value_in_the_words_of_a_command_is_in_nothing_the_engine_wrote(start_bastion: StartBastion) -> None:
    """SECURITY 2: nothing unmasked in the log, the recording, the store: names of commands and paths included."""
    rules = """
    rules:
      - {name: shown, decide: allow, who: {groups: [agents]}, what: {effects: [execute], commands: ["echo **"]}}
      - name: asked
        decide: review
        who: {groups: [agents]}
        what: {effects: [execute, write], commands: ["touch **"], paths: ["/tmp/**"]}
        review: {reviewers: {groups: [dba]}, on_hold: reject}
    """
    bastion = start_bastion(rules, masking="masking: [{name: pii, detect: [email, credit_card]}]")
    value = "canary.7d1f@example.org"
    assert bastion.ssh(f"echo {value}").stdout == b"*" * len(value) + b"\n"
    assert bastion.ssh(f"touch /tmp/{value}").returncode == 126
    assert bastion.ssh(f"cat /srv/{value}").returncode == 126
    bastion.stop()
    assert bastion.verified().problems == []
    written = bastion.everything_written(without="hoopterm.db*")  # there its reviewers find the exact text
    assert b"command:echo ****" in written
    assert value.encode() not in written
