"""The kinds of values the YAML has: names, texts, globs, durations, paths, conditions."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Annotated, Any, Final, Literal
from urllib.parse import urlsplit

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    PlainSerializer,
    PlainValidator,
    StringConstraints,
    WithJsonSchema,
)
from pydantic_core import PydanticCustomError
from pydantic_core.core_schema import ValidationInfo

from engine.audit.events import EventName
from engine.config.problems import suggestion
from engine.loopback import is_loopback
from engine.policy import globs, hosts
from engine.policy.conditions import BadCondition, compile_condition
from engine.policy.globs import BadGlob

_SECONDS: Final = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
_LONGEST: Final = 3660 * 86400.0
_BYTES: Final = {unit: 1000**power for power, unit in enumerate(("B", "kB", "MB", "GB", "TB"))} | {
    unit: 1024**power for power, unit in enumerate(("KiB", "MiB", "GiB", "TiB"), 1)
}
_OWN_HEADERS: Final = frozenset(
    {"host", "connection", "content-length", "content-type", "content-encoding", "transfer-encoding", "user-agent"}
)


@dataclass(frozen=True, slots=True)
class Amount:
    """A part of a filesystem: so many hundredths of it, or so many bytes."""

    number: float
    is_percent: bool

    def __str__(self) -> str:
        return f"{self.number:g}%" if self.is_percent else f"{self.number:.0f}B"

    def of(self, total: int) -> int:
        """In bytes, on a filesystem of that size."""
        return int(total * self.number / 100 if self.is_percent else self.number)


def is_name(text: str) -> bool:
    """Whether an identity, a target or a rule could be called that."""
    return re.fullmatch(_NAME_PATTERN, text) is not None and not text.endswith("\n")


def _refuse(what: str, hint: str = "") -> PydanticCustomError:
    return PydanticCustomError("value", "{what}", {"what": what, "hint": hint})


def _printable(text: str) -> str:
    if not all(character.isprintable() or character == "\n" for character in text):
        raise _refuse("control characters are not allowed here")
    return text


def _duration(value: Any) -> float:
    found = re.fullmatch(r"([0-9]{1,9}(?:\.[0-9]{1,3})?)(ms|s|m|h|d)", value) if isinstance(value, str) else None
    if found is None:
        raise _refuse("a duration is a number with its unit", "for example 60s, 15m, 12h or 7d")
    seconds = float(found[1]) * _SECONDS[found[2]]
    if not 0 < seconds <= _LONGEST:
        raise _refuse("a duration is longer than nothing and at most ten years")
    return seconds


def _amount(value: Any) -> Amount:
    pattern = r"([0-9]{1,15}(?:\.[0-9]{1,3})?) ?(%|[kMGT]?B|[KMGT]iB)"
    found = re.fullmatch(pattern, value) if isinstance(value, str) else None
    if found is None:
        raise _refuse("an amount of space is a percentage, or a number with its unit", "for example 20%, 500MB or 2GiB")
    number, unit = float(found[1]), found[2]
    if unit == "%" and number >= 100:
        raise _refuse("a filesystem never has all of it free", "a percentage here is below 100%")
    return Amount(number, True) if unit == "%" else Amount(number * _BYTES[unit], False)


def path_of(value: Any, info: ValidationInfo) -> Path:
    """The path a text of the YAML means: it starts at the file's folder."""
    if not isinstance(value, str) or not value or "\0" in value:
        raise _refuse("a path is text")
    base = (info.context or {}).get("folder", Path())
    return Path(base) / Path(value).expanduser()


def _instant(value: Any) -> datetime:
    """A date means its start, in UTC; a time without a zone is UTC."""
    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(value)
        except ValueError:
            value = None
    if isinstance(value, datetime):
        return value if value.tzinfo else value.replace(tzinfo=UTC)
    if isinstance(value, date):
        return datetime.combine(value, time(), UTC)
    raise _refuse("a moment is a date or a time", "for example 2027-03-01 or 2027-03-01T18:00:00Z")


def _issuer(value: str) -> str:
    try:
        host = urlsplit(value).hostname or ""
    except ValueError:
        host = ""
    if not host or not re.fullmatch(r"https?://[^\s?#@\\]+", value) or not (value[4] == "s" or is_loopback(host)):
        raise _refuse(f"{value!r} is no issuer", "https://…, exactly as its tokens spell it; http only on this machine")
    return value


def _claim(value: Any) -> tuple[str, ...]:
    path = [value] if isinstance(value, str) else value
    is_path = isinstance(path, list) and 0 < len(path) <= 8
    if not is_path or not all(isinstance(name, str) and 0 < len(name) <= 256 for name in path):
        raise _refuse(
            "a claim is its name, or the names on the way to it", "for example groups, or [realm_access, roles]"
        )
    return tuple(path)


