from collections.abc import Sequence
from dataclasses import replace

from engine.masking.plan import MaskRule, Masks
from engine.model import Access, Column, ColumnRef, Effect, Identity, Operation, Resource, Target

EMAIL = ColumnRef("public", "customers", "email")
NAME = ColumnRef("public", "customers", "name")
AGENT = Identity("bot", "agent", frozenset({"agents"}))
SHOP = Target("shop", "postgres", "db:5432", labels={"env": "prod"})
PII = MaskRule("pii", labels={"env": "prod"}, exempt_groups=frozenset({"privacy"}), columns=("customers.email",))


def masks(*rules: MaskRule, identity: Identity = AGENT, target: Target = SHOP) -> Masks:
    return Masks(rules, identity, target, b"k" * 32)


def strategies(found: Masks, columns: Sequence[Column]) -> list[str | None]:
    return [None if action is None else action.strategy for action in found.plan(columns).columns]


def operation(**fields: object) -> Operation:
    values: dict[str, object] = {
        "id": "o",
        "session": "s",
        "kind": "statement",
        "verb": "SELECT",
        "text": "",
        "accesses": (Access(Effect.READ, Resource("table", "public.customers")),),
    }
    return Operation(**{**values, **fields})  # type: ignore[arg-type]  # keyword arguments by name


def test_a_column_is_masked_by_where_its_values_come_from() -> None:
    columns = [
        Column("contact", frozenset({EMAIL})),
        Column("email", frozenset({NAME})),
        Column("both", frozenset({NAME, EMAIL})),
        Column("one", frozenset()),
    ]
    assert strategies(masks(PII), columns) == ["redact", None, "redact", None]


def test_a_column_of_unproved_origin_is_masked_where_any_column_is_protected() -> None:
    unproved = [Column("x", None)]
    assert strategies(masks(PII), unproved) == ["nullify"]
    assert strategies(masks(MaskRule("found", detect=("email",))), unproved) == [None]


def test_what_is_not_text_masks_to_null() -> None:
    assert strategies(masks(PII), [Column("n", frozenset({EMAIL}), is_text=False)]) == ["nullify"]


def test_the_length_and_the_nulls_of_what_is_made_from_a_protected_column_answer_no_question() -> None:
    made = [Column("length", frozenset({EMAIL}), is_derived=True)]
    assert strategies(masks(PII), made) == ["nullify"]
    assert strategies(masks(replace(PII, inference="allow")), made) == ["redact"]


def test_partial_shows_the_end_of_nothing_that_an_expression_could_have_put_there() -> None:
    ends = replace(PII, strategy="partial", inference="allow")
    made = [Column("end", frozenset({EMAIL}), is_derived=True), Column("stored", frozenset({EMAIL}))]
    assert strategies(masks(ends), made) == ["nullify", "partial"]


def test_the_strongest_strategy_wins_whatever_the_order() -> None:
    weak = MaskRule("weak", columns=("*.email",), strategy="partial")
    strong = MaskRule("strong", columns=("customers.email",), strategy="nullify")
    column = [Column("email", frozenset({EMAIL}))]
    assert strategies(masks(weak, strong), column) == strategies(masks(strong, weak), column) == ["nullify"]


def test_exempt_groups_and_other_places_are_not_masked() -> None:
    column = [Column("email", frozenset({EMAIL}))]
    officer = Identity("dpo", "human", frozenset({"privacy"}))
    test_target = Target("shop", "postgres", "db:5432", labels={"env": "test"})
    assert strategies(masks(PII, identity=officer), column) == [None]
    assert strategies(masks(PII, target=test_target), column) == [None]


def test_column_globs_match_names_case_exactly_and_one_name_at_a_time() -> None:
    rule = MaskRule("ssn", columns=("*.ssn", "billing.*.iban"))
    assert rule.names(ColumnRef("any", "people", "ssn"))
    assert not rule.names(ColumnRef("any", "people", "SSN"))
    assert rule.names(ColumnRef("billing", "accounts", "iban"))
    assert not rule.names(ColumnRef("public", "accounts", "iban"))


def test_a_protected_column_may_not_steer_an_answer_unless_the_rule_says_so() -> None:
    probing = operation(inferences=frozenset({EMAIL}))
    assert masks(PII).refuses(probing) is not None
    lenient = MaskRule("pii", columns=("customers.email",), inference="allow")
    assert masks(lenient).refuses(probing) is None
    assert masks(PII).refuses(operation(inferences=frozenset({NAME}))) is None
    assert masks(PII).refuses(operation(inferences=None)) is not None


def test_a_protected_column_may_not_be_copied_whatever_the_rule_says() -> None:
    lenient = MaskRule("pii", columns=("customers.email",), inference="allow")
    assert masks(lenient).refuses(operation(copies=frozenset({EMAIL}))) is not None
    assert masks(lenient).refuses(operation(copies=None)) is not None
    assert masks(lenient).refuses(operation(copies=frozenset({NAME}))) is None


def test_error_texts_of_operations_on_protected_tables_are_suspect() -> None:
    orders = operation(accesses=(Access(Effect.READ, Resource("table", "public.orders")),))
    assert masks(PII).touches_protected(operation())
    assert not masks(PII).touches_protected(orders)
    assert masks(PII).touches_protected(None)
    assert not masks().touches_protected(None)


def test_recognised_values_in_free_text_are_replaced() -> None:
    found = masks(MaskRule("found", detect=("email", "us_ssn"), strategy="redact"))
    assert found.count_text("ask ada@engines.example or 078-05-1120") == ("ask " + "*" * 19 + " or " + "*" * 11, 2)
