"""What all the files say together: each entry with the place where it stands."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from pydantic import ValidationError

from engine.config.document import Document, Place
from engine.config.models import (
    Agent,
    CertificateAuthority,
    Configuration,
    Engine,
    Issuer,
    Listener,
    Masking,
    Notify,
    Person,
    Rule,
    Target,
    Tokens,
)
from engine.config.problems import Problem
from engine.config.wording import problems_of

Value = TypeVar("Value")


@dataclass(frozen=True, slots=True)
class Entry(Generic[Value]):
    """One value and where it stands."""

    document: Document
    place: Place
    value: Value

    def problem(self, what: str, hint: str = "", *, at: Place = (), at_key: bool = False) -> Problem:
        """Something wrong with it, or with what is `at` that place in it."""
        return self.document.problem(self.document.nearest((*self.place, *at)), what, hint, at_key=at_key)


@dataclass(slots=True)
class Sections:
    """Every valid entry of every file. `faulty` are the sections that lost entries which do not hold by themselves, so
    that what refers to them is not called wrong as well."""

    engine: Entry[Engine] | None = None
    tokens: Entry[Tokens] | None = None
    listeners: dict[str, Entry[Listener]] = field(default_factory=dict)
    issuers: list[Entry[Issuer]] = field(default_factory=list)
    authorities: list[Entry[CertificateAuthority]] = field(default_factory=list)
    people: dict[str, Entry[Person]] = field(default_factory=dict)
    permissions: dict[str, Entry[tuple[str, ...]]] = field(default_factory=dict)
    agents: list[Entry[Agent]] = field(default_factory=list)
    targets: list[Entry[Target]] = field(default_factory=list)
    rules: list[Entry[Rule]] = field(default_factory=list)
    masking: list[Entry[Masking]] = field(default_factory=list)
    notify: list[Entry[Notify]] = field(default_factory=list)
    faulty: set[str] = field(default_factory=set)
    problems: list[Problem] = field(default_factory=list)


def gather(documents: Iterable[Document]) -> Sections:
    """The sections of all documents, and every problem an entry has by itself."""
    sections = Sections()
    for document in documents:
        sections.problems += document.problems
        if document.data is None:
            sections.faulty |= {"people", "agents", "oidc", "targets", "rules"}
        else:
            _add(sections, document, document.data)
    return sections


def _add(sections: Sections, document: Document, data: Mapping[str, Any]) -> None:
    folder = {"folder": document.path.parent}
    data = {key: value for key, value in data.items() if value is not None or key not in Configuration.model_fields}
    faulty: set[Place] = set()
    try:
        whole = Configuration.model_validate(data, context=folder)
    except ValidationError as error:
        sections.problems += problems_of(document, error)
        faulty = {_entry_of(tuple(detail["loc"])) for detail in error.errors(include_url=False)}
        whole = Configuration.model_validate(_without(data, faulty), context=folder)
        sections.faulty |= {str(place[1] if place[0] == "identity" and place[1:] else place[0]) for place in faulty}

    if "engine" in data:
        sections.engine = _only_once(sections, sections.engine, Entry(document, ("engine",), whole.engine))
    if "tokens" in (data.get("identity") or {}):
        entry = Entry(document, ("identity", "tokens"), whole.identity.tokens)
        sections.tokens = _only_once(sections, sections.tokens, entry)
    for index, issuer in enumerate(whole.identity.oidc):
        sections.issuers.append(Entry(document, ("identity", "oidc", index), issuer))
    for index, authority in enumerate(whole.identity.ssh.cas):
        place = ("identity", "ssh", "cas", index)
        sections.authorities.append(Entry(document, place, authority))
    for protocol, listener in whole.listeners.items():
        _name(sections, sections.listeners, protocol, Entry(document, ("listeners", protocol), listener))
    for name, person in whole.identity.people.items():
        _name(sections, sections.people, name, Entry(document, ("identity", "people", name), person))
    for permission, groups in whole.permissions.items():
        _name(sections, sections.permissions, permission, Entry(document, ("permissions", permission), groups))
    sections.agents += _entries(document, data, faulty, "agents", whole.agents)
    sections.targets += _entries(document, data, faulty, "targets", whole.targets)
    sections.rules += _entries(document, data, faulty, "rules", whole.rules)
    sections.masking += _entries(document, data, faulty, "masking", whole.masking)
    sections.notify += _entries(document, data, faulty, "notify", whole.notify)


def _entry_of(place: tuple[str | int, ...]) -> Place:
    """The smallest entry around a place that the rest can be checked without."""
    place = tuple(part for part in place if part != "[key]")
    return place[: 3 if place[:2] == ("identity", "people") else 2]


def _without(value: Any, faulty: set[Place], place: Place = ()) -> Any:
    """The data without the faulty entries."""
    if isinstance(value, dict):
        kept = {key: item for key, item in value.items() if (*place, key) not in faulty}
        return {key: _without(item, faulty, (*place, key)) for key, item in kept.items()} if len(place) < 2 else kept
    if isinstance(value, list) and len(place) < 2:
        return [item for index, item in enumerate(value) if (*place, index) not in faulty]
    return value


def _entries(
    document: Document, data: Mapping[str, Any], faulty: set[Place], section: str, values: Iterable[Value]
) -> list[Entry[Value]]:
    """The valid entries of a list with the positions at which they are written."""
    if (section,) in faulty:
        return []
    written = [index for index in range(len(data.get(section, ()))) if (section, index) not in faulty]
    return [Entry(document, (section, index), value) for index, value in zip(written, values, strict=True)]


def _only_once(sections: Sections, earlier: Entry[Value] | None, entry: Entry[Value]) -> Entry[Value]:
    if earlier is not None:
        what = f"{entry.place[-1]} is already set in {earlier.document.path.name}"
        sections.problems.append(entry.problem(what, "keep it in one file", at_key=True))
    return entry


def _name(sections: Sections, known: dict[str, Entry[Value]], name: str, entry: Entry[Value]) -> None:
    if name in known:
        what = f"{name!r} is already in {known[name].document.path.name}"
        sections.problems.append(entry.problem(what, "keep one of them", at_key=True))
    known.setdefault(name, entry)