def _login(value: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9_][A-Za-z0-9_.@+-]{0,127}/.+", value):
        raise _refuse(f"{value!r} is nobody at an issuer", "ISSUER/SUBJECT, for example corp/00u1")
    return value


def _serials(value: Any) -> tuple[int, int]:
    """One serial number, or the first and the last of several."""
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    found = re.fullmatch(r"([0-9]{1,20})(?:-([0-9]{1,20}))?", value) if isinstance(value, str) else None
    first, last = (int(found[1]), int(found[2] or found[1])) if found else (1, 0)
    if not 0 <= first <= last < 1 << 64:
        raise _refuse("this is no serial number", 'for example 17, or "20-29"')
    return first, last


def _verb(value: str) -> str:
    if value != value.upper():
        raise _refuse(f"the verb {value!r} can never match", f"verbs are upper case: {value.upper()}")
    return value


def _answers(value: Any) -> str | int:
    if value in ("all", "digest"):
        return str(value)
    rows = value.get("rows") if isinstance(value, dict) and set(value) == {"rows"} else None
    if isinstance(rows, int) and not isinstance(rows, bool) and rows >= 0:
        return rows
    raise _refuse("answers is all, digest or {rows: N}")


def _checked_glob(parts: int, least: int, example: str) -> AfterValidator:
    def check(value: str) -> str:
        try:
            globs.dotted(value, parts, least=least, example=example)
        except BadGlob as error:
            raise _refuse(error.what, error.hint) from None
        return value

    return AfterValidator(check)


def _path_glob(value: str) -> str:
    try:
        globs.path_glob(value)
    except BadGlob as error:
        raise _refuse(error.what, error.hint) from None
    return value


def _command_glob(value: str) -> str:
    try:
        globs.command_glob(value)
    except BadGlob as error:
        raise _refuse(error.what, error.hint) from None
    return value


def _host_glob(value: str) -> str:
    try:
        hosts.host_glob(value)
    except BadGlob as error:
        raise _refuse(error.what, error.hint) from None
    return value


