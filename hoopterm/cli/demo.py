"""`hoopterm demo`: a shop, an agent and a gateway between them, on this machine."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from hoopterm.cli.output import note
from hoopterm.console.text import cut
from hoopterm.errors import Refused

if TYPE_CHECKING:
    from hoopterm.demo.agent import Step
    from hoopterm.demo.scene import Scene

app = typer.Typer(rich_markup_mode=None, add_completion=False)

_DIRECTORY = Path(".demo")
_WITHIN = 60.0  # seconds for the whole of the headless demo
_PAUSE = 0.7  # seconds between the agent's steps when somebody watches
_SHOWN = 6  # lines of each answer
_WIDEST = 112  # cells of a line


@app.command()
def demo(
    headless: Annotated[bool, typer.Option("--headless", help="Decide by script and end by itself.")] = False,
) -> None:
    """Start a PostgreSQL with a small shop, an engine before it, and an agent that tries its luck.

    On a terminal you are the approver: the console opens when the agent's DELETE waits for you. Otherwise a script
    decides, and the last line is one JSON object of what happened. State stays in ./.demo.
    """
    try:
        from hoopterm.demo import scene
    except ModuleNotFoundError as absent:
        raise Refused("not_installed", f"the demo needs {absent.name}", "pip install 'hoopterm[engine,demo]'") from None
    is_watched = not headless and sys.stdin.isatty() and sys.stdout.isatty()
    try:
        with scene.staged(_DIRECTORY) as stage:
            result = _with_console(stage) if is_watched else asyncio.run(_by_itself(stage))
    except (RuntimeError, EOFError) as error:
        raise Refused("not_started", "the demo could not be staged", str(error)) from error
    except TimeoutError as error:
        raise Refused("not_shown", f"the demo took longer than {_WITHIN:g} s", "see .demo/engine.log") from error
    happened = result.pop("happened")
    result["log"] = _verified(stage)
    if is_watched:
        _invite(stage, result)
        return
    print(json.dumps(result))
    undone = [title for title, did in happened.items() if not did]
    if (
        undone
        or not result["log"]["verified"]
        or not all(result[key] for key in ("masked_values", "denied", "approved"))
    ):
        raise Refused("not_shown", "the demo did not show what it should", ", ".join(undone) or "see the figures above")


async def _by_itself(stage: Scene) -> dict[str, Any]:
    """The agent and a scripted approver, told on stderr."""
    from hoopterm.demo import scene

    try:
        async with asyncio.timeout(_WITHIN), asyncio.TaskGroup() as tasks:
            approver = tasks.create_task(scene.approve_all(stage, _tell_approval))
            happened = await scene.act(stage, _tell)
            approver.cancel()
    except* EOFError as ended:
        raise RuntimeError(f"the agent's session ended early: {ended.exceptions[0]}") from ended
    return {**await scene.figures(stage), "happened": happened}


def _with_console(stage: Scene) -> dict[str, Any]:
    """The agent in the background, and the console once a person is needed; when it closes, the agent goes home."""
    from hoopterm.console.app import run
    from hoopterm.demo import scene

    happened: dict[str, bool] = {}
    loop = asyncio.new_event_loop()
    is_open = threading.Event()

    def tell(step: Step, output: str | None) -> None:
        if not is_open.is_set():
            _tell(step, output)

    async def play() -> None:
        with contextlib.suppress(asyncio.CancelledError, EOFError):
            happened.update(await scene.act(stage, tell, _PAUSE))

    async def until_needed() -> None:
        async with asyncio.timeout(_WITHIN):
            await scene.until_held(stage)

    playing = loop.create_task(play())
    thread = threading.Thread(target=loop.run_until_complete, args=(playing,))
    thread.start()
    try:
        asyncio.run(until_needed())
        is_open.set()
        run([str(stage.control)])
    finally:
        loop.call_soon_threadsafe(playing.cancel)
        thread.join()
        loop.close()
    return {**asyncio.run(scene.figures(stage)), "happened": happened}


def _verified(stage: Scene) -> dict[str, Any]:
    from replay.verify import verify

    report = verify(stage.state)
    return {"size": report.size, "verified": report.ok}


def _tell(step: Step, output: str | None) -> None:
    if output is None:
        note("")
        note(f"▸ the agent {step.title}: {step.expected}")
        note(f"  {step.text}")
        return
    lines = output.strip("\n").splitlines()
    for line in lines[:_SHOWN]:
        note(f"    {cut(line, _WIDEST)}")
    if len(lines) > _SHOWN:
        note(f"    … {len(lines) - _SHOWN} more lines")


def _tell_approval(subject: str, text: str) -> None:
    note(f"    ▲ {subject} waits for a person: {' '.join(text.split())}")
    note("    ✓ bob approves: agreed")


def _invite(stage: Scene, result: dict[str, Any]) -> None:
    where, recording = os.path.relpath(stage.state), os.path.relpath(result["recording"])
    program = os.path.relpath(sys.argv[0]) if os.sep in sys.argv[0] else "hoopterm"
    note(f"{result['operations']} operations, {result['masked_values']} values masked, {result['denied']} denied, ")
    note(f"{result['approved']} approved. The record stays in {where}:")
    note(f"  {program} audit verify {where}")
    note(f"  {program} replay {recording}")
