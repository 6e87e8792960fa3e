"""Pictures of the console: `python -m tests.screenshots` writes `screenshots/*.svg` and `*.png`.

They show the demo after some minutes of an agent's ordinary work: its data was recorded once (`python -m
tests.screenshots --record` does it anew) and is shown by a fixed clock, so that the same code gives the same pictures.
Needs rsvg-convert (Debian: librsvg2-bin, fonts-firacode).
"""

from __future__ import annotations

import asyncio
import os
import random
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable
from contextlib import aclosing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import msgspec
from textual.pilot import Pilot

from engine.api.schema import ChangeView, EntryView, FrameView, ReviewView, SessionView, StatusView
from hoopterm.client import Client
from hoopterm.console.app import Console
from hoopterm.console.store import LinkState, Store
from hoopterm.demo import scene
from hoopterm.demo.agent import STEPS, connected
from tests.hoopterm.console import shell
from tests.hoopterm.console.scenes import FakeEngine
from tests.hoopterm.console.stage import LARGE, SMALL, page_of, picture, until

ROOT = Path(__file__).parent.parent
PICTURES = ROOT / "screenshots"
DATA = Path(__file__).parent / "hoopterm" / "console" / "demo.json"
RECORDING = DATA.with_suffix(".hoop")
_THOUGHT = 26  # seconds the person has looked at it in the pictures
_THINKS = 7  # seconds until the person approves, in the recording
_WORKS = 330  # seconds of ordinary work before


class Seen(msgspec.Struct):
    """What the console saw of the demo while its DELETE was held."""

    status: StatusView
    reviews: list[ReviewView]
    sessions: list[SessionView]
    frames: list[FrameView]
    entries: list[EntryView]
    changes: list[ChangeView]
    session: str  # the one whose DELETE is held
    at: str


async def record() -> None:
    """Play the demo behind some minutes of other work, look at it as the console does while the DELETE waits, then
    approve it and keep the recording."""
    with TemporaryDirectory(prefix="hoopterm-") as directory, scene.staged(Path(directory) / "demo") as stage:
        over = asyncio.Event()
        async with asyncio.TaskGroup() as tasks:
            for seed in range(2):
                tasks.create_task(_work(stage, random.Random(seed), over))
            await asyncio.sleep(_WORKS)
            acting = tasks.create_task(_act(stage))
            async with Client.at(str(stage.control)) as client:
                seen = await _look(client)
                over.set()
                await asyncio.sleep(_THINKS)
                await client.approve(seen.reviews[0].id, "stale orders, agreed in OPS-114")
                await acting
                chunks = [chunk async for chunk in client.download(seen.session)]
        shell.record()
        told = msgspec.json.format(msgspec.json.encode(seen), indent=1) + b"\n"
        DATA.write_bytes(told.replace(directory.encode(), b""))
        RECORDING.write_bytes(b"".join(chunks))


async def _act(stage: scene.Scene) -> None:
    """The demo's agent at its database."""
    async with connected(stage.agent) as agent:
        for step in STEPS:
            await agent.perform(step)
            await asyncio.sleep(0.7)


async def _work(stage: scene.Scene, chance: random.Random, over: asyncio.Event) -> None:
    """An agent's ordinary sessions, one after the other."""
    at_host = () if stage.host is None else stage.host.host.steps[:-1]
    while not over.is_set():
        if stage.host is not None and chance.random() < 0.3:
            await stage.host.perform(chance.choice(at_host))
        else:
            async with connected(stage.agent) as agent:
                for step in chance.choices(STEPS[:-2], weights=(5, 6, 1, 1, 1, 1), k=chance.randint(2, 7)):
                    await agent.perform(step)
                    await asyncio.sleep(chance.uniform(0.3, 4.0))
        await asyncio.sleep(chance.uniform(1.0, 12.0))


async def _look(client: Client) -> Seen:
    async with aclosing(client.live()) as changes:
        async for change in changes:
            if change.review is not None and change.review.state == "pending":
                session = change.review.session
                break
    frames: list[FrameView] = []
    async with aclosing(client.watch(session)) as views:
        async for view in views:
            frames.append(view)
            if view.code == "w":
                break
    at = datetime.now(UTC).isoformat()
    status = msgspec.structs.replace(await client.status(), pid=1, state="/var/lib/hoopterm", policy_files=[])
    found = await client.search(limit=1000)
    told = await client.changes()
    return Seen(
        status, await client.reviews(), await client.sessions(), frames, found.entries[::-1], told.changes, session, at
    )


def seen() -> tuple[FakeEngine, datetime]:
    """The recorded demo as an engine, and the moment at which it is shown."""
    data = msgspec.json.decode(DATA.read_bytes(), type=Seen)
    engine = FakeEngine()
    engine.view = data.status
    engine.kept = {review.id: review for review in data.reviews}
    engine.open = {session.id: session for session in data.sessions}
    engine.files = {data.session: RECORDING.read_bytes()}
    engine.entries = data.entries
    engine.recent, engine.size = data.changes, data.status.log_size
    for frame in data.frames:
        engine.frames.put_nowait(frame)
    return engine, datetime.fromisoformat(data.at) + timedelta(seconds=_THOUGHT)


