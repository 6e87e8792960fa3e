"""The options of a program, read exactly as getopt_long does, without its abbreviations."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from engine.protocols.ssh.commands.lexing import Untold


@dataclass(frozen=True, slots=True)
class Options:
    """What options a program has: letters without and with a value, names without, with, and with an optional one."""

    flags: str = ""
    valued: str = ""
    names: frozenset[str] = frozenset()
    valued_names: frozenset[str] = frozenset()
    optional_names: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Given:
    """The options of one command in their order (a letter or a name, and its value), and its operands."""

    options: tuple[tuple[str, str], ...]
    operands: tuple[str, ...]

    def has(self, *names: str) -> bool:
        """Whether any of these is given."""
        return any(name in names for name, _ in self.options)

    def values(self, *names: str) -> list[str]:
        """The values given to any of these."""
        return [value for name, value in self.options if name in names]


def options(flags: str = "", valued: str = "", names: str = "", valued_names: str = "", optional: str = "") -> Options:
    """Options in few words: names are separated by spaces."""
    return Options(flags, valued, listed(names), listed(valued_names), listed(optional))


def listed(names: str) -> frozenset[str]:
    """Names separated by spaces."""
    return frozenset(names.split())


def given(argv: Sequence[str], known: Options, *, is_strict: bool = False) -> Given:
    """The options and operands behind the program's name; raises Untold where one is not known.

    `is_strict`: the first operand ends the options, as it does for programs that run another one.
    """
    found: list[tuple[str, str]] = []
    operands: list[str] = []
    rest = iter(argv[1:])
    for word in rest:
        if word == "--":
            operands += rest
        elif word.startswith("--"):
            found.append(_named(word, known, rest, argv[0]))
        elif word.startswith("-") and word != "-":
            found += _lettered(word, known, rest, argv[0])
        else:
            operands.append(word)
            if is_strict:
                operands += rest
    return Given(tuple(found), tuple(operands))


def _named(word: str, known: Options, rest: Iterable[str], program: str) -> tuple[str, str]:
    name, equals, value = word[2:].partition("=")
    if name in known.valued_names:
        return name, value if equals else _next(rest, word, program)
    if name in known.optional_names or (name in known.names and not equals):
        return name, value
    raise Untold(f"the option --{name} of {program}")


def _lettered(word: str, known: Options, rest: Iterable[str], program: str) -> list[tuple[str, str]]:
    found = []
    for index, letter in enumerate(word[1:], start=2):
        if letter in known.valued:
            found.append((letter, word[index:] or _next(rest, word, program)))
            return found
        if letter not in known.flags:
            raise Untold(f"the option -{letter} of {program}")
        found.append((letter, ""))
    return found


def _next(rest: Iterable[str], word: str, program: str) -> str:
    for value in rest:
        return value
    raise Untold(f"the option {word} of {program} lacks its value")
