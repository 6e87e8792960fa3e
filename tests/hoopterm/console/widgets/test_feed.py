"""Paragraphs that grow at the end."""

from __future__ import annotations

from textual.pilot import Pilot

from hoopterm.console.lines import BLANK, Line, line
from hoopterm.console.widgets.feed import Feed, Item
from tests.hoopterm.console.stage import picture
from tests.hoopterm.console.widgets.show import alone


class Source:
    """Paragraphs of three lines, and a count of how often each was laid out."""

    def __init__(self) -> None:
        self.laid: list[str] = []

    def lay_out(self, key: str, cells: int) -> list[Line]:
        self.laid.append(key)
        return [line(f"paragraph {key}"), line("  its text"), BLANK]


def text(pilot: Pilot[None]) -> list[str]:
    """The picture without its scrollbar."""
    return [spot[:38].rstrip() for spot in picture(pilot).split("\n")]


def items(count: int, first: int = 0) -> list[Item]:
    return [Item(str(n), 0) for n in range(first, first + count)]


async def test_it_follows_the_newest() -> None:
    feed = Feed(Source().lay_out)
    async with alone(feed) as pilot:
        for count in (1, 10, 100):
            feed.show(items(count))
            await pilot.pause()
            assert f"paragraph {count - 1}" in picture(pilot)
        assert feed.cursor == "99"


async def test_looking_back_stays_where_it_is_while_more_comes_and_old_ones_go() -> None:
    feed = Feed(Source().lay_out)
    async with alone(feed) as pilot:
        feed.show(items(50))
        await pilot.press(*["k"] * 20)
        assert not feed.is_following
        assert feed.cursor == "29"
        before = text(pilot)
        feed.show(items(60))
        await pilot.pause()
        assert text(pilot) == before
        feed.show(items(50, first=20))
        await pilot.pause()
        assert text(pilot) == before
        await pilot.press("G")
        assert feed.is_following
        assert "paragraph 69" in picture(pilot)


async def test_only_what_changed_is_laid_out_anew() -> None:
    source = Source()
    feed = Feed(source.lay_out)
    async with alone(feed) as pilot:
        feed.show(items(100))
        source.laid.clear()
        feed.show([*items(99), Item("99", 1), Item("100", 0)])
        assert source.laid == ["99", "100"]
        await pilot.resize_terminal(60, 12)
        await pilot.pause()
        feed.show(items(3))
        assert source.laid[-3:] == ["0", "1", "2"]


async def test_keys_move_by_paragraphs_and_pages() -> None:
    feed = Feed(Source().lay_out)
    async with alone(feed) as pilot:
        feed.show(items(100))
        await pilot.press("g")
        assert feed.cursor == "0"
        await pilot.press("j")
        assert feed.cursor == "1"
        await pilot.press("ctrl+d")
        assert feed.cursor == "3"
        await pilot.press("ctrl+u")
        assert feed.cursor == "0"
        await pilot.press("G", "j")
        assert feed.is_following


async def test_an_empty_feed_does_not_mind() -> None:
    feed = Feed(Source().lay_out)
    async with alone(feed) as pilot:
        feed.show([])
        await pilot.press("j", "k", "g", "G", "ctrl+d", "ctrl+u")
        assert feed.cursor is None
