from __future__ import annotations

import pytest

from engine.api.schema import OutcomeView, VoteView
from tests.hoopterm.cli.conftest import Command, StubEngine
from tests.hoopterm.samples import TIME, review


def test_the_list_asks_for_what_waits(engine: StubEngine, hoopterm: Command) -> None:
    engine.answers["GET", "/reviews"] = [review()]
    done = hoopterm("approvals", "list")
    assert engine.asked[0][2] == {"state": "pending"}
    assert "r-7q2" in done.out
    assert "▲ pending" in done.out
    assert "DELETE public.orders" in done.out


def test_the_list_of_all_asks_for_no_state(engine: StubEngine, hoopterm: Command) -> None:
    engine.answers["GET", "/reviews"] = []
    done = hoopterm("approvals", "list", "--state", "all")
    assert engine.asked[0][2] == {}
    assert (done.status, done.out) == (0, "")


def test_a_state_that_does_not_exist_is_usage(hoopterm: Command) -> None:
    assert hoopterm("approvals", "list", "--state", "open").status == 2


def test_json_has_the_views(engine: StubEngine, hoopterm: Command) -> None:
    engine.answers["GET", "/reviews"] = [review()]
    engine.answers["GET", "/reviews/r-7q2"] = review()
    assert hoopterm("approvals", "list", "--json").json[0]["rule"] == "deletes-need-a-human"
    assert hoopterm("approvals", "show", "r-7q2", "--json").json["identity"]["sponsor"] == "alice"


def test_show_draws_the_whole_review(engine: StubEngine, hoopterm: Command) -> None:
    engine.answers["GET", "/reviews/r-7q2"] = review(
        text="DELETE FROM orders\n WHERE id = $1 -- \x1b[2J",
        parameters=["17", None],
        estimated_rows=412,
        in_transaction=True,
        similar_before=6,
        votes=[VoteView("bob", "approve", "ticket OPS-114", TIME)],
        state="used",
        outcome=OutcomeView("completed", "DELETE 412", 0, 412),
    )
    out = hoopterm("approvals", "show", "r-7q2").out
    for expected in (
        "✓ approved",
        "    DELETE FROM orders\n",
        "     WHERE id = $1 -- ␛[2J\n",
        "$1 = 17",
        "$2 = NULL",
        "about 412 rows · has WHERE · inside a transaction",
        "deletes-need-a-human: somebody must look",
        "1 of dba",
        "by bob",
        "ticket OPS-114",
        "completed DELETE 412 · 412 rows changed",
    ):
        assert expected in out, expected


@pytest.mark.parametrize(
    ("outcome", "words"),
    [
        (OutcomeView("never_resubmitted"), "never resubmitted: nothing ran"),
        (OutcomeView("failed", error="deadlock detected"), "failed · deadlock detected"),
    ],
)
def test_show_says_what_became_of_it(engine: StubEngine, hoopterm: Command, outcome: OutcomeView, words: str) -> None:
    engine.answers["GET", "/reviews/r-7q2"] = review(state="approved", outcome=outcome)
    assert words in hoopterm("approvals", "show", "r-7q2").out


@pytest.mark.parametrize("verdict", ["approve", "deny", "revoke"])
def test_a_decision_carries_its_reason(engine: StubEngine, hoopterm: Command, verdict: str) -> None:
    engine.answers["POST", f"/reviews/r-7q2/{verdict}"] = review(state="approved")
    done = hoopterm("approvals", verdict, "r-7q2", "--reason", "OPS-114")
    assert done.status == 0
    assert engine.asked[0][3] == {"reason": "OPS-114"}


def test_a_vote_short_of_the_quorum_says_so(engine: StubEngine, hoopterm: Command) -> None:
    votes = [VoteView("bob", "approve", "", TIME)]
    engine.answers["POST", "/reviews/r-7q2/approve"] = review(quorum=2, votes=votes)
    assert "1 of 2 votes" in hoopterm("approvals", "approve", "r-7q2").out


def test_denying_without_a_reason_is_usage(hoopterm: Command) -> None:
    done = hoopterm("approvals", "deny", "r-7q2")
    assert done.status == 2
    assert "--reason" in done.err
