from __future__ import annotations

import asyncio
import shutil
from pathlib import Path

import pytest

from hoopterm.demo import host
from hoopterm.demo.scene import act, approve_all, staged


async def test_the_agent_of_the_host_is_masked_denied_and_held_and_its_key_opens_nothing_else(tmp_path: Path) -> None:
    with staged(tmp_path / "demo") as stage:
        assert stage.host is not None
        outputs: dict[str, str] = {}
        async with asyncio.TaskGroup() as tasks:
            approver = tasks.create_task(approve_all(stage, lambda *_: None))
            happened = await act(stage, lambda step, output: outputs.update({step.title: output or ""}))
            approver.cancel()
        assert [title for title, did in happened.items() if not did] == []
        assert "4111" not in "".join(outputs.values())
        assert "grace@" not in "".join(outputs.values())
        assert not (stage.host.host.folder / "cache").exists()


def test_without_openssh_the_demo_goes_without_a_host(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda *_, **__: None)
    with host.served(tmp_path) as served:
        assert served is None
