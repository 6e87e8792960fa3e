from __future__ import annotations

import fcntl
import os
import sys
from pathlib import Path

import pytest

from hoopterm.client import Client
from hoopterm.demo import host, scene
from hoopterm.demo.agent import STEPS


async def test_the_scene_is_built_acted_and_taken_down(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scene, "STEPS", STEPS[:2])
    monkeypatch.setattr(host, "sshd", lambda: None)
    directory = tmp_path / "demo"
    directory.mkdir()
    (directory / "left-over").touch()
    told: list[tuple[str, bool]] = []
    with scene.staged(directory) as stage:
        assert not (directory / "left-over").exists()
        async with Client.at(str(stage.control)) as client:
            pid = (await client.status()).pid
        happened = await scene.act(stage, lambda step, output: told.append((step.title, output is None)))
        assert happened == {step.title: True for step in STEPS[:2]}
        assert told == [(step.title, is_sent) for step in STEPS[:2] for is_sent in (True, False)]
        figures = await scene.figures(stage)
    assert figures["operations"] == 2
    assert (figures["denied"], figures["approved"]) == (0, 0)
    assert figures["masked_values"] == 9
    assert figures["recording"].startswith(str(directory / "state" / "recordings"))
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


def test_a_second_demo_leaves_the_first_one_alone_and_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/bin/false")
    directory = tmp_path / "demo"
    directory.mkdir()
    (directory / "of-the-first").touch()
    with (directory / "lock").open("w") as first:
        fcntl.flock(first, fcntl.LOCK_EX)
        with pytest.raises(RuntimeError, match="another demo runs in"), scene.staged(directory):
            pass
        assert (directory / "of-the-first").exists()


def test_an_engine_that_does_not_start_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/bin/false")
    with pytest.raises(RuntimeError, match="the engine did not start"), scene.staged(tmp_path / "demo"):
        pass
