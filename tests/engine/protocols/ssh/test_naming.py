from __future__ import annotations

import pytest

from engine.protocols.ssh.naming import LoginName, parse


@pytest.mark.parametrize(
    ("user", "name"),
    [
        ("web1", LoginName("web1")),
        ("report-bot+web1", LoginName("web1", "report-bot")),
        ("a+b+web1", LoginName("web1", "a+b")),
        ("+web1", LoginName("web1")),
        ("web1+", LoginName("", "web1")),
        ("", LoginName("")),
    ],
)
def test_a_login_names_its_target_and_before_the_last_plus_sign_its_identity(user: str, name: LoginName) -> None:
    assert parse(user) == name


def test_a_target_with_a_plus_sign_in_its_name_is_no_identity_and_another_target() -> None:
    assert parse("web+1", targets={"web+1"}) == LoginName("web+1")


def test_only_the_name_console_asks_for_the_console() -> None:
    assert parse("console").is_console
    assert parse("bob+console").is_console
    assert not parse("Console").is_console
