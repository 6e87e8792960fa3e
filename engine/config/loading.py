"""Files → a revision, or all that is wrong with them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from engine.config import checks, shadows
from engine.config.assembly import (
    agent_of,
    authority_of,
    credential_of,
    issuer_of,
    mask_rule_of,
    notifications_of,
    person_of,
    rule_of,
    target_of,
)
from engine.config.document import MAX_BYTES, Document
from engine.config.models import Configuration, Engine, Tokens
from engine.config.problems import Problem
from engine.config.revision import Agent, Person, Revision, Settings
from engine.config.sections import Sections, gather
from engine.errors import ConfigError
from engine.policy.evaluate import Policy

MAX_FILES: Final = 200


def load(paths: Path | Sequence[Path]) -> Revision:
    """The revision that these files, or the YAML files of these folders, make together; raises ConfigError."""
    return load_sources(read(paths))


def load_sources(sources: Mapping[Path, bytes]) -> Revision:
    """The revision of files whose content is at hand, whether it is on disk yet or not; raises ConfigError."""
    inspected = inspect(sources)
    if inspected.revision is None:
        raise ConfigError(tuple(str(problem) for problem in inspected.problems))
    return inspected.revision


@dataclass(frozen=True, slots=True)
class Inspected:
    """Files read: what is wrong with them, what is probably not meant, and the revision where nothing is wrong."""

    documents: tuple[Document, ...]
    problems: tuple[Problem, ...]
    warnings: tuple[Problem, ...]
    revision: Revision | None


def inspect(sources: Mapping[Path, bytes]) -> Inspected:
    """All that is found of these files."""
    documents = tuple(Document(path, content) for path, content in sources.items())
    sections = gather(documents)
    problems = tuple(sorted({*sections.problems, *checks.problems(sections)}))
    if problems:
        return Inspected(documents, problems, (), None)
    warnings = tuple(sorted((*checks.warnings(sections), *shadows.shadowed(sections.rules))))
    return Inspected(documents, (), warnings, _assemble(sections, sources, warnings))


def read(paths: Path | Sequence[Path]) -> dict[Path, bytes]:
    """The content of the files, and of every *.yaml of the folders; raises ConfigError."""
    sources, problems = found_at(paths)
    if problems:
        raise ConfigError(tuple(map(str, problems)))
    return sources


def found_at(paths: Path | Sequence[Path]) -> tuple[dict[Path, bytes], list[Problem]]:
    """The same, with what is wrong instead of an error."""
    problems: list[Problem] = []
    sources: dict[Path, bytes] = {}
    for path in [paths] if isinstance(paths, Path) else paths:
        try:
            for file in _files(path):
                with file.open("rb") as stream:
                    sources[file] = stream.read(MAX_BYTES + 1)
        except OSError as error:
            problems.append(Problem(path, 1, 1, f"cannot be read: {error.strerror}", "check the path"))
    if not sources and not problems:
        where = paths if isinstance(paths, Path) else Path(*paths[:1])
        problems.append(Problem(where, 1, 1, "there is no *.yaml here", "name a file or a folder with YAML files"))
    names: dict[str, Path] = {}
    for file in sources:
        if (other := names.setdefault(file.name, file)) != file:
            problems.append(Problem(file, 1, 1, f"{other} has the same name", "give one of them another name"))
    if len(sources) > MAX_FILES:
        problems.append(Problem(next(iter(sources)).parent, 1, 1, f"more than {MAX_FILES} files"))
    return sources, problems


def digest_of(sources: Mapping[Path, bytes]) -> str:
    """What names a state of the files: their names and bytes, not the folder they lie in."""
    digest = hashlib.sha256()
    for path, content in sorted(sources.items(), key=lambda item: (item[0].name, str(item[0]))):
        digest.update(f"{path.name}\0{len(content)}\0".encode())
        digest.update(content)
    return digest.hexdigest()


def json_schema() -> dict[str, Any]:
    """The JSON Schema of a configuration file, for editors."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "hoopterm.yaml",
        **Configuration.model_json_schema(by_alias=True),
    }


def _files(path: Path) -> Iterable[Path]:
    if not path.is_dir():
        return [path]
    return sorted(file for file in path.iterdir() if file.suffix in (".yaml", ".yml") and not file.name.startswith("."))


def _assemble(sections: Sections, sources: Mapping[Path, bytes], warnings: Iterable[Problem]) -> Revision:
    engine = sections.engine.value if sections.engine else Engine()
    if "state" not in engine.model_fields_set:
        folder = sections.engine.document.path.parent if sections.engine else next(iter(sources)).parent
        engine = engine.model_copy(update={"state": folder / engine.state})
    targets = [entry.value for entry in sections.targets]
    agents = {entry.value.name: agent_of(entry.value) for entry in sections.agents}
    people = {name: person_of(name, entry.value) for name, entry in sections.people.items()}
    everybody: list[Agent | Person] = [*agents.values(), *people.values()]
    return Revision(
        digest=digest_of(sources),
        settings=Settings(
            engine=engine,
            listeners={name: entry.value for name, entry in sections.listeners.items()},
            tokens=sections.tokens.value if sections.tokens else Tokens(),
        ),
        targets={target.name: target_of(target) for target in targets},
        credentials={target.name: credential_of(target) for target in targets},
        agents=agents,
        people=people,
        issuers={entry.value.name: issuer_of(entry.value) for entry in sections.issuers},
        ssh_authorities=tuple(authority_of(entry.value) for entry in sections.authorities),
        ssh_keys={key: each.name for each in everybody for key in each.ssh},
        permissions={name: frozenset(entry.value) for name, entry in sections.permissions.items()},
        policy=Policy(rule_of(entry.value) for entry in sections.rules),
        mask_rules=tuple(mask_rule_of(entry.value) for entry in sections.masking),
        notifications=notifications_of([entry.value for entry in sections.notify]),
        files=tuple(sources),
        sources=dict(sources),
        warnings=tuple(map(str, warnings)),
    )
