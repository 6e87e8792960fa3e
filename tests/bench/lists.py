"""Long lists in the console: the longest frame while ten thousand sessions and a million entries are looked through.

A frame is what the application does in one step of its event loop: as long as that takes, no key is answered. It is
counted in processor time, so that what else runs on the machine is not in it.
"""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from unittest.mock import patch

from textual.pilot import Pilot

from hoopterm.console import collector, engines
from hoopterm.console.app import Console
from hoopterm.console.store import LinkState
from tests.bench import longlog, peers
from tests.bench.bench import Bench
from tests.bench.figures import Bound, Figure
from tests.hoopterm.console.stage import picture, until

_SIZE = (160, 50)
_PAGES = 40
_STEPS = 60


def measure(bench: Bench) -> list[Figure]:
    """Both lists: shown, scrolled, filtered or searched."""
    long = longlog.made(bench)
    with peers.engine(bench.server, long.home, "batched") as engine:
        command = [
            sys.executable,
            "-m",
            "tests.bench.lists",
            str(engine.directory / "control.sock"),
            str(long.sessions),
        ]
        frames = json.loads(subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout)
    bench.say("console, longest frames: " + ", ".join(f"{what} {took:.0f} ms" for what, took in frames.items()))
    title = f"console, {long.sessions:,} sessions and {long.size:,} entries: the longest frame"
    details = {f"{what.replace(' ', '_')}_ms": took for what, took in frames.items()}
    longest = max(frames.values())
    return [Figure("console", "longest-frame", title, "ms", (longest,), Bound.AT_MOST, 50.0, details=details)]


async def _look(socket: str, sessions: str) -> dict[str, float]:
    """The longest frame of each thing that was done, in ms."""
    frames: dict[str, float] = {}

    @asynccontextmanager
    async def doing(what: str) -> AsyncIterator[None]:
        with _timed() as longest:
            yield
        frames[what] = longest() * 1000

    (_, road), *_ = engines.roads([socket])
    collector.calm()  # as whoever starts a console does
    app = Console(road)
    async with app.run_test(size=_SIZE) as pilot:
        async with doing("sessions listed"):
            await until(pilot, lambda: app.store.link is LinkState.LIVE)
            await pilot.press("2")
            await _shows(pilot, f"{sessions} past")
        async with doing("sessions scrolled"):
            await _scroll(pilot)
        async with doing("sessions filtered"):
            await pilot.press("slash", *"bot-7 !t3", "enter")
            await _shows(pilot, "kept")
            await _scroll(pilot)
        async with doing("entries listed"):
            await pilot.press("5")
            await _shows(pilot, "entries")
        async with doing("entries scrolled"):
            await _scroll(pilot)
        async with doing("entries searched"):
            await pilot.press("slash", *"effect:delete identity:bot-3", "enter")
            await _shows(pilot, "bot-3")
            await _scroll(pilot)
    return frames


async def _shows(pilot: Pilot[None], text: str) -> None:
    await until(pilot, lambda: text in picture(pilot).replace(",", ""))


async def _scroll(pilot: Pilot[None]) -> None:
    """Down by the line and by the page, to the end and back."""
    await pilot.press(*["j"] * _STEPS, *["ctrl+d"] * _PAGES, "G", *["ctrl+u"] * _PAGES, "g")
    await pilot.pause()


@contextmanager
def _timed() -> Iterator[Callable[[], float]]:
    """How long the longest step of the event loop took meanwhile, in seconds of processor time."""
    run, longest = asyncio.Handle._run, 0.0

    def timed(handle: asyncio.Handle) -> None:
        nonlocal longest
        started = time.thread_time()
        run(handle)
        longest = max(longest, time.thread_time() - started)

    with patch.object(asyncio.Handle, "_run", timed):  # there is no other place where every step passes
        yield lambda: longest


if __name__ == "__main__":
    print(json.dumps(asyncio.run(_look(*sys.argv[1:]))))
