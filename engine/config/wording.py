"""What pydantic found, in words a reader of YAML understands, at the place where it stands."""

from __future__ import annotations

import types
from collections.abc import Iterator
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from engine.config.document import Document, Place
from engine.config.models import Configuration, Section
from engine.config.problems import Problem, suggestion

PUBLISHED_NOT_BUILT = "is published but not built yet"

_SHOULD_BE = {
    "string_type": "should be text",
    "string_sub_type": "should be text",
    "tuple_type": "should be a list",
    "dict_type": "should be a mapping",
    "model_type": "should be a mapping",
    "model_attributes_type": "should be a mapping",
    "bool_type": "should be true or false",
    "int_type": "should be a whole number",
}


def problems_of(document: Document, error: ValidationError) -> Iterator[Problem]:
    """One problem for each thing wrong; what only follows from another is left out."""
    details = error.errors(include_url=False)
    places = [tuple(detail["loc"]) for detail in details]
    for detail, place in zip(details, places, strict=True):
        follows = detail["type"] == "too_short" and any(other[:-1] == place for other in places)
        if not follows:
            yield from _word(document, detail)


def _word(document: Document, detail: ErrorDetails) -> Iterator[Problem]:
    kind, context = detail["type"], detail.get("ctx", {})
    place = document.nearest(tuple(part for part in detail["loc"] if part != "[key]"))
    name = str(place[-1]) if place else ""
    if kind == "condition":
        for flaw in context["flaws"]:
            yield document.problem_inside(place, flaw.line, flaw.column, f"in `when`: {flaw.what}")
    elif kind == "extra_forbidden":
        yield _unknown_key(document, place, section_at(tuple(detail["loc"][:-1])))
    elif "[key]" in detail["loc"] and kind == "literal_error":
        yield document.problem(place, f"unknown key {name!r}", _choice(name, context), at_key=True)
    elif kind == "missing":
        yield document.problem(place[:-1], f"{name} is missing")
    elif kind == "value":
        yield document.problem(place, context["what"], context["hint"])
    elif kind in ("literal_error", "enum"):
        value = document.value(place)
        yield document.problem(place, f"{value!r} is not possible here", _choice(str(value), context))
    elif kind == "too_short":
        yield document.problem(place, "names nothing, so it can never match", "leave the key out to mean any")
    elif kind == "string_pattern_mismatch":
        hint = "letters, digits and _ . @ + -" if name != "store" else "sqlite or postgresql://…"
        what = "not possible as a name" if name != "store" else "not a store"
        yield document.problem(place, what, hint, at_key="[key]" in detail["loc"])
    else:
        what = _SHOULD_BE.get(kind) or detail["msg"]
        subject = "this" if place and isinstance(place[-1], int) else name
        yield document.problem(place, f"{subject}: {what}", _quoting(kind, document.value(place)))


def _quoting(kind: str, value: object) -> str:
    is_scalar = value is not None and not isinstance(value, dict | list)
    return f'quote it: "{value}"' if kind == "string_type" and is_scalar else ""


def _choice(value: str, context: dict[str, Any]) -> str:
    expected = str(context.get("expected", "")).replace(" or ", ", ")
    return suggestion(value, [choice.strip("'") for choice in expected.split(", ") if choice])


def _unknown_key(document: Document, place: Place, section: type[Section] | None) -> Problem:
    name = str(place[-1])
    if section is not None and name in section.UNBUILT:
        return document.problem(place, f"{name} {PUBLISHED_NOT_BUILT}", "leave it out for now", at_key=True)
    known = (field.alias or name for name, field in section.model_fields.items()) if section else ()
    return document.problem(place, f"unknown key {name!r}", suggestion(name, known), at_key=True)


def section_at(place: Place) -> type[Section] | None:
    """The section that stands at a place, as the models have it."""
    current: Any = Configuration
    for part in place:
        if isinstance(current, type) and issubclass(current, Section):
            fields = {field.alias or name: field for name, field in current.model_fields.items()}
            if part not in fields:
                return None
            current = _bare(fields[str(part)].annotation)
        elif get_origin(current) in (dict, tuple):
            current = _bare(get_args(current)[1 if get_origin(current) is dict else 0])
        else:
            return None
    return current if isinstance(current, type) and issubclass(current, Section) else None


def _bare(annotation: Any) -> Any:
    """The annotation without Annotated and without `| None`."""
    while True:
        origin = get_origin(annotation)
        if origin is Annotated:
            annotation = get_args(annotation)[0]
        elif origin in (Union, types.UnionType):
            annotation = next(part for part in get_args(annotation) if part is not type(None))
        else:
            return annotation
