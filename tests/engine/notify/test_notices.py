import json
from datetime import UTC, datetime
from typing import Any

import pytest

from engine.audit.events import Entry, EventName, encode_entry
from engine.notify.notices import MAX_ITEMS, MAX_TEXT, SAID, notice

NOW = datetime(2026, 11, 22, tzinfo=UTC)
CANARY = "canary-4711"


def told(event: EventName, data: dict[str, Any]) -> dict[str, Any]:
    entry = Entry(1, NOW, event, "s-1", "s-1.1", "bot", "shop", data)
    content: dict[str, Any] = json.loads(notice(event, 7, encode_entry(entry)))
    return content


def test_every_event_but_that_of_a_failed_notification_has_its_words() -> None:
    assert set(SAID) == set(EventName) - {EventName.NOTIFY_FAILED}


def test_a_review_says_who_where_what_until_when_and_what_to_type() -> None:
    data: dict[str, Any] = {
        "review": "rv_1",
        "rule": "deletes",
        "reason": "look",
        "verb": "DELETE",
        "effects": ["delete"],
    }
    data |= {
        "resources": ["table:public.orders"],
        "reviewers": ["dba"],
        "quorum": 1,
        "deadline": "2026-11-22T21:00:00Z",
    }
    assert told(EventName.REVIEW_REQUESTED, data) == {
        "v": 1,
        "event": "review.requested",
        "time": "2026-11-22T00:00:00Z",
        "sequence": 7,
        "session": "s-1",
        "operation": "s-1.1",
        "identity": "bot",
        "target": "shop",
        "next": "hoopterm approvals show rv_1",
        **data,
    }


@pytest.mark.parametrize("event", SAID)
def test_what_the_table_does_not_name_is_not_told(event: EventName) -> None:
    """SECURITY: promise 2, no text of a statement or of an error reaches a notification."""
    data = dict.fromkeys(("text", "parameters", "error", "digest", "tag", "problems", "client", "anything"), CANARY)
    assert CANARY not in json.dumps(told(event, data))


def test_paths_and_programs_are_not_told_since_a_literal_may_stand_there() -> None:
    data = {"resources": ["table:public.orders", f"program:{CANARY}", f"path:/{CANARY}", "statement:"]}
    assert told(EventName.OPERATION_DENIED, data)["resources"] == ["table:public.orders"]


@pytest.mark.parametrize("event", [EventName.OPERATION_DENIED, EventName.OPERATION_INTENDED])
def test_a_reason_does_not_tell_them_either(event: EventName) -> None:
    resources = ["path:/", f"path:/{CANARY}", "table:public.orders"]
    content = told(event, {"resources": resources, "reason": f"no rule allows read on path:/{CANARY}"})
    assert content["reason"] == "no rule allows read on path"


def test_long_texts_and_lists_are_cut() -> None:
    data = {"reason": "x" * 10_000, "effects": ["read"] * 1000}
    content = told(EventName.OPERATION_DENIED, data)
    assert len(content["reason"]) == MAX_TEXT + 1
    assert len(content["effects"]) == MAX_ITEMS
