"""`when`: conditions in CEL over a published, typed schema, checked when they are loaded.

The schema is a protobuf descriptor, so that a misspelt field is an error at load. What cannot be known at the moment
of a decision is an evaluation error, never a default: an estimate nobody made is null, a session nobody opened absent.
Language: https://github.com/google/cel-spec/blob/master/doc/langdef.md
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from cel_expr_python import cel
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory, timestamp_pb2, wrappers_pb2

from engine.model import Identity, Operation, Target

MAX_LENGTH: Final = 4096

# name → field → type; "[]" repeats, "{}" maps from string. The numbers are the positions.
SCHEMA: Final[Mapping[str, Mapping[str, str]]] = {
    "Identity": {
        "subject": "string",
        "kind": "string",
        "groups": "[]string",
        "sponsor": "string",
        "purpose": "string",
        "on_behalf_of": "string",
        "authenticated": "string",
    },
    "Target": {
        "name": "string",
        "protocol": "string",
        "address": "string",
        "database": "string",
        "labels": "{}string",
        "mode": "string",
    },
    "Session": {"id": "string", "client": "string", "database": "string", "opened": "google.protobuf.Timestamp"},
    "Resource": {"effect": "string", "kind": "string", "name": "string", "columns": "[]string"},
    "Parameter": {"type": "string", "value": "string", "is_null": "bool"},
    "Operation": {
        "kind": "string",
        "verb": "string",
        "effects": "[]string",
        "resources": "[]Resource",
        "parameters": "[]Parameter",
        "has_where": "bool",
        "estimated_rows": "google.protobuf.Int64Value",
        "in_transaction": "bool",
        "database": "string",
        "role": "string",
    },
}

_PACKAGE = "hoopterm"
_Field = descriptor_pb2.FieldDescriptorProto


def _add_field(message: descriptor_pb2.DescriptorProto, name: str, kind: str, number: int) -> None:
    added = message.field.add(name=name, number=number, label=_Field.LABEL_OPTIONAL)
    if kind.startswith("[]"):
        added.label = _Field.LABEL_REPEATED
    if kind.startswith("{}"):
        entry = message.nested_type.add(name=f"{name.title()}Entry")
        entry.options.map_entry = True
        _add_field(entry, "key", "string", 1)
        _add_field(entry, "value", kind[2:], 2)
        added.label, added.type = _Field.LABEL_REPEATED, _Field.TYPE_MESSAGE
        added.type_name = f".{_PACKAGE}.{message.name}.{entry.name}"
        return
    bare = kind.removeprefix("[]")
    scalar = {"string": _Field.TYPE_STRING, "bool": _Field.TYPE_BOOL}.get(bare)
    added.type = scalar or _Field.TYPE_MESSAGE
    if scalar is None:
        added.type_name = f".{bare}" if "." in bare else f".{_PACKAGE}.{bare}"


def _descriptors() -> descriptor_pool.DescriptorPool:
    file = descriptor_pb2.FileDescriptorProto(name="hoopterm/policy.proto", package=_PACKAGE, syntax="proto3")
    pool = descriptor_pool.DescriptorPool()
    for known in (timestamp_pb2, wrappers_pb2):
        described = descriptor_pb2.FileDescriptorProto()
        known.DESCRIPTOR.CopyToProto(described)
        pool.Add(described)
        file.dependency.append(described.name)
    for name, fields in SCHEMA.items():
        message = file.message_type.add(name=name)
        for number, (field_name, kind) in enumerate(fields.items(), start=1):
            _add_field(message, field_name, kind, number)
    pool.Add(file)
    return pool


_POOL = _descriptors()
_MESSAGES: dict[str, Any] = {
    name: message_factory.GetMessageClass(_POOL.FindMessageTypeByName(f"{_PACKAGE}.{name}")) for name in SCHEMA
}
VARIABLES: Final = ("identity", "target", "session", "operation")
_ENVIRONMENT = cel.NewEnv(
    _POOL,
    variables={name: cel.Type(f"{_PACKAGE}.{name.title()}") for name in VARIABLES} | {"now": cel.Type.TIMESTAMP},
)


@dataclass(frozen=True, slots=True)
class Flaw:
    """What is wrong with an expression, and where in it (both counted from 1)."""

    line: int
    column: int
    what: str


class BadCondition(ValueError):
    """An expression that does not hold: every flaw found."""

    def __init__(self, flaws: tuple[Flaw, ...]) -> None:
        super().__init__("; ".join(flaw.what for flaw in flaws))
        self.flaws = flaws


@dataclass(frozen=True, slots=True)
class Condition:
    """One checked expression. `constant` is its value where nothing can change it.

    `is_steady`: it reads nothing that differs between two operations with the same accesses, verb, kind, context and
    `has_where` of one identity on one target: no clock, no session, no parameter, no estimate.
    """

    text: str
    reads_parameters: bool
    constant: bool | None
    is_steady: bool
    _expression: Any = field(repr=False, compare=False)

    @property
    def reads_estimates(self) -> bool:
        """Whether it may look at how many rows are estimated."""
        return "operation.estimated_rows" in self.reads

    @property
    def reads(self) -> frozenset[str]:
        """What it may look at, as `variable.field`; a variable that is named as a whole counts for all its fields."""
        found: set[str] = set()
        # What only stands in a text is not read, where it is plain which parts of the expression are texts.
        bare = self.text if _TRICKY.search(self.text) else _LITERAL.sub("''", self.text)
        for variable, name in _READING.findall(bare):
            known = SCHEMA[variable.title()]
            found.update(f"{variable}.{each}" for each in ([name] if name in known else known))
        return frozenset(found)

    def holds(self, activation: Any) -> bool | None:
        """Whether it holds; None when evaluating it failed."""
        value = self._expression.eval(activation).value()
        return value if value is True or value is False else None


_STEADY = ("kind", "verb", "effects", "resources", "has_where", "database", "role")
# Any other way to name a variable counts: `operation` as a whole, in a macro, in a comparison.
_UNSTEADY = re.compile(rf"\b(?:now|session)\b|\boperation\b(?!\.(?:{'|'.join(_STEADY)})\b)")
_READING = re.compile(r"\b(identity|target|session|operation)\b(?:\s*\.\s*(\w+))?")
_LITERAL = re.compile(r"""(?:"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')""")
_TRICKY = re.compile(r"""//|["']{3}|(?<!\w)[rRbB]{1,2}["']""")  # comments, and literals that end elsewhere
_REPORT = re.compile(r"<input>:(\d+):(\d+): (.*)")


