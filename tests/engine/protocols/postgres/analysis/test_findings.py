"""Pairs gather their columns, and findings of parts add up."""

from __future__ import annotations

from engine.model import Access, Effect, Resource
from engine.protocols.postgres.analysis.findings import Findings


def test_mentions_of_one_table_are_one_pair_with_all_columns() -> None:
    findings = Findings()
    findings.note(Effect.READ, "table", "a", ["x"])
    findings.note(Effect.READ, "table", "a", ["y"])
    assert findings.accesses() == (Access(Effect.READ, Resource("table", "a", ("x", "y"))),)


def test_the_whole_of_a_table_swallows_its_columns_in_either_order() -> None:
    for first, second in ((["x"], []), ([], ["x"])):
        findings = Findings()
        findings.note(Effect.READ, "table", "a", first)
        findings.note(Effect.READ, "table", "a", second)
        assert findings.accesses() == (Access(Effect.READ, Resource("table", "a")),)


def test_there_is_always_a_pair() -> None:
    assert Findings().accesses() == (Access(Effect.HOUSEKEEPING, Resource("statement", "")),)


def test_what_is_opaque_may_have_changed_anything() -> None:
    findings = Findings()
    findings.opaque("first")
    findings.opaque("second")
    assert findings.why_opaque == "first"
    assert (findings.is_pure, findings.changes_schema, findings.changes_settings, findings.makes_anything) == (
        False, True, True, True,
    )  # fmt: skip


def test_a_part_adds_everything_to_the_whole() -> None:
    part, whole = Findings(), Findings()
    part.note(Effect.DELETE, "table", "a")
    part.opaque("unknown", "function", "f")
    part.restricted.append(False)
    part.unknown.add("b")
    whole.merge(part)
    assert (whole.why_opaque, whole.restricted, whole.unknown, whole.is_pure) == ("unknown", [False], {"b"}, False)
    assert {access.effect for access in whole.accesses()} == {Effect.DELETE, Effect.OPAQUE}


def test_of_a_policy_only_the_functions_count() -> None:
    findings = Findings()
    findings.note(Effect.READ, "table", "members")
    findings.note(Effect.WRITE, "sequence", "s")
    findings.opaque("unknown", "function", "f")
    kept = findings.of_functions()
    assert kept.accesses() == (Access(Effect.OPAQUE, Resource("function", "f")),)
    assert kept.why_opaque == "unknown"


def test_planning_a_change_is_a_read() -> None:
    findings = Findings()
    findings.note(Effect.DELETE, "table", "a", ["x"])
    findings.note(Effect.WRITE, "table", "a", ["y"])
    findings.note(Effect.WRITE, "sequence", "s")
    assert findings.as_reads().accesses() == (
        Access(Effect.READ, Resource("table", "a", ("x", "y"))),
        Access(Effect.WRITE, Resource("sequence", "s")),
    )


def test_rows_that_change_anywhere_inside_change_unless_it_is_only_planned() -> None:
    part, whole = Findings(changes_rows=True), Findings()
    whole.merge(part)
    assert whole.changes_rows
    assert part.of_functions().changes_rows
    assert not part.as_reads().changes_rows


def test_a_trusted_function_behind_a_check_is_still_named() -> None:
    """Nobody has to allow it there, but a rule may deny it."""
    findings = Findings()
    findings.note(Effect.READ, "function", "public.f")
    findings.note(Effect.READ, "table", "public.t")
    assert findings.of_functions().accesses() == (Access(Effect.HOUSEKEEPING, Resource("function", "public.f")),)
