import pytest

from engine.masking.plan import MaskRule, Masks
from engine.model import Access, Effect, Identity, Operation, Resource, Target
from engine.protocols.postgres.reports import mask_report

CANARY = "canary-value"
RULE = MaskRule("pii", columns=("people.secret",), detect=("email",))


def masks(*rules: MaskRule) -> Masks:
    return Masks(rules, Identity("a", "agent"), Target("t", "postgres", ""), b"k" * 32)


def operation(table: str) -> Operation:
    access = Access(Effect.READ, Resource("table", table))
    return Operation("o", "s", "statement", "SELECT", "", (access,))


@pytest.mark.parametrize(
    "fields",
    [
        {"C": "22P02", "M": f'invalid input syntax for type integer: "{CANARY}"', "W": f"unnamed portal {CANARY}"},
        {"C": "22007", "M": f'invalid input syntax for type date: "x"y {CANARY}'},
        {"C": "22012", "M": "division by zero", "W": f"SQL function {CANARY}"},
        {"C": "23505", "M": "duplicate key value", "D": f"Key (secret)=({CANARY}) already exists."},
        {"C": "23514", "M": "new row violates check", "D": f"Failing row contains (1, {CANARY})."},
        {"C": "P0001", "M": CANARY, "H": CANARY},
        {"C": "XX000", "M": f"internal {CANARY}"},
        {"C": "01000", "M": f"a notice about {CANARY}"},
    ],
)
def test_a_report_about_a_protected_table_quotes_no_value(fields: dict[str, str]) -> None:
    masked = mask_report({"S": "ERROR", **fields}, masks(RULE), operation("public.people"))
    assert CANARY not in str(masked)
    assert (masked["S"], masked["C"]) == ("ERROR", fields["C"])


def test_a_report_about_other_tables_stays_whole_but_for_what_detectors_find() -> None:
    fields = {"C": "22P02", "M": 'invalid input syntax for type integer: "abc ada@engines.example"'}
    masked = mask_report(fields, masks(RULE), operation("public.orders"))
    assert masked["M"] == f'invalid input syntax for type integer: "abc {"*" * 19}"'


def test_reports_about_names_and_resources_stay_whole() -> None:
    fields = {"C": "42703", "M": 'column "emial" does not exist', "H": 'Perhaps you meant "people.email".', "P": "8"}
    assert mask_report(fields, masks(RULE), operation("public.people")) == fields


def test_without_masks_nothing_changes() -> None:
    fields = {"C": "P0001", "M": CANARY}
    assert mask_report(fields, masks(), None) == fields
