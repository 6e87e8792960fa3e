"""Everything that can be said of configuration files: what is wrong, what is probably not meant, and in which rule."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from engine.config.document import Document
from engine.config.loading import found_at, inspect
from engine.config.problems import Problem
from engine.config.revision import Revision


@dataclass(frozen=True, slots=True)
class Placed:
    """A problem, and the name of the rule that it stands in."""

    problem: Problem
    rule: str | None


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """What files are found to be; a revision where nothing is wrong with them."""

    revision: Revision | None
    problems: tuple[Placed, ...]
    warnings: tuple[Placed, ...]


def diagnose(sources: Mapping[Path, bytes]) -> Diagnosis:
    """All there is to say of these files, in the order of files, lines and columns."""
    inspected = inspect(sources)
    starts = _rules(inspected.documents)
    return Diagnosis(inspected.revision, _placed(inspected.problems, starts), _placed(inspected.warnings, starts))


def diagnose_at(paths: Path | Sequence[Path]) -> Diagnosis:
    """The same of files and folders on disk."""
    sources, problems = found_at(paths)
    return Diagnosis(None, _placed(problems, {}), ()) if problems else diagnose(sources)


def _placed(problems: Iterable[Problem], starts: Mapping[Path, list[tuple[int, str]]]) -> tuple[Placed, ...]:
    return tuple(Placed(each, _rule_at(starts.get(each.file, []), each.line)) for each in sorted(problems))


def _rule_at(starts: list[tuple[int, str]], line: int) -> str | None:
    """The last name that begins on the line or before it; "" begins what is no rule."""
    found = ""
    for start, name in starts:
        if start > line:
            break
        found = name
    return found or None


def _rules(documents: Iterable[Document]) -> dict[Path, list[tuple[int, str]]]:
    """Per file the lines at which rules, and other sections, begin."""
    starts: dict[Path, list[tuple[int, str]]] = {}
    for document in documents:
        found = starts.setdefault(document.path, [])
        data = document.data or {}
        for section in data:
            found.append((document.problem((section,), "", at_key=True).line, ""))
        rules = data.get("rules")
        for index, rule in enumerate(rules if isinstance(rules, list) else []):
            name = rule.get("name") if isinstance(rule, dict) else None
            found.append((document.problem(("rules", index), "").line, name if isinstance(name, str) else ""))
        found.sort(key=lambda start: start[0])
    return starts
