from __future__ import annotations

import pytest

from engine.protocols.ssh.requests import Request, is_never_passed


@pytest.mark.parametrize(
    "name", ["LD_PRELOAD", "ld_preload", "PATH", "BASH_ENV", "PYTHONPATH", "GIT_SSH_COMMAND", "", "A B", "A=B", "ÄA"]
)
def test_variables_that_make_programs_run_otherwise_are_never_passed(name: str) -> None:
    """SECURITY: `LD_PRELOAD` in env is refused, in any letter case."""
    assert is_never_passed(name)


@pytest.mark.parametrize("name", ["LANG", "LC_ALL", "TERM", "DEPLOY_TAG", "X1"])
def test_other_variables_are_for_the_rules_to_decide(name: str) -> None:
    assert not is_never_passed(name)


def test_a_request_has_the_verb_that_rules_name() -> None:
    assert Request("exec", "uptime").verb == "EXEC"
    assert Request("shell").verb == "SHELL"
