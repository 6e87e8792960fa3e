"""The first look, as lines."""

from __future__ import annotations

import msgspec
import pytest

from engine.api.schema import PaceView, StatusView
from hoopterm.console.lines import measure, plain
from hoopterm.console.store import Store
from hoopterm.console.views import overview
from hoopterm.console.views.overview import News, left, right, speed, whole
from tests.hoopterm.console.outlook import busy, recent
from tests.hoopterm.console.scenes import NOW, held, queue, sessions, stamp, status


def store(view: StatusView | None = None, **changes: object) -> Store:
    found = Store(clock=lambda: 100.0)
    found.load(msgspec.structs.replace(view or busy(), **changes), queue(), sessions())
    return found


def text(found: Store, news: News | None = None, cells: int = 78) -> str:
    return "\n".join(plain(item.line) for item in whole(found, news or News(), NOW, cells))


@pytest.mark.parametrize("cells", [58, 78, 118])
def test_no_line_is_wider_than_the_terminal(cells: int) -> None:
    found = store()
    found.reviews["rv_1"] = held(target="t" * 200, verb="V" * 99)
    for item in whole(found, News(recent()), NOW, cells):
        assert measure(item.line) <= max(cells, 72), plain(item.line)


def test_what_needs_a_person_comes_first_and_theirs_before_others() -> None:
    items = whole(store(), News(recent()), NOW, 78)
    keys = [item.key for item in items if item.key]
    assert keys[:5] == ["review:rv_1", "review:rv_2", "review:rv_3", "session:se_7f3a", "session:se_81c0"]
    assert "▲ 2 waiting for you  and 1 for others" in plain(items[0].line)


def test_more_than_there_is_room_for_is_counted() -> None:
    found = store()
    found.load(busy(), [held(f"rv_{number}", deadline=stamp(number)) for number in range(40)], sessions())
    assert "+36 more   3 all that wait" in text(found)


def test_what_only_others_may_decide_is_not_said_to_wait_for_you() -> None:
    found = store()
    found.load(busy(), [held(may_decide=False, why_not="you sponsor it")], [])
    assert "▲ 1 waiting  for others: you may not decide them" in text(found)


def test_nothing_that_waits_is_said_and_an_engine_without_a_past_says_what_is_next() -> None:
    found = store()
    found.load(msgspec.structs.replace(busy(), operations=0), [], [])
    shown = text(found)
    assert "✓ nothing waits" in shown
    assert "hoopterm token create AGENT and have it connect to 10.4.0.2:5432" in shown
    found.load(busy(), [], [])
    assert "nobody is connected" in text(found)


def test_the_last_hour_says_how_fast_it_is_now_and_how_much_it_was() -> None:
    (operations,) = (line for line in text(store()).split("\n") if "operations" in line)
    assert operations.endswith("18,341 ")
    assert "/s" in operations
    assert "last hour" in text(store())
    assert "last 1 minute" in text(store(pace=PaceView(30.0, 3.0, [1, 2], [0, 0], [0, 0])))
    assert "operations" not in text(store(status()))


def test_a_rate_is_of_what_has_passed() -> None:
    pace = PaceView(30.0, 10.0, [], [], [])
    assert speed([20, 20], pace) == "1.0/s"
    assert speed([20], pace) == "2.0/s"
    assert speed([0, 0], pace) == "0/s"
    assert speed([400_000, 0], pace) == "10.0k/s"


def test_news_say_why_there_are_none() -> None:
    assert "asking the record" in text(store(), News(why="asking the record"))
    assert "nothing was denied" in text(store(), News())
    assert "since you last looked, 3h ago" in text(store(), News(since="3h ago"))


def test_a_wide_terminal_has_the_hour_and_the_health_beside() -> None:
    keys = [item.key for item in left(store(), News(recent()), NOW, 90, 48) if item.key]
    assert [key for key in keys if key.startswith("news")] == [
        "news:0:se_7f3a",
        "news:1:",
        "news:2:",
        "news:3:se_81c0",
    ]
    beside = right(store(), NOW, 64)
    assert all(measure(line) <= 64 for line in beside)
    assert "tls auto" in "\n".join(map(plain, beside))
    assert overview.right(Store(), NOW, 64)
