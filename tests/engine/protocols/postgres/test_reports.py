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
        {"C": "00000", "M": CANARY},
        {"C": "42P01", "M": f'relation "{CANARY}" does not exist'},
        {"C": "42P01", "M": f'relation "a"{CANARY}"b" does not exist'},
        {"C": "42601", "M": 'syntax error at or near "-"', "W": f'invalid type name "{CANARY}"', "P": "8"},
        {"C": "42704", "M": f'role "{CANARY}" does not exist'},
        {"C": "3F000", "M": f'schema "{CANARY}" does not exist'},
        {"C": "0A000", "M": f"cross-database references are not implemented: {CANARY}"},
        {"C": "58P01", "M": f'could not open file "{CANARY}" for reading: No such file or directory'},
    ],
)
def test_a_report_about_a_protected_table_quotes_no_value(fields: dict[str, str]) -> None:
    masked = mask_report({"S": "ERROR", **fields}, masks(RULE), operation("public.people"))
    assert CANARY not in str(masked)
    assert (masked["S"], masked["C"]) == ("ERROR", fields["C"])


@pytest.mark.parametrize(
    "fields",
    [
        {"C": "2202E", "M": "index 411122 out of valid range, 0..7"},
        {"C": "54000", "M": "requested character too large for encoding: 411122"},
        {"C": "42704", "M": "large object 411122 does not exist"},
        {"C": "22003", "M": "percentile value 411122 is not between 0 and 1"},
    ],
)
def test_a_report_about_a_protected_table_tells_no_number(fields: dict[str, str]) -> None:
    assert "411122" not in str(mask_report(fields, masks(RULE), operation("public.people")))


def test_the_words_around_a_masked_value_stay() -> None:
    fields = {"C": "42P01", "M": f'relation "{CANARY}" does not exist'}
    assert mask_report(fields, masks(RULE), operation("public.people"))["M"] == "relation (masked) does not exist"


@pytest.mark.parametrize("state", ["00000", "22012", "40001", "42501", "57014"])
def test_what_the_targets_own_code_raises_is_masked_under_every_code(state: str) -> None:
    access = Access(Effect.READ, Resource("function", "public.trusted"))
    run = Operation("o", "s", "statement", "SELECT", "", (access,))
    raised = mask_report({"C": state, "M": CANARY, "c": CANARY, "t": CANARY, "H": CANARY}, masks(RULE), run)
    assert CANARY not in str(raised)


@pytest.mark.parametrize("verb", ["COMMIT", "FETCH", "MOVE", "SET CONSTRAINTS"])
def test_a_statement_that_finishes_earlier_ones_quotes_none_of_their_rows(verb: str) -> None:
    access = Access(Effect.HOUSEKEEPING, Resource("statement", ""))
    finishing = Operation("o", "s", "statement", verb, "", (access,))
    fields = {"C": "23505", "M": "duplicate key value", "D": f"Key (secret)=({CANARY}) already exists."}
    assert CANARY not in str(mask_report(fields, masks(RULE), finishing))


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
