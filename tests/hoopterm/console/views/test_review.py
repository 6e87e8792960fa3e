"""What a person reads before deciding."""

from __future__ import annotations

from engine.api.schema import IdentityView, OutcomeView, VoteView
from hoopterm.console.lines import Line, measure, plain
from hoopterm.console.views import review
from tests.hoopterm.console.scenes import NOW, STALE_ORDERS, held, queue, stamp


def text(lines: list[Line]) -> str:
    return "\n".join(plain(spans).rstrip() for spans in lines)


def test_the_heading_says_who_wants_what_and_which_rule_holds_it() -> None:
    shown = text(review.heading(held(), 78))
    for part in (
        "report-bot",
        "on behalf of alice",
        "sponsor carol",
        "nightly reports",
        "DELETE",
        "shop · public.orders",
    ):
        assert part in shown
    assert "held by  deletes-need-a-human" in shown


def test_the_statement_is_whole_or_says_loudly_that_it_is_not() -> None:
    assert "interval '30 days'" in text(review.statement(held(), 78))
    cut = review.statement(held(text="\n".join(f"line {n}" for n in range(50))), 78, most=5)
    assert len(cut) == 5
    assert "46 more lines" in text(cut)
    assert any(span.role == "call" for span in cut[-1])


def test_a_folded_statement_still_has_every_character() -> None:
    long = "DELETE FROM orders WHERE id IN (" + ",".join(str(n) for n in range(200)) + ")"
    shown = "".join(plain(spans)[2:].removeprefix("↪ ") for spans in review.statement(held(text=long), 60))
    assert shown == long


def test_the_facts_name_effects_impact_history_quorum_and_time() -> None:
    shown = text(review.facts(held(), 78, NOW))
    assert "delete public.orders · read public.orders(status, created)" in shown
    assert "about 412 rows · has WHERE · not in a transaction" in shown
    assert "6 like it" in shown
    assert "1 of dba" in shown
    assert "2:14 left · the client waits on the wire for 0:14 more" in shown


def test_a_limit_is_shown_also_where_the_reason_names_the_rule() -> None:
    found = held(reason="deletes-need-a-human asks people first (at most 5 rows changed)", rule="deletes-need-a-human")
    assert "at most 5 rows changed" in text(review.facts(found, 78, NOW))


def test_what_is_dangerous_stands_out() -> None:
    lines = review.facts(held(has_where=False, in_transaction=True), 90, NOW)
    loud = "".join(span.text for spans in lines for span in spans if "waiting" in span.role)
    assert "no WHERE" in loud
    assert "inside a transaction" in loud


def test_one_who_may_not_decide_reads_why() -> None:
    assert "may not decide: you sponsor etl-bot" in text(review.facts(queue()[2], 78, NOW))


def test_parameters_are_shown_and_null_is_not_an_empty_text() -> None:
    shown = text(review.facts(held(parameters=["gold", None, ""]), 78, NOW))
    assert "$1 gold" in shown
    assert "$2 NULL" in shown
    assert shown.count("NULL") == 1


def test_a_decided_review_shows_who_decided_and_what_came_of_it() -> None:
    shown = text(review.facts(queue()[3], 90, NOW))
    assert "✓ approved by dan · ✓ ran · DELETE 397 · 397 rows changed" in shown
    assert "checked with carol, OPS-114" in shown


def test_a_failure_and_a_statement_never_sent_again_are_told() -> None:
    failed = held(state="used", outcome=OutcomeView("failed", error="deadlock detected"))
    assert "deadlock detected" in text(review.facts(failed, 90, NOW))
    never = held(state="approved", is_held=False, outcome=OutcomeView("never_resubmitted"))
    assert "never sent again" in text(review.facts(never, 90, NOW))
    waits = held(state="approved", is_held=False)
    assert "runs when it is sent again" in text(review.facts(waits, 90, NOW))


def test_the_row_counts_down_while_it_waits_and_is_dim_when_past() -> None:
    cells = review.row(held(), NOW)
    assert plain(cells["left"]) == "2:14"
    assert plain(cells["rows"]) == "~412 rows"
    past = review.row(queue()[3], NOW)
    assert plain(past["left"]) == "10m"
    assert plain(past["outcome"]) == "397 rows changed"
    assert past["who"][0].role == "dim"


def test_a_confirmation_repeats_who_what_where_and_how_long() -> None:
    shown = text(review.question(held(quorum=2), "approve", 70, NOW))
    for part in ("report-bot", "shop · database shop", "delete public.orders", "DELETE FROM orders", "once", "2:14"):
        assert part in shown
    assert "then 1 more" in shown
    assert "for good" in text(review.question(held(), "deny", 70, NOW))


def test_hostile_names_and_reasons_cannot_act() -> None:
    evil = "\x1b[31m\u202eevil[red]"
    found = held(
        identity=IdentityView(evil, evil, sponsor=evil, purpose=evil, on_behalf_of=evil),
        target=evil, verb=evil, rule=evil, reason=evil, reviewers=[evil], database=evil, role=evil,
        parameters=[evil], session=evil, votes=[VoteView(evil, "deny", evil, stamp())],
    )  # fmt: skip
    lines = [*review.heading(found, 78), *review.facts(found, 78, NOW), *review.question(found, "deny", 70, NOW)]
    lines += list(review.row(found, NOW).values())
    shown = text(lines)
    assert "\x1b" not in shown
    assert "\u202e" not in shown
    assert "[red]" in shown


def test_every_line_fits() -> None:
    for cells in (56, 76, 100):
        for found in queue():
            folded = [*review.heading(found, cells), *review.facts(found, cells, NOW), *review.statement(found, cells)]
            assert all(measure(spans) <= cells for spans in folded)


def test_a_filter_sees_people_resources_and_text() -> None:
    words = review.words(held())
    assert all(part in words for part in ("report-bot", "carol", "alice", "public.orders", "stale"))
    assert STALE_ORDERS[:20] in words


def test_the_kind_of_a_resource_goes_without_saying() -> None:
    assert review.bare("table:public.orders") == "public.orders"
    assert review.bare("public.orders") == "public.orders"
    assert review.short("public.orders") == "orders"


def test_lately_tells_what_became_of_earlier_requests() -> None:
    shown = text(review.lately([queue()[3]], 60, NOW))
    assert "approved" in shown
    assert "397 rows changed  dan" in shown
    assert review.lately([], 60, NOW) == []
