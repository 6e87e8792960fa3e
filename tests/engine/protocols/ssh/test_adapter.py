from __future__ import annotations

import subprocess

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
