from __future__ import annotations

from engine.protocols.base import Hold
from engine.protocols.ssh.submission import Submission

HOLD = Hold("r-1", "rule", "why", ("dba",), 1, "2027-01-01T00:00:00Z", 60.0)


async def test_a_submission_tells_its_client_that_it_waits_and_can_be_withdrawn() -> None:
    told: list[Hold] = []
    submission = Submission([], told.append)
    await submission.hold(HOLD)
    assert told == [HOLD]
    assert not submission.withdrawn.is_set()
    submission.withdraw()
    assert submission.withdrawn.is_set()
