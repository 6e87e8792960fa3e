from __future__ import annotations

import pytest

from engine.hindsight.naming import condition_of, fields_of
from engine.model import Resource
from engine.policy.conditions import compile_condition


def test_names_are_patterns_that_mean_them_and_no_others() -> None:
    found = fields_of([Resource("table", "public.a b"), Resource("command", "cat '/srv/a b'")])
    assert found == {"commands": ["cat '/srv/a b'"], "tables": ['public."a b"']}


@pytest.mark.parametrize("resource", [Resource("path", "/a/*"), Resource("setting", "x"), Resource("command", "")])
def test_what_no_field_names_has_none(resource: Resource) -> None:
    assert fields_of([resource]) is None


def test_a_condition_holds_its_names_whatever_is_in_them() -> None:
    text = condition_of("session", [Resource("setting", "a\"b\\c\n'"), Resource("role", "ø")])
    assert text is not None
    assert compile_condition(text).constant is None
    assert condition_of("session", [Resource("setting", "x" * 4000)]) is None
