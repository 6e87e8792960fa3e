"""An operation → the review that asks people about it, and back."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Final, Protocol

from engine.approvals.request import Review, State, Texts
from engine.errors import Denied
from engine.model import Access, Decision, Identity, Operation, Parameter, Resource, Target

MAX_TEXT: Final = 256 * 1024
"""Characters of text and parameters that a person can be asked to read."""


class HidesValues(Protocol):
    """The masks of a session."""

    def text(self, text: str) -> str:
        """Free text with recognised values replaced."""


class HeldSession(Protocol):
    """The session whose operation is held."""

    @property
    def id(self) -> str:
        """Its identifier."""

    @property
    def identity(self) -> Identity:
        """Who asks."""

    @property
    def target(self) -> Target:
        """Where."""

    @property
    def masks(self) -> HidesValues:
        """What is hidden from it."""

    @property
    def facts(self) -> Mapping[str, object]:
        """What conditions see of it."""


def review_of(
    session: HeldSession,
    operation: Operation,
    decision: Decision,
    *,
    id: str,
    binding: str,
    similar_before: int,
    now: datetime,
) -> Review:
    """The review that asks about an operation which a review rule holds.

    Raises Denied for one that is longer than people can judge: what nobody can read, nobody can approve."""
    terms = decision.terms
    if terms is None:
        raise ValueError("only a review rule's decision can be asked about")
    if len(operation.text) + sum(len(parameter.value or "") for parameter in operation.parameters) > MAX_TEXT:
        what = f"{operation.verb} denied: it needs approval and is too long for anybody to judge"
        why = f"text and parameters have more than {MAX_TEXT // 1024} K characters"
        raise Denied(what, why, "do it in smaller statements", decision=decision, operation=operation.id)
    context = dict(operation.context)
    return Review(
        id=id,
        state=State.PENDING,
        session=session.id,
        operation=operation.id,
        identity=session.identity,
        target=session.target.name,
        database=context.get("database") or session.target.database or "",
        role=context.get("role", ""),
        kind=operation.kind,
        verb=operation.verb,
        context=tuple((name, storable(value)) for name, value in operation.context),
        masked=_texts(operation, session.masks.text),
        exact=_texts(operation, str),
        parameter_types=tuple(parameter.type_name for parameter in operation.parameters),
        rule=decision.rule or "",
        reason=decision.reason,
        rule_digest=decision.rule_digest,
        terms=terms,
        binding=binding,
        requested=now,
        deadline=now + timedelta(seconds=terms.timeout),
        has_where=operation.has_where,
        in_transaction=operation.in_transaction,
        estimated_rows=operation.estimated_rows,
        similar_before=similar_before,
    )


def operation_of(review: Review) -> Operation:
    """What was asked about, as far as the review still knows it: exactly while it is pending, without values after."""
    texts = review.exact or Texts("", accesses=review.masked.accesses)
    return Operation(
        id=review.operation,
        session=review.session,
        kind=review.kind,
        verb=review.verb,
        text=texts.text,
        accesses=texts.accesses,
        parameters=tuple(
            Parameter(type_name, value)
            for type_name, value in zip(review.parameter_types, texts.parameters, strict=False)
        ),
        context=review.context,
        has_where=review.has_where,
        in_transaction=review.in_transaction,
        estimated_rows=review.estimated_rows,
    )


def storable(text: str) -> str:
    """The text with bytes that are no text shown as `\\\\udc..` instead of breaking what stores it."""
    return text.encode("utf-8", "backslashreplace").decode()


def _texts(operation: Operation, show: Callable[[str], str]) -> Texts:
    return Texts(
        storable(show(operation.text)),
        tuple(
            None if parameter.value is None else storable(show(parameter.value)) for parameter in operation.parameters
        ),
        tuple(_shown(access, show) for access in operation.accesses),
    )


def _shown(access: Access, show: Callable[[str], str]) -> Access:
    resource = access.resource
    columns = tuple(storable(show(column)) for column in resource.columns)
    return Access(access.effect, Resource(resource.kind, storable(show(resource.name)), columns))
