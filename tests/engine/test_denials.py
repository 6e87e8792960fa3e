from datetime import UTC, datetime
from typing import Any, cast

import pytest

from engine import denials
from engine.approvals.request import Review, State, Vote
from engine.model import Access, Decision, Effect, Excess, Limit, Resource, Verdict
from tests.engine.conftest import operation

DECISION = Decision(Verdict.REVIEW, "deletes", "deletes are looked at")
NOW = datetime(2026, 3, 1, 3, 0, tzinfo=UTC)


def review(state: State, *votes: Vote) -> Review:
    fields: dict[str, Any] = dict.fromkeys(
        ("session", "operation", "target", "database", "role", "kind", "verb", "rule", "reason", "rule_digest"), ""
    )
    empty: dict[str, Any] = dict.fromkeys(("context", "parameter_types"), ())
    other: dict[str, Any] = dict.fromkeys(("identity", "masked", "terms"))
    return Review(
        id="rv_1", state=state, binding="", requested=NOW, deadline=NOW, votes=votes, **fields, **empty, **other
    )


def test_a_denial_says_which_rule_decided_and_what_to_do() -> None:
    denied = denials.denied(operation(Effect.DELETE), DECISION)
    assert (denied.what, denied.why) == ("DELETE denied", "rule deletes: deletes are looked at")
    assert denied.hint
    assert not denied.retry


@pytest.mark.parametrize(
    ("path", "says"), [("notes/a", "from the root"), ("/srv/../etc/a", "without `..`"), ("/srv/a", "ask for a rule")]
)
def test_a_denial_of_a_path_that_may_be_any_says_so_and_what_to_do(path: str, says: str) -> None:
    access = Access(Effect.READ, Resource("path", path))
    denied = denials.denied(operation(Effect.READ), Decision(Verdict.DENY, None, "no rule", access))
    assert says in denied.hint


def test_where_no_rule_decided_the_reason_stands_alone() -> None:
    assert denials.denied(operation(Effect.DELETE), Decision(Verdict.DENY, None, "no rule")).why == "no rule"


def test_what_changed_meanwhile_may_be_sent_again() -> None:
    denied = denials.changed(operation(Effect.DELETE), DECISION)
    assert denied.retry
    assert "has changed" in denied.why


def test_what_waits_names_its_review_and_until_when_it_may_be_sent_again() -> None:
    denied = denials.waiting(operation(Effect.DELETE), DECISION, review(State.PENDING), "nobody decided within 20 s")
    assert (denied.review, denied.retry) == ("rv_1", True)
    assert "rv_1" in denied.what
    assert denied.why.startswith("nobody decided within 20 s; rule deletes")
    assert "2026-03-01T03:00:00Z" in denied.hint


def test_what_was_turned_down_says_by_whom_and_why() -> None:
    votes = Vote("bob", "deny", "not tonight", NOW), Vote("carol", "deny", "", NOW)
    denied = denials.turned_down(operation(Effect.DELETE), DECISION, review(State.DENIED, *votes))
    assert "rv_1 is denied by bob: not tonight, carol;" in denied.why
    assert cast(str, denied.as_json()["review"]) == "rv_1"
    assert not denied.retry


def test_what_went_past_a_limit_says_the_rule_the_limit_and_what_was_seen() -> None:
    decision = Decision(Verdict.ALLOW, "work", "", limit=Limit(5, 10, "work", "other"))
    denied = denials.exceeded(operation(Effect.DELETE), decision, Excess("changed", "work", 5, 412))
    assert denied.what == "DELETE undone: more than 5 rows changed"
    assert denied.why == "rule work: at most 5 rows may be changed, and it changed 412"
    assert (denied.as_json()["decision"], denied.as_json()["rule"]) == ("deny", "work")
    denied = denials.exceeded(operation(Effect.READ), decision, Excess("returned", "other", 10, 11))
    assert denied.why == "rule other: at most 10 rows may be returned, and there are more"
    assert denied.hint


def test_what_cannot_be_counted_is_denied_by_the_rule_that_counts() -> None:
    decision = Decision(Verdict.ALLOW, "work", "", limit=Limit(changed=5, changed_by="small"))
    against = denials.uncounted(decision, "nobody tells")
    assert (against.verdict, against.rule) == (Verdict.DENY, "small")
    assert against.reason == "it may change at most 5 rows, and nobody tells"
