"""Every row of an answer, scrolled."""

from __future__ import annotations

from pathlib import Path

from hoopterm.console.screens.rows import Rows
from replay.format import encode_block, encode_header
from tests.hoopterm.console import talk
from tests.hoopterm.console.stage import LARGE, picture, running, until


async def test_a_hundred_thousand_rows_are_reached_from_both_ends_and_stay_masked(tmp_path: Path) -> None:
    path = tmp_path / "long.hoop"
    path.write_bytes(encode_header({"session": "s", "identity": "bot", "target": "shop"}))
    with path.open("ab") as file:
        file.write(
            encode_block(
                [
                    talk.begin(0.1, "op", "SELECT", "SELECT * FROM t", [["read", "public.t"]], "reads"),
                    talk.columns(0.1, "op", "id", "email", masked=("email",)),
                ]
            )
        )
        for start in range(0, 100_000, 5000):
            cells = [[f"row{number}", "****"] for number in range(start, start + 5000)]
            file.write(encode_block([talk.rows(0.2, "op", cells)]))
        file.write(encode_block([talk.end(0.3, "op", "SELECT 100000", rows=100_000)]))
    async with running(None, LARGE, recording=path) as pilot:
        await until(pilot, lambda: "1 statement" in picture(pilot))
        await pilot.press("r")
        await until(pilot, lambda: "100,000 rows" in picture(pilot))
        assert isinstance(pilot.app.screen, Rows)
        await until(pilot, lambda: "row0" in picture(pilot))
        await pilot.press("G")
        await until(pilot, lambda: "row99999" in picture(pilot))
        assert "▒▒▒▒" in picture(pilot)
        await pilot.press("g")
        await until(pilot, lambda: "row0 " in picture(pilot))


async def test_an_operation_without_a_table_says_so(tmp_path: Path) -> None:
    async with running(None, recording=talk.write(tmp_path)) as pilot:
        await until(pilot, lambda: "8 statements" in picture(pilot))
        await pilot.press(*["right_square_bracket"] * 3, "r")
        await until(pilot, lambda: "No rows here" in picture(pilot))
