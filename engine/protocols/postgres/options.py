"""The settings a client asks for at start-up, each by itself, so that each can be decided.

PostgreSQL documentation, "Connection Control Functions" (options) and "postgres" (-c, --name); the splitting is
pg_split_opts of src/backend/utils/init/postinit.c.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from engine.errors import SessionRefused

RESERVED = frozenset({"user", "database", "options", "replication"})
"""Start-up parameters that are no settings: they say who connects, where to, and in which mode."""

_SPACES = " \t\n\v\f\r"


def session_settings(parameters: Mapping[str, str]) -> dict[str, str]:
    """What the start-up parameters set, by the settings' lower-case names; PostgreSQL's order of precedence.

    A parameter of its own overrides the same setting inside `options`, and there the last one counts. Raises
    SessionRefused for anything that is not a setting.
    """
    asked = parse_options(parameters.get("options", ""))
    asked += [(name, value) for name, value in parameters.items() if name not in RESERVED]
    settings: dict[str, str] = {}
    for name, value in asked:
        folded = _folded(name)
        if is_reserved(folded):  # `-c user=…` or `USER` must not become the parameter of that name upstream
            raise SessionRefused(f'unrecognized configuration parameter "{name}"')
        settings.pop(folded, None)
        settings[folded] = value
    return settings


def is_reserved(name: str) -> bool:
    """Whether a server would take a start-up parameter of this name for something other than a setting."""
    return name in RESERVED or name.startswith("_pq_.")


def _folded(name: str) -> str:
    return name.encode().lower().decode()  # as guc_name_compare: ASCII letters only


def parse_options(text: str) -> list[tuple[str, str]]:
    """The (name, value) pairs of an `options` parameter: `-c name=value`, `-cname=value` or `--name=value`.

    Any other switch of the server (-E, -S, -f …) is refused: it would change more than one setting says.
    """
    settings: list[tuple[str, str]] = []
    words = split_options(text)
    for word in words:
        if word == "-c":
            assignment = next(words, "")
        elif word.startswith("-c") or (word.startswith("--") and word != "--"):
            assignment = word[2:]
        else:
            raise SessionRefused("invalid command-line argument for server process", word, "give -c name=value")
        name, equals, value = assignment.partition("=")
        if not name or not equals:
            raise SessionRefused(f"{word} requires a value", assignment, "give -c name=value")
        settings.append((name.replace("-", "_"), value))
    return settings


def split_options(text: str) -> Iterator[str]:
    """The words of an `options` parameter: space separates, a backslash takes the next character as it is."""
    word: list[str] = []
    is_word = is_escaped = False
    for char in text:
        if not is_escaped and char in _SPACES:
            if is_word:
                yield "".join(word)
            word.clear()
            is_word = False
        elif not is_escaped and char == "\\":
            is_word = is_escaped = True
        else:
            word.append(char)
            is_word, is_escaped = True, False
    if is_word:
        yield "".join(word)