async def _overview(pilot: Pilot[None]) -> None:
    await pilot.press("1")
    await until(pilot, lambda: "waiting for you" in picture(pilot))


async def _approvals(pilot: Pilot[None]) -> None:
    await until(pilot, lambda: "DELETE FROM" in picture(pilot))


async def _sessions(pilot: Pilot[None]) -> None:
    await pilot.press("2")
    await until(pilot, lambda: "live ·" in picture(pilot))


async def _watch(pilot: Pilot[None]) -> None:
    await pilot.press("2", "enter")
    await until(pilot, lambda: "7 statements · following" in picture(pilot))


async def _replay(pilot: Pilot[None]) -> None:
    await pilot.press("6")
    await until(pilot, lambda: "1 recording" in picture(pilot))
    await pilot.press("enter")
    await until(pilot, lambda: "8 statements" in picture(pilot))
    await pilot.press(*["right_square_bracket"] * 3)
    await until(pilot, lambda: "asking" not in picture(pilot))


async def _replay_shell(pilot: Pilot[None]) -> None:
    await pilot.press("6")
    await until(pilot, lambda: "1 recording" in picture(pilot))
    await pilot.press("enter")
    await until(pilot, lambda: "80 × 24" in picture(pilot))
    await pilot.press("t", *"12", "enter")
    await until(pilot, lambda: "is_enabled" in picture(pilot))


async def _audit(pilot: Pilot[None]) -> None:
    await pilot.press("5")
    await until(pilot, lambda: "intended" in picture(pilot))
    await pilot.press("j", "j")


async def _targets(pilot: Pilot[None]) -> None:
    await pilot.press("7")
    await until(pilot, lambda: "credential" in picture(pilot))


async def _policy(pilot: Pilot[None]) -> None:
    await pilot.press("4")
    await until(pilot, lambda: "✓ holds" in picture(pilot))
    await pilot.press("G", "i", *"  - name: no-ddl", "enter", *"decide: deny", "enter", *"what: {effects: [sch")
    await until(pilot, lambda: "effect" in picture(pilot))


SCENES: dict[str, Callable[[Pilot[None]], Awaitable[None]]] = {
    "overview": _overview,
    "approvals": _approvals,
    "sessions": _sessions,
    "watch": _watch,
    "policy": _policy,
    "audit": _audit,
    "targets": _targets,
    "replay": _replay,
    "replay-ssh": _replay_shell,
}


async def take(name: str, size: tuple[int, int]) -> str:
    """One picture, as SVG."""
    engine, now = seen()
    if name.endswith("-ssh"):
        engine.files = {id: shell.recording() for id in engine.files}
    store = Store(clock=lambda: 1000.0)
    app = Console(engine.road, name="prod-eu", now=lambda: now, store=store)
    async with app.run_test(size=size) as pilot:
        await until(pilot, lambda: store.link is LinkState.LIVE)
        await SCENES[name](pilot)
        page_of(pilot).tick()
        await pilot.pause()
        svg = app.export_screenshot(title="hoopterm console")
    # Textual makes the class names from a hash of the run
    return re.sub(r"terminal-\d+", "terminal", svg)


def png(svg: Path) -> None:
    """The picture as PNG. librsvg counts a text's leading spaces into its length, so they become an offset."""
    cell = 12.2

    def shift(found: re.Match[str]) -> str:
        head, x, rest, text = found.groups()
        body = re.sub(r"^(?:&#160;)+", "", text)
        blanks = (len(text) - len(body)) // len("&#160;")
        rest = re.sub(r'textLength="([\d.]+)"', lambda m: f'textLength="{float(m[1]) - blanks * cell:g}"', rest)
        return f'<text{head}x="{float(x) + blanks * cell:g}"{rest}>{body}</text>' if body else ""

    drawn = re.sub(r'<text([^>]*?)x="([\d.]+)"([^>]*)>([^<]*)</text>', shift, svg.read_text())
    target = svg.with_suffix(".png")
    subprocess.run(["rsvg-convert", "--output", str(target)], input=drawn.encode(), check=True)


async def main() -> None:
    """Every scene in both sizes."""
    if shutil.which("rsvg-convert") is None:
        sys.exit("rsvg-convert is missing: apt-get install librsvg2-bin fonts-firacode")
    os.environ |= {"TZ": "UTC", "XDG_STATE_HOME": os.devnull}  # nobody has looked before
    time.tzset()
    PICTURES.mkdir(exist_ok=True)
    for name in SCENES:
        for size in (SMALL, LARGE):
            path = PICTURES / f"{name}-{size[0]}x{size[1]}.svg"
            path.write_text(await take(name, size))
            png(path)
            print(path.relative_to(ROOT))


if __name__ == "__main__":
    asyncio.run(record() if "--record" in sys.argv else main())
