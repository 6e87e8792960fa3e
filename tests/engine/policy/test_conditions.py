import pytest

from engine.model import Identity
from engine.policy.conditions import (
    BadCondition,
    activation,
    compile_condition,
    identity_message,
    target_message,
)
from tests.engine.policy.making import BOT, NOW, SESSION, SHOP, access, operation

ASKED = operation(
    access("delete", "table:public.orders"),
    access("read", "table:public.orders", "id", "total"),
    verb="DELETE",
    parameters=["7", None],
    has_where=True,
)


def holds(expression: str, session: dict[str, object] | None = None) -> bool | None:
    values = activation(identity_message(BOT), target_message(SHOP), session or dict(SESSION), ASKED, NOW)
    return compile_condition(expression).holds(values)


@pytest.mark.parametrize(
    "expression",
    [
        "operation.has_where && operation.verb == 'DELETE'",
        "'agents' in identity.groups && identity.sponsor == 'alice' && identity.kind == 'agent'",
        "target.labels.env == 'prod' && target.name == 'shop'",
        "operation.effects == ['delete', 'read']",
        "operation.resources.exists(r, r.name == 'public.orders' && 'total' in r.columns && r.effect == 'read')",
        "operation.parameters[0].value == '7' && operation.parameters[1].is_null",
        "session.client == 'psql' && session.opened <= now",
        "now.getHours() == 3",
        "operation.database == 'shop' && operation.role == 'app' && !operation.in_transaction",
        "operation.estimated_rows == null",
    ],
)
def test_a_condition_sees_the_published_schema(expression: str) -> None:
    assert holds(expression) is True


@pytest.mark.parametrize(
    "expression",
    [
        "operation.estimated_rows < 100",
        "target.labels.team == 'core'",
        "operation.parameters[5].value == ''",
        "1 / (size(operation.parameters) - 2) == 1",
    ],
)
def test_what_cannot_be_known_is_an_error_and_no_default(expression: str) -> None:
    assert holds(expression) is None


def test_a_session_that_nobody_opened_is_absent() -> None:
    values = activation(identity_message(BOT), target_message(SHOP), {}, ASKED, NOW)
    assert compile_condition("session.client == ''").holds(values) is None


@pytest.mark.parametrize(
    ("expression", "column", "what"),
    [
        ("operation.has_wher", 10, "undefined field 'has_wher'"),
        ("operation.verb == 3", 16, "no matching overload"),
        ("operation.verb", 1, "true or false"),
        ("nobody == ''", 1, "undeclared reference to 'nobody'"),
        ("dyn(1)", 1, "true or false"),
        ("has(", 5, "Syntax error"),
        ("x" * 5000, 1, "longer than"),
    ],
)
def test_a_mistake_is_found_at_load_with_its_column(expression: str, column: int, what: str) -> None:
    with pytest.raises(BadCondition) as caught:
        compile_condition(expression)
    assert caught.value.flaws[0].column == column
    assert what in caught.value.flaws[0].what


def test_every_mistake_is_reported_and_what_follows_from_one_is_not() -> None:
    with pytest.raises(BadCondition) as caught:
        compile_condition("operation.foo && bar &&\n  operation.verb == 3")
    assert [(flaw.line, flaw.column) for flaw in caught.value.flaws] == [(1, 10), (1, 18), (2, 18)]


def test_constants_are_known_as_such() -> None:
    assert compile_condition("1 == 2").constant is False
    assert compile_condition("operation.has_where && false").constant is False
    assert compile_condition("true").constant is True
    assert compile_condition("operation.has_where").constant is None


def test_reading_parameters_is_noticed_through_anything() -> None:
    assert compile_condition("dyn([operation])[0].parameters.size() == 0").reads_parameters
    assert not compile_condition("operation.has_where").reads_parameters


def test_the_groups_of_an_identity_come_in_one_order() -> None:
    message = identity_message(Identity("x", "human", frozenset("abc")))
    assert list(message.groups) == ["a", "b", "c"]


@pytest.mark.parametrize(
    ("expression", "is_steady"),
    [
        ("operation.has_where && identity.kind == 'agent'", True),
        ("operation.effects == ['read'] && target.labels.env == 'prod'", True),
        ("operation.resources.exists(r, r.name == 'public.orders')", True),
        ("now.getHours() == 3", False),
        ("session.client == 'psql'", False),
        ("operation.parameters.size() > 0", False),
        ("operation.in_transaction", False),
        ("operation.estimated_rows == null", False),
        ("operation == operation", False),
        ("[operation].exists(o, o.parameters.size() == 0)", False),
        ("operation .parameters.size() == 0", False),
    ],
)
def test_a_condition_is_steady_only_where_it_reads_what_stays(expression: str, is_steady: bool) -> None:
    assert compile_condition(expression).is_steady is is_steady


@pytest.mark.parametrize(
    ("text", "reads"),
    [
        ("operation.has_where", {"operation.has_where"}),
        ("identity.subject == 'session operation.verb'", {"identity.subject"}),
        ("identity . subject == \"it's\" || operation.verb == 'x'", {"identity.subject", "operation.verb"}),
        ("// don't\noperation.verb == 'it'", {"operation.verb"}),
        ("r'\\d' != identity.subject && operation.verb != ''", {"identity.subject", "operation.verb"}),
    ],
)
def test_a_condition_says_what_it_reads(text: str, reads: set[str]) -> None:
    assert compile_condition(text).reads == reads


def test_a_variable_named_as_a_whole_is_read_whole() -> None:
    assert "session.client" in compile_condition("has(session.id) && session == session").reads