def compile_condition(text: str) -> Condition:
    """The checked expression; raises BadCondition with every flaw the checker found."""
    if len(text) > MAX_LENGTH:
        raise BadCondition((Flaw(1, 1, f"an expression longer than {MAX_LENGTH} characters"),))
    try:
        expression = _ENVIRONMENT.compile(text)
    except RuntimeError as error:
        flaws = tuple(
            Flaw(int(line), int(column), _plain(what))
            for line, column, what in _REPORT.findall(str(error))
            if "*error*" not in what  # only follows from another flaw
        )
        raise BadCondition(flaws or (Flaw(1, 1, str(error).splitlines()[0]),)) from None
    if expression.return_type() != cel.Type.BOOL:
        found = expression.return_type().name()
        raise BadCondition((Flaw(1, 1, f"a condition is true or false, this is of type {found}"),))
    value = expression.eval(_ENVIRONMENT.Activation({})).value()
    # The word can only be absent from an expression that does not select the field: identifiers have no escapes.
    reads_parameters = re.search(r"\bparameters\b", text) is not None
    constant = value if isinstance(value, bool) else None
    return Condition(text, reads_parameters, constant, _UNSTEADY.search(text) is None, expression)


def _plain(report: str) -> str:
    return report.removesuffix(" [INVALID_ARGUMENT]").replace(f"{_PACKAGE}.", "").replace(" (in container '')", "")


def identity_message(identity: Identity) -> Any:
    """The `identity` a condition sees."""
    return _MESSAGES["Identity"](
        subject=identity.subject,
        kind=identity.kind,
        groups=sorted(identity.groups),
        sponsor=identity.sponsor or "",
        purpose=identity.purpose or "",
        on_behalf_of=identity.on_behalf_of or "",
        authenticated=identity.authenticated,
    )


def target_message(target: Target) -> Any:
    """The `target` a condition sees."""
    return _MESSAGES["Target"](
        name=target.name,
        protocol=target.protocol,
        address=target.address,
        database=target.database or "",
        labels=dict(target.labels),
        mode=target.mode.value,
    )


def session_message(session: Mapping[str, object]) -> Any:
    """The `session` a condition sees; keys that the schema does not publish are left out."""
    return _MESSAGES["Session"](**{name: session[name] for name in SCHEMA["Session"] if session.get(name) is not None})


def operation_message(operation: Operation) -> Any:
    """The `operation` a condition sees. Its text is not among it: rules judge what a statement does."""
    context = dict(operation.context)
    message = _MESSAGES["Operation"](
        kind=operation.kind,
        verb=operation.verb,
        effects=[effect.value for effect in operation.effects],
        has_where=operation.has_where,
        in_transaction=operation.in_transaction,
        database=context.get("database", ""),
        role=context.get("role", ""),
    )
    for access in operation.accesses:
        message.resources.add(
            effect=access.effect.value,
            kind=access.resource.kind,
            name=access.resource.name,
            columns=access.resource.columns,
        )
    for parameter in operation.parameters:
        message.parameters.add(type=parameter.type_name, value=parameter.value or "", is_null=parameter.value is None)
    if operation.estimated_rows is not None:
        message.estimated_rows.value = operation.estimated_rows
    return message


def activation(identity: Any, target: Any, session: Mapping[str, object], operation: Operation, now: datetime) -> Any:
    """What a condition is evaluated against; `identity` and `target` are their messages."""
    values = {"identity": identity, "target": target, "operation": operation_message(operation), "now": now}
    if session:
        values["session"] = session_message(session)
    return _ENVIRONMENT.Activation(values)
