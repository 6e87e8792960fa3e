"""A vote as its person signs it: a text that says which decision on which operation, by whom and when.

Pure: who signs, and with what, is for those who know the person's login.
"""

from __future__ import annotations

import json
from datetime import UTC

from engine.approvals.request import Review, Vote


def text_of(review: Review, vote: Vote) -> str:
    """The text of a vote: one `name: value` a line, in this order.

    `digest` is what an approval is bound to: it covers the operation's exact bytes, parameters, target and identity.
    """
    lines = {
        "review": review.id,
        "operation": review.operation,
        "digest": review.binding,
        "verdict": vote.verdict,
        "person": vote.person,
        "reason": json.dumps(vote.reason, ensure_ascii=False),
        "time": vote.time.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
    }
    return "".join(["hoopterm vote 1\n", *(f"{name}: {value}\n" for name, value in lines.items())])
