from __future__ import annotations

import copy
import pickle
import traceback

import pytest

from engine.secrets.secret import Secret

CANARY = "correct horse battery staple"


def test_only_reveal_shows_a_secret() -> None:
    secret = Secret(CANARY)
    assert secret.reveal() == CANARY
    for shown in (
        repr(secret),
        str(secret),
        f"{secret}",
        f"{secret:>40}",
        f"{secret!r}",
        "{}".format(*[secret]),
        repr([secret]),
    ):
        assert CANARY not in shown
    assert not hasattr(secret, "__dict__")


@pytest.mark.parametrize("escape", [pickle.dumps, copy.copy, copy.deepcopy, hash])
def test_a_secret_cannot_be_pickled_copied_or_hashed(escape: object) -> None:
    assert callable(escape)
    with pytest.raises(TypeError) as caught:
        escape(Secret(CANARY))
    assert CANARY not in "".join(traceback.format_exception(caught.value))


def test_secrets_compare_with_secrets_alone() -> None:
    assert Secret(CANARY) == Secret(CANARY)
    assert Secret(CANARY) != Secret("other")
    assert Secret("ä") != Secret("a")
    assert Secret(CANARY) != CANARY


def test_an_empty_secret_is_false() -> None:
    assert Secret("x")
    assert not Secret("")
