"""The extended query protocol: Parse and Describe may be denied, Bind is decided and may wait, Execute runs it.

PostgreSQL documentation, "Message Flow: Extended Query" and "Pipelining". Bind can already run code (it plans, and so
evaluates what is immutable), and it is where the parameters become known: so it is kept back until the operation may
run. The engine asks for the columns of every portal that may give rows, whether or not the client does.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from engine.errors import Denied, RecordError
from engine.model import Verdict
from engine.protocols.postgres import limits
from engine.protocols.postgres import requests as r
from engine.protocols.postgres.admission import Refusal, admit, admit_now, operation_of
from engine.protocols.postgres.denial import error_fields, fields_of, fields_of_failure
from engine.protocols.postgres.errands import (
    BindErrand,
    CloseErrand,
    DescribePortalErrand,
    DescribeStatementErrand,
    Errand,
    ExecuteErrand,
    ParseErrand,
)
from engine.protocols.postgres.parameters import decode, needs_types
from engine.protocols.postgres.portals import MAX_WEIGHT, Portal, Prepared, Unconfirmed
from engine.protocols.postgres.simple import analysed, make_room, unreadable

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from engine.protocols.postgres.delivery import Delivery
    from engine.protocols.postgres.denial import Fields
    from engine.protocols.postgres.exchanges import Step
    from engine.protocols.postgres.relay import Relay
    from engine.protocols.postgres.statement import Statement


# ── Parse ──


def parse(relay: Relay, data: bytes) -> Step | None:
    """A Parse."""
    message = r.Parse.decode(data)
    try:
        text = relay.tracker.read(message.text.encode("utf-8", "surrogateescape"))
    except UnicodeError as error:
        relay.refuse_message(unreadable(relay, error))
        return None
    if relay.is_settled and relay.names.statements.weight + len(text) <= MAX_WEIGHT:
        statements = relay.analyst.known(text, relay.tracker.state)
        if statements is not None:
            _prepare(relay, data, message, text, statements)
            return None
    return _parse(relay, data, message, text)


async def _parse(relay: Relay, data: bytes, message: r.Parse, text: str) -> None:
    try:
        await make_room(relay, relay.names.statements, len(text))
        statements = await analysed(relay, text)
    except Refusal as refusal:
        relay.refuse_message(refusal.fields)
    else:
        _prepare(relay, data, message, text, statements)


def _prepare(relay: Relay, data: bytes, message: r.Parse, text: str, statements: Sequence[Statement]) -> None:
    if relay.is_passing_over:
        return
    if len(statements) > 1:
        relay.refuse_message(error_fields("42601", "cannot insert multiple commands into a prepared statement"))
        return
    statement = statements[0] if statements else None
    if (refused := _previewed(relay, statement)) is not None:
        relay.refuse_message(refused)
        return
    prepared = Prepared(text, statement, message.types)
    proposal = relay.names.statements.propose(message.name, prepared, relay.batch)
    relay.forward(data, ParseErrand(proposal, relay.tracker.prepared))


def _previewed(relay: Relay, statement: Statement | None) -> Fields | None:
    """The error of a statement that is denied whatever its parameters are."""
    if statement is None:
        return None
    pipeline = relay.gateway.pipeline
    operation = operation_of(relay, statement)
    decision = pipeline.preview(relay.session, operation)
    if decision.verdict is not Verdict.DENY:
        return None
    try:
        pipeline.refuse_early(relay.session, operation, decision)
    except Denied as denied:
        return fields_of(denied)
    except RecordError as error:
        return fields_of_failure(error)


# ── Bind ──


def bind(relay: Relay, data: bytes) -> Step | None:
    """A Bind."""
    message = r.Bind.decode(data)
    if not relay.is_settled or relay.names.portals.weight + len(data) > MAX_WEIGHT:
        return _bind(relay, data, message)
    try:
        prepared = relay.names.statements.find(message.statement, relay.batch)
    except Unconfirmed:
        return _bind(relay, data, message)
    if prepared is None:
        relay.refuse_message(_no_statement(message.statement))
        return None
    if prepared.statement is None:
        _make_portal(relay, data, message, prepared, None)
        return None
    if not needs_types(message, prepared.types):
        statements = None if prepared.is_unread else relay.analyst.known(prepared.text, relay.tracker.state)
        if statements is not None and len(statements) == 1:
            parameters = decode(message, prepared.types)
            operation = operation_of(relay, statements[0], parameters)
            delivery = admit_now(relay, statements[0], operation)
            if delivery is not None:
                _make_portal(relay, data, message, prepared, delivery)
                relay.lane.learn_bind(prepared, delivery)
                return None
    return _bind(relay, data, message)


async def _bind(relay: Relay, data: bytes, message: r.Bind) -> None:
    """The same with waiting: for the statement's meaning, its parameters' types, or people."""
    try:
        await make_room(relay, relay.names.portals, len(data))
        prepared = await _found(relay, message)
        delivery = None
        if prepared.statement is not None:
            statements = await analysed(relay, prepared.text)
            if prepared.is_unread:
                statements = [prepared.statement]
            operation = operation_of(relay, statements[0], decode(message, prepared.types))
            (delivery,) = await admit(relay, statements, [operation], prepared.text)
    except Refusal as refusal:
        if not relay.is_passing_over:
            relay.refuse_message(refusal.fields)
    else:
        _make_portal(relay, data, message, prepared, delivery)


async def _found(relay: Relay, message: r.Bind) -> Prepared:
    """The statement a Bind means, with the types of its binary parameters known. Raises `Refusal`."""
    try:
        if not relay.is_settled:
            await relay.settle()
        prepared = relay.names.statements.find(message.statement, relay.batch)
    except Unconfirmed:
        await relay.answered()
        prepared = relay.names.statements.find(message.statement, relay.batch)
    if prepared is None:
        raise Refusal(_no_statement(message.statement))
    if needs_types(message, prepared.types):
        relay.send(r.Describe("S", message.statement), DescribeStatementErrand(prepared, is_hidden=True))
        await relay.answered()
    return prepared


def _make_portal(relay: Relay, data: bytes, message: r.Bind, prepared: Prepared, delivery: Delivery | None) -> None:
    if relay.is_passing_over:
        if delivery is not None:
            delivery.skipped("something before it in the same batch failed")
        return
    portal = Portal(message.portal, delivery, relay.session.revision, size=len(data), moment=_moment(relay))
    proposal = relay.names.portals.propose(message.portal, portal, relay.batch)
    relay.forward(data, BindErrand(proposal, portal))
    if delivery is not None:
        relay.forwarding(delivery)


# ── Describe, Execute, Close ──


def describe(relay: Relay, data: bytes) -> Step | None:
    """A Describe."""
    message = r.Describe.decode(data)
    if relay.has_unsettled:
        return _again(relay, data, describe)
    try:
        if message.what == "S":
            prepared = relay.names.statements.find(message.name, relay.batch)
            _describe_statement(relay, data, prepared)
        else:
            portal = relay.names.portals.find(message.name, relay.batch)
            _describe_portal(relay, data, portal)
    except Unconfirmed:
        return _again(relay, data, describe)
    return None


def _describe_statement(relay: Relay, data: bytes, prepared: Prepared | None) -> None:
    if prepared is None:
        relay.forward(data, Errand())  # what it gives away is refused by name when it is bound
    elif (refused := _previewed(relay, prepared.statement)) is not None:
        relay.refuse_message(refused)
    else:
        relay.forward(data, DescribeStatementErrand(prepared, is_hidden=False))


def _describe_portal(relay: Relay, data: bytes, portal: Portal | None) -> None:
    if portal is None or portal.delivery is None:
        relay.forward(data, Errand())
    else:
        portal.is_described = True
        relay.forward(data, DescribePortalErrand(portal.delivery, is_hidden=False))


def execute(relay: Relay, data: bytes) -> Step | None:
    """An Execute."""
    message = r.Execute.decode(data)
    if relay.has_unsettled:
        return _again(relay, data, execute)
    try:
        portal = relay.names.portals.find(message.portal, relay.batch)
    except Unconfirmed:
        return _again(relay, data, execute)
    if portal is None:
        return _fetch(relay, data, message)
    if portal.delivery is not None and not (relay.is_settled and portal.moment == _moment(relay) is not None):
        return _run_as_bound(relay, data, portal, portal.delivery)
    _run(relay, data, portal)
    return None


def _moment(relay: Relay) -> tuple[int, int] | None:
    return relay.analyst.moment(relay.tracker.state)


async def _run_as_bound(relay: Relay, data: bytes, portal: Portal, delivery: Delivery) -> None:
    """Run a portal that may mean something else by now: utility statements, EXECUTE and FETCH among them, look names
    up when they run, and so do the bodies of functions."""
    try:
        statements = await analysed(relay, delivery.statement.text)
        if list(statements) != [delivery.statement]:
            raise Refusal(_CHANGED)
    except Refusal as refusal:
        if not relay.is_passing_over:
            relay.refuse_message(refusal.fields)
        return
    if not relay.is_passing_over:
        portal.moment = _moment(relay)
        _run(relay, data, portal)


_CHANGED = error_fields(
    "55000",
    "what this portal would do has changed since it was bound",
    "names may mean something else now",
    "bind again",
)


def _run(relay: Relay, data: bytes, portal: Portal) -> None:
    delivery = portal.delivery
    if delivery is None:
        relay.forward(data, Errand())
        return
    if (refused := _redecided(relay, portal, delivery)) is not None:
        relay.refuse_message(refused)
        return
    if not portal.is_described:
        portal.is_described = True
        relay.send(r.Describe("P", portal.name), DescribePortalErrand(delivery, is_hidden=True))
    if delivery.meter is not None:
        limits.execute(relay, data, delivery, delivery.meter)
        return
    relay.forward(data, ExecuteErrand(delivery, relay.tracker.completed))
    relay.running(delivery.statement)


def _redecided(relay: Relay, portal: Portal, delivery: Delivery) -> Fields | None:
    """The policy may have changed since the portal was bound: the error if it may not run any more."""
    session, pipeline = relay.session, relay.gateway.pipeline
    if portal.revision is session.revision:
        return None
    portal.revision = session.revision
    delivery.renew()
    passage = delivery.passage
    decision = pipeline.decide(session, passage.operation)
    is_same_review = passage.review is not None and decision.rule_digest == passage.decision.rule_digest
    if decision.verdict is Verdict.ALLOW or (decision.verdict is Verdict.REVIEW and is_same_review):
        passage.decision = replace(passage.decision, limit=decision.limit)
        delivery.meter = limits.meter_of(delivery, relay.tracker)
        return None
    try:
        pipeline.refuse_early(session, passage.operation, decision)
    except Denied as denied:
        return fields_of(denied)
    except RecordError as error:
        return fields_of_failure(error)


async def _fetch(relay: Relay, data: bytes, message: r.Execute) -> None:
    """Execute on a portal that SQL made (DECLARE, a function's refcursor): decided as the FETCH it is."""
    name = message.portal.replace('"', '""')
    try:
        if not name:
            raise Refusal(_no_portal(message.portal))
        statements = await analysed(relay, f'FETCH FORWARD {message.limit or "ALL"} FROM "{name}"')
        (delivery,) = await admit(relay, statements, [operation_of(relay, statements[0])])
    except Refusal as refusal:
        if not relay.is_passing_over:
            relay.refuse_message(refusal.fields)
        return
    if relay.is_passing_over:
        delivery.skipped("something before it in the same batch failed")
        return
    relay.forwarding(delivery)
    _run(relay, data, Portal(message.portal, delivery, relay.session.revision))


def close(relay: Relay, data: bytes) -> Step | None:
    """A Close."""
    message = r.Close.decode(data)
    names = relay.names
    errand: Errand
    if message.what == "S":
        forget = partial(relay.tracker.prepared, prepared=None)
        errand = CloseErrand(names.statements.propose(message.name, None, relay.batch), forget)
    else:
        errand = CloseErrand(names.portals.propose(message.name, None, relay.batch), relay.tracker.portal_closed)
    relay.forward(data, errand)
    return None


async def _again(relay: Relay, data: bytes, handle: Callable[[Relay, bytes], Step | None]) -> None:
    """Once what the name means is known."""
    await relay.answered()
    if not relay.is_passing_over and (step := handle(relay, data)) is not None:
        await step


def _no_statement(name: str) -> Fields:
    what = f'prepared statement "{name}" does not exist' if name else "unnamed prepared statement does not exist"
    return error_fields("26000", what)


def _no_portal(name: str) -> Fields:
    return error_fields("34000", f'portal "{name}" does not exist')
