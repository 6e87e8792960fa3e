"""Whatever the console asks of an engine, a subcommand asks too, and answers in JSON."""

from __future__ import annotations

import ast
import importlib
import inspect
import textwrap
from collections.abc import Iterator
from typing import Any

import click
import pytest
import typer

from hoopterm.cli.root import NOUNS
from hoopterm.console import app
from hoopterm.console.actions import ACTIONS, Action, method, of
from hoopterm.console.keymap import pages
from hoopterm.console.twins import TWINS


def reaches_engine(function: Any, owner: type, seen: set[str]) -> bool:
    """Whether a method, or one of the project that it calls, asks the console's engine something."""
    tree = ast.parse(textwrap.dedent(inspect.getsource(function)))
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and node.attr == "engine":
            return True
        for meant, of_whom in _meant(node, function, owner):
            if meant.__qualname__ not in seen:
                seen.add(meant.__qualname__)
                if reaches_engine(meant, of_whom, seen):
                    return True
    return False


def _meant(node: ast.AST, user: Any, owner: type) -> Iterator[tuple[Any, type]]:
    """What a name may mean: a function of the same module, a method of the page, or one of the console."""
    found: Any = None
    holder = owner
    if isinstance(node, ast.Name):
        found = user.__globals__.get(node.id)
    elif isinstance(node, ast.Attribute):
        is_own = isinstance(node.value, ast.Name) and node.value.id == "self"
        holder = owner if is_own else app.Console
        found = getattr(holder, node.attr, None)
    plain = inspect.unwrap(found) if callable(found) else None
    if inspect.isfunction(plain) and plain.__module__.startswith("hoopterm."):
        yield plain, holder


def twin(words: str) -> click.Command:
    """The subcommand of these words."""
    noun, *rest = words.split()
    assert noun in NOUNS
    found: Any = typer.main.get_command(importlib.import_module(f"hoopterm.cli.{noun}").app)
    for word in rest:
        found = found.commands[word]
    return found  # type: ignore[no-any-return]


def owners() -> list[tuple[Action, type]]:
    """Every action with each class that does it."""
    return [(action, page) for page in pages() for action in of(page.SCOPES)] + [
        (action, app.Console) for action in ACTIONS if action.scope.name == "APP"
    ]


@pytest.mark.parametrize(
    ("action", "owner"), [pytest.param(action, owner, id=action.name) for action, owner in owners()]
)
def test_what_asks_an_engine_has_a_twin(action: Action, owner: type) -> None:
    does = inspect.unwrap(getattr(owner, method(action)))
    if action.needs_live or reaches_engine(does, owner, set()):
        assert action.name in TWINS, f"{action.name} has no `hoopterm` subcommand: name it in hoopterm/console/twins.py"


@pytest.mark.parametrize("words", sorted(set(TWINS.values())))
def test_a_twin_exists_and_answers_in_json(words: str) -> None:
    assert "--json" in {option for parameter in twin(words).params for option in parameter.opts}


def test_twins_are_of_actions_that_exist() -> None:
    assert {*TWINS} <= {action.name for action in ACTIONS}


def test_what_an_action_does_is_found_through_what_it_calls() -> None:
    reaching = {
        action.name
        for action, owner in owners()
        if reaches_engine(inspect.unwrap(getattr(owner, method(action))), owner, set())
    }
    assert {"approvals.approve", "approvals.deny", "sessions.terminate", "sessions.lock", "watch.terminate"} <= reaching
    assert {"targets.lock", "targets.unlock", "targets.revoke"} <= reaching
    assert "approvals.scroll_down" not in reaching
    assert "app.help" not in reaching


def test_names_are_told_apart() -> None:
    names = [action.name for action in ACTIONS]
    assert sorted(set(names)) == sorted(names)
