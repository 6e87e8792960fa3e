from __future__ import annotations

from engine.protocols.ssh.requests import Request


def test_a_request_has_the_verb_that_rules_name() -> None:
    assert Request("exec", "uptime").verb == "EXEC"
    assert Request("shell").verb == "SHELL"
