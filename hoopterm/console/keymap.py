"""The keys of a user's own: a file of `action: keys` lines, read with every mistake named by its line.

The file is YAML of the simplest kind, a name and its keys a line; the base install has no YAML parser, and needs none.
"""

from __future__ import annotations

import importlib
import pkgutil
import re
from collections.abc import Iterator, Mapping
from itertools import combinations
from pathlib import Path
from typing import TYPE_CHECKING

from textual.keys import Keys, _character_to_key

from hoopterm.console.actions import ACTIONS, CHARACTERS, Action, Keymap, Scope
from hoopterm.errors import Misused

if TYPE_CHECKING:
    from hoopterm.console.screens.page import Page

LARGEST = 64 << 10  # bytes of a file
_LINE = re.compile(
    r"""(?P<name>[\w.-]+)\s*:\s+(?:"(?P<double>[^"]*)"|'(?P<single>[^']*)'|(?P<plain>.*?))(?:\s+\#.*)?"""
)
_MODIFIERS = re.compile(r"(?:(?:ctrl|shift|alt)\+)*")
_NAMED = {key.value for key in Keys}


def usual(environ: Mapping[str, str]) -> Path:
    """Where the file is unless the command line says otherwise."""
    home = environ.get("XDG_CONFIG_HOME") or str(Path(environ.get("HOME") or "~").expanduser() / ".config")
    return Path(home) / "hoopterm" / "keymap.yaml"


def read(file: Path) -> Keymap:
    """The keys of a file; raises Misused, with every mistake at its line."""
    try:
        with file.open(encoding="utf-8") as opened:
            text = opened.read(LARGEST + 1)
    except (OSError, UnicodeDecodeError) as error:
        raise Misused(f"the keymap {file} cannot be read: {getattr(error, 'strerror', None) or error}") from error
    if len(text) > LARGEST:
        raise Misused(f"the keymap {file} is larger than {LARGEST >> 10} KiB")
    keymap, problems = parse(text)
    if problems:
        told = "\n".join(f"{file}:{line}: {problem}" for line, problem in problems)
        raise Misused(f"the keymap does not hold:\n{told}", "`hoopterm console --print-keymap` has every action")
    return keymap


def parse(text: str) -> tuple[Keymap, list[tuple[int, str]]]:
    """What each named action has for keys, and what is wrong, by line."""
    known = {action.name for action in ACTIONS}
    keymap: dict[str, tuple[str, ...]] = {}
    lines: dict[str, int] = {}
    problems: list[tuple[int, str]] = []
    for number, raw in enumerate(text.splitlines(), 1):
        if not (content := raw.strip()) or content.startswith("#"):
            continue
        found = _LINE.fullmatch(content)
        if found is None:
            problems.append((number, f"this is no `action: keys` line: {content[:60]!r}"))
            continue
        name = found["name"]
        keys = tuple(_key(word) for word in (found["double"] or found["single"] or found["plain"] or "").split())
        if name not in known:
            problems.append((number, f"there is no action {name!r}"))
        elif name in lines:
            problems.append((number, f"{name} has its keys on line {lines[name]} already"))
        elif not keys:
            problems.append((number, f"{name} has no key"))
        elif wrong := next((key for key in keys if not _is_key(key)), None):
            problems.append((number, f"there is no key {wrong!r}"))
        else:
            keymap[name], lines[name] = keys, number
    if keymap and not problems:
        problems = sorted(set(_conflicts(keymap, lines)))
    return keymap, problems


def text() -> str:
    """The default keys as such a file."""
    lines = ["# hoopterm: the keys of the console. A line an action; what is left out keeps the keys shown here."]
    for scope in Scope:
        own = [action for action in ACTIONS if action.scope is scope]
        lines += ["", f"# {scope}"] if own else []
        lines += [_line(action) for action in own]
    return "\n".join(lines) + "\n"


def _line(action: Action) -> str:
    keys = f"{action.name}: {' '.join(action.keys)}"
    return f"{keys:<44} # {action.help}"


def _key(word: str) -> str:
    """Textual's name of a key that may be written as its character: `.`, `^d`."""
    if len(word) == 2 and word[0] == "^":
        return f"ctrl+{word[1].lower()}"
    return _character_to_key(word) if len(word) == 1 else word


def _is_key(key: str) -> bool:
    name = _MODIFIERS.sub("", key, count=1)
    return len(name) == 1 or name in CHARACTERS or name in _NAMED


def pages() -> Iterator[type[Page]]:
    """Every screen there is."""
    from hoopterm.console import screens
    from hoopterm.console.screens.page import Page

    for module in pkgutil.iter_modules(screens.__path__):
        importlib.import_module(f"{screens.__name__}.{module.name}")
    waiting = Page.__subclasses__()
    while waiting:
        page = waiting.pop()
        waiting += page.__subclasses__()
        yield page


def _conflicts(keymap: Keymap, lines: Mapping[str, int]) -> Iterator[tuple[int, str]]:
    """Keys that would mean two things on one screen, where the user's file is why."""
    for page in pages():
        together = (*page.SCOPES, Scope.MOVE, Scope.APP)
        actions = [action for action in ACTIONS if action.scope in together]
        for one, other in combinations(actions, 2):
            line = max(lines.get(one.name, 0), lines.get(other.name, 0))
            if line and (both := _both(one, other, keymap)):
                yield line, f"{both} is both {one.name} and {other.name}"


def _both(one: Action, other: Action, keymap: Keymap) -> str:
    shared = set(keymap.get(one.name, one.keys)) & set(keymap.get(other.name, other.keys))
    before = set(one.keys) & set(other.keys)
    return " ".join(sorted(shared - before))
