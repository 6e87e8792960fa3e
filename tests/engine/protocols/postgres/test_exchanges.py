"""A submission tells the client that it waits, and whose fault its end is."""

from __future__ import annotations

from engine.errors import Denied
from engine.model import Decision, Verdict
from engine.protocols.base import Hold
from engine.protocols.postgres.answers import NoticeResponse
from engine.protocols.postgres.exchanges import Submission, notice_of

HOLD = Hold("r-1", "deletes", "people decide", ("dba", "ops"), 2, "2026-11-22T20:15:00Z", 60.0)
DECISION = Decision(Verdict.REVIEW, "deletes", "people decide")
DENIED = Denied("DELETE was not approved", "withdrawn", "ask", decision=DECISION, operation="s-1.1")


def test_a_notice_names_review_rule_people_and_deadline() -> None:
    text = " ".join(notice_of(HOLD).fields.values())
    for part in ("review r-1", "rule deletes", "dba, ops (2 of them)", "2026-11-22T20:15:00Z", "60 s"):
        assert part in text


async def test_what_precedes_goes_before_the_waiting() -> None:
    order: list[str] = []

    def tell(notice: NoticeResponse) -> None:
        order.append("told")

    submission = Submission([], tell=tell, before_waiting=lambda: order.append("pressed"))
    assert await submission.analyse() == []
    await submission.hold(HOLD)
    assert order == ["pressed", "told"]
    assert repr(submission) == "<Submission of 0, held>"


async def test_what_the_client_withdrew_reads_as_cancelled() -> None:
    submission = Submission([], tell=lambda notice: None)
    assert submission.refusal(DENIED)["C"] == "42501"
    await submission.hold(HOLD)
    submission.withdraw()
    assert submission.withdrawn.is_set()
    assert submission.refusal(DENIED)["C"] == "57014"
