"""What a person types, as terms: `identity:report-bot effect:delete since:2h !rule:"no-ddl" orders`.

Terms stand side by side and all must hold. A term is `field:value`, or words; `!` in front inverts it.
Several values, with commas between them, are alternatives. In values `*` is any run of characters; at the end of a
word it is any ending. What has spaces, commas or colons stands in double quotes, `\\"` in them being one.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from fnmatch import fnmatchcase
from typing import Final

from engine.api.schema import SEARCH_FIELDS
from engine.audit.events import EventName
from engine.errors import HooptermError
from engine.model import Effect, Verdict

MOST_CHARACTERS: Final = 4096
_MOST_TERMS: Final = 64
_TIMES: Final = frozenset({"since", "until"})
_WORDS: Final = "text"
_CLOSED: Final = {
    "effect": tuple(Effect),
    "decision": tuple(Verdict),
    "event": tuple(EventName),
}
_UNITS: Final = {"s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800}
_QUOTED = r'"(?:[^"\\]|\\.)*"'
_FIELD = re.compile(r"([A-Za-z_]+):")
_VALUE = re.compile(rf'{_QUOTED}|[^\s,"]+')
_WORD = re.compile(rf'{_QUOTED}|[^\s"]+')
_DURATION = re.compile(r"(?:\d+(?:\.\d+)?[smhdw])+")
_PART = re.compile(r"(\d+(?:\.\d+)?)([smhdw])")


@dataclass(frozen=True, slots=True)
class Term:
    """One thing that must hold of an entry, or must not where it is `inverted`: any of the `values` does."""

    field: str
    values: tuple[str, ...]
    inverted: bool = False


@dataclass(frozen=True, slots=True)
class Query:
    """What is looked for: all `terms`, between two times."""

    terms: tuple[Term, ...] = ()
    since: datetime | None = None
    until: datetime | None = None


def parse(text: str, now: datetime) -> Query:
    """The query that was typed; raises HooptermError, which says what is wrong with it and what to write."""
    if len(text) > MOST_CHARACTERS:
        raise HooptermError(f"a query has at most {MOST_CHARACTERS} characters", "", "search for less at once")
    if not text.isprintable():
        raise HooptermError("there is a control character in the query", "", "leave it out")
    terms: list[Term] = []
    times: dict[str, datetime] = {}
    position = 0
    while (position := _past_space(text, position)) < len(text):
        term, position = _term(text, position)
        if term.field in _TIMES:
            times[term.field] = _moment(term, now)
        else:
            terms.append(_checked(term))
        if len(terms) > _MOST_TERMS:
            raise HooptermError(f"a query has at most {_MOST_TERMS} terms", "", "search for less at once")
    return Query(tuple(terms), times.get("since"), times.get("until"))


def _past_space(text: str, position: int) -> int:
    while position < len(text) and text[position].isspace():
        position += 1
    return position


def _term(text: str, position: int) -> tuple[Term, int]:
    inverted = text[position] == "!"
    position += inverted
    field, pattern = _WORDS, _WORD
    if named := _FIELD.match(text, position):
        field = named[1].lower()
        if field not in SEARCH_FIELDS:
            fields = ", ".join(SEARCH_FIELDS)
            raise HooptermError(
                f"there is no field {field!r}", "", f'fields are {fields}; quote what is none: "{field}:"'
            )
        position = named.end()
        pattern = _WORD if field == _WORDS else _VALUE
    values: list[str] = []
    while found := pattern.match(text, position):
        values.append(_plain(found[0]))
        position = found.end()
        if pattern is _WORD or text[position : position + 1] != ",":
            break
        position += 1
    else:
        raise _unreadable(text, position, field)
    if position < len(text) and not text[position].isspace():
        raise _unreadable(text, position, field)
    return Term(field, tuple(values), inverted), position


def _unreadable(text: str, position: int, field: str) -> HooptermError:
    rest = text[position:].split(maxsplit=1)[0] if text[position:].strip() else ""
    if rest.startswith('"'):
        return HooptermError("a quotation mark is not closed", "", 'close it, or write \\" for one that is meant')
    if not rest or text[position].isspace():
        return HooptermError(f"there is nothing behind {field}:", "", f"for example {field}:{SEARCH_FIELDS[field][1]}")
    return HooptermError(f"{rest[:40]!r} does not read", "", "put spaces between terms, and what has signs in quotes")


def _plain(value: str) -> str:
    return re.sub(r"\\(.)", r"\1", value[1:-1]) if value.startswith('"') else value


def _checked(term: Term) -> Term:
    """Raises HooptermError for what can never be found."""
    if term.field == _WORDS:
        for value in term.values:
            if not any(character.isalnum() for character in value):
                raise HooptermError(f"{value[:40]!r} has no word to look for", "", "words have letters or digits")
    for value in term.values:
        known = _CLOSED.get(term.field)
        if known is not None and not any(fnmatchcase(name, value) for name in known):
            family = any(name.startswith(f"{value}.") for name in known)
            hint = f"all of that kind are {term.field}:{value}.*" if family else f"there are: {' '.join(known)}"
            raise HooptermError(f"there is no {term.field} {value[:64]!r}", "", hint)
    return term


def _moment(term: Term, now: datetime) -> datetime:
    text = term.values[0]
    if term.inverted or len(term.values) > 1:
        raise HooptermError(f"{term.field}: takes one time", "", "since:2h until:30m")
    try:
        if _DURATION.fullmatch(text):
            return now - timedelta(seconds=sum(float(number) * _UNITS[unit] for number, unit in _PART.findall(text)))
        moment = datetime.fromisoformat(text)
    except (ValueError, OverflowError):
        raise HooptermError(
            f"{text[:40]!r} is no time",
            "",
            f"{term.field}:2h, {term.field}:2026-11-22 or {term.field}:2026-11-22T21:04Z",
        ) from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