def _spelled_out(value: Any) -> Any:
    """YAML 1.1 read `yes` and `no` as true and false, and people write either."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return value.lower() if isinstance(value, str) and value.lower() in ("yes", "no") else value


def _mask_column(value: str) -> str:
    """Masking reads plain two- or three-part globs: `[schema.]table.column`."""
    parts = value.split(".")
    if len(parts) not in (2, 3) or not all(parts):
        raise _refuse(f"{value!r} does not name columns", 'for example customers.email or "*.ssn"')
    if "**" in parts or '"' in value:
        raise _refuse(f"{value!r}: here a pattern has no ** and no quotes", "each * stays within one name")
    return value


def _condition(value: str) -> str:
    try:
        compile_condition(value)
    except BadCondition as error:
        raise PydanticCustomError("condition", "{what}", {"what": str(error), "flaws": error.flaws}) from None
    return value


def _address(value: str) -> str:
    if not re.fullmatch(r"/[^\s]+|\[[0-9A-Fa-f:.%\w]+\](:[0-9]{1,5})?|[^\s:/]+(:[0-9]{1,5})?", value):
        raise _refuse(f"{value!r} is no address", "host:port, [address]:port, or the folder of a Unix socket")
    return value


def _notifiable(value: str) -> str:
    events = {event.value for event in EventName} - {EventName.NOTIFY_FAILED.value}
    if value == EventName.NOTIFY_FAILED:
        raise _refuse(f"{value} is not notified", "one notification that fails would make the next")
    if value not in events:
        raise _refuse(f"there is no event {value!r}", suggestion(value, events) or "engine/README.md lists them all")
    return value


def _command(value: Any, info: ValidationInfo) -> tuple[str, ...]:
    """A program with a slash in its name is a path like any other; one without is found through PATH."""
    if (
        not isinstance(value, list)
        or not value
        or not all(isinstance(word, str) and "\0" not in word for word in value)
    ):
        raise _refuse(
            "a command is a list of texts: no shell reads it", "for example [/usr/local/bin/page-oncall, now]"
        )
    if not value[0]:
        raise _refuse("a command begins with a program")
    program = str(path_of(value[0], info).absolute()) if "/" in value[0] else value[0]
    return (program, *value[1:])


def _web_address(value: str) -> str:
    if not re.fullmatch(r"[!-~]{1,2048}", value):
        raise _refuse("an address is plain ASCII without spaces", "for example https://hooks.example/pager")
    try:
        parts = urlsplit(value)
        host, _ = parts.hostname, parts.port
    except ValueError:
        raise _refuse("this is no web address", "for example https://hooks.example/pager") from None
    if not host or parts.scheme not in ("https", "http") or parts.fragment:
        raise _refuse("this is no web address", "for example https://hooks.example/pager")
    if parts.username is not None or parts.password is not None:
        raise _refuse("an address holds no login", "headers: {Authorization: {env: NAME}}")
    if parts.scheme == "http" and not is_loopback(host):
        raise _refuse("off this machine notifications go over https", "write https://…")
    return value


def _header(value: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,64}", value) or value.lower() in _OWN_HEADERS:
        raise _refuse(f"{value!r} is no header that can be set here", "for example Authorization")
    return value


def _listen(value: str) -> str:
    host, _, port = value.rpartition(":")
    if not host or not re.fullmatch(r"[0-9]{1,5}", port) or int(port) > 65535:
        raise _refuse(f"{value!r} is no listening address", "for example 127.0.0.1:15432")
    return value


_NAME_PATTERN = r"^[A-Za-z0-9_][A-Za-z0-9_.@+-]{0,127}$"
_NAME = StringConstraints(pattern=_NAME_PATTERN)
_GROUP = StringConstraints(pattern=r"^[A-Za-z0-9_][A-Za-z0-9_.@+:/ -]{0,127}$")
_ANY_OF = Field(min_length=1, max_length=1000)

Name = Annotated[str, _NAME]
Group = Annotated[str, _GROUP]
Line = Annotated[str, StringConstraints(min_length=1, max_length=1024), AfterValidator(_printable)]
Groups = Annotated[tuple[Group, ...], _ANY_OF]
Names = Annotated[tuple[Name, ...], _ANY_OF]
NameGlob = Annotated[str, _checked_glob(1, 1, "shop")]
TableGlob = Annotated[str, _checked_glob(2, 1, "public.orders")]
ColumnGlob = Annotated[str, _checked_glob(3, 2, "customers.email")]
FunctionGlob = Annotated[str, _checked_glob(2, 1, "reports.*")]
PathGlob = Annotated[str, AfterValidator(_path_glob)]
CommandGlob = Annotated[str, AfterValidator(_command_glob)]
HostGlob = Annotated[str, AfterValidator(_host_glob)]
RecordInput = Annotated[
    Literal["yes", "no", "masked"],
    BeforeValidator(_spelled_out, json_schema_input_type=Literal["yes", "no", "masked"] | bool),
]
MaskColumn = Annotated[str, AfterValidator(_mask_column)]
Verb = Annotated[str, StringConstraints(min_length=1, max_length=64), AfterValidator(_verb)]
Expression = Annotated[str, AfterValidator(_condition)]
Address = Annotated[str, AfterValidator(_address)]
Event = Annotated[str, AfterValidator(_notifiable)]
Events = Annotated[tuple[Event, ...], _ANY_OF]
Command = Annotated[
    tuple[str, ...],
    PlainValidator(_command),
    WithJsonSchema({"type": "array", "items": {"type": "string"}, "minItems": 1}),
]
WebAddress = Annotated[str, AfterValidator(_web_address)]
Header = Annotated[str, AfterValidator(_header)]
IssuerURL = Annotated[str, StringConstraints(max_length=1024), AfterValidator(_issuer)]
Claim = Annotated[
    tuple[str, ...],
    PlainValidator(_claim),
    WithJsonSchema({"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}, "minItems": 1}]}),
]
Serials = Annotated[
    tuple[int, int],
    PlainValidator(_serials),
    WithJsonSchema({"anyOf": [{"type": "integer", "minimum": 0}, {"type": "string", "pattern": r"^\d+(-\d+)?$"}]}),
]
Login = Annotated[Line, AfterValidator(_login)]
Listen = Annotated[str, AfterValidator(_listen)]
Duration = Annotated[
    float,
    PlainValidator(_duration),
    WithJsonSchema({"type": "string", "pattern": r"^\d+(\.\d+)?(ms|s|m|h|d)$", "examples": ["60s", "15m", "12h"]}),
]
AmountOfSpace = Annotated[
    Amount,
    PlainValidator(_amount),
    PlainSerializer(str, return_type=str),
    WithJsonSchema(
        {"type": "string", "pattern": r"^\d+(\.\d+)? ?(%|[kMGT]?B|[KMGT]iB)$", "examples": ["20%", "500MB", "2GiB"]}
    ),
]
FilePath = Annotated[Path, PlainValidator(path_of), WithJsonSchema({"type": "string"})]
Instant = Annotated[datetime, BeforeValidator(_instant), WithJsonSchema({"type": "string", "examples": ["2027-03-01"]})]
Answers = Annotated[
    str | int,
    PlainValidator(_answers),
    WithJsonSchema(
        {
            "anyOf": [
                {"enum": ["all", "digest"]},
                {"type": "object", "properties": {"rows": {"type": "integer", "minimum": 0}}, "required": ["rows"]},
            ]
        }
    ),
]
