"""`audit verify` on a log that a real writer wrote, with no engine anywhere."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from engine.audit.events import EventName
from engine.audit.log import Log
from replay.note import SigningKey
from tests.hoopterm.cli.conftest import Command


@pytest.fixture
def key() -> SigningKey:
    return SigningKey.generate("test/0")


@pytest.fixture
def state(tmp_path: Path, key: SigningKey, monkeypatch: pytest.MonkeyPatch) -> Path:
    async def write() -> None:
        log = await Log.open(tmp_path / "log", key=key, origin="test/0")
        for _ in range(10):
            log.append(EventName.OPERATION_DENIED, identity="bot")
        await log.close()

    asyncio.run(write())
    monkeypatch.setenv("HOOPTERM_ENGINE", "/nowhere.sock")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_without_a_key_from_elsewhere_it_is_self_asserted(state: Path, hoopterm: Command) -> None:
    done = hoopterm("audit", "verify", str(state))
    assert done.status == 0
    assert "self-asserted" in done.out
    assert "✓" not in done.out
    assert hoopterm("audit", "verify", str(state), "--strict").status == 1


def test_a_file_of_a_key_that_is_not_there_is_called_that(state: Path, hoopterm: Command) -> None:
    done = hoopterm("audit", "verify", str(state), "--key", "/elsewhere/hoopterm.vkey")
    assert done.status == 2
    assert "neither a file nor a key: /elsewhere/hoopterm.vkey" in done.err


@pytest.mark.parametrize("as_file", [False, True])
def test_a_key_from_elsewhere_anchors_it(state: Path, key: SigningKey, hoopterm: Command, as_file: bool) -> None:
    given = str(key.verifier)
    if as_file:
        (state / "kept.vkey").write_text(given + "\n")
        given = str(state / "kept.vkey")
    done = hoopterm("audit", "verify", str(state), "--key", given, "--strict")
    assert done.status == 0
    assert "✓ anchored  all 11 entries" in done.out


def test_a_kept_checkpoint_anchors_it(state: Path, hoopterm: Command) -> None:
    kept = state / "kept"
    kept.write_bytes((state / "log" / "checkpoint").read_bytes())
    done = hoopterm("audit", "verify", str(state), "--checkpoint", str(kept), "--json")
    assert (done.status, done.json["verdict"], done.json["anchored_to"]) == (0, "anchored", 11)


def test_somebody_else_s_key_breaks_it(state: Path, hoopterm: Command) -> None:
    done = hoopterm("audit", "verify", str(state), "--key", str(SigningKey.generate("test/0").verifier))
    assert done.status == 1
    assert "✗" in done.out
    assert "broken" in done.out


def test_an_altered_entry_is_found(state: Path, hoopterm: Command) -> None:
    (bundle,) = [path for path in (state / "log").rglob("*") if path.is_file() and "entries" in str(path)]
    bundle.chmod(0o600)
    bundle.write_bytes(bundle.read_bytes().replace(b'"bot"', b'"eve"', 1))
    done = hoopterm("audit", "verify", str(state), "--json")
    assert (done.status, done.json["verdict"]) == (1, "broken")
    assert done.json["problems"]


@pytest.mark.parametrize("arguments", [["/absent"], [".", "--key", "garbage"], [".", "--checkpoint", "/absent"]])
def test_what_cannot_be_verified_at_all_is_usage(state: Path, hoopterm: Command, arguments: list[str]) -> None:
    assert hoopterm("audit", "verify", *arguments).status == 2


def test_the_state_of_the_configuration_at_hand_is_the_default(state: Path, hoopterm: Command) -> None:
    assert hoopterm("audit", "verify").status == 2
    (state / "hoopterm.yaml").write_text("engine: {state: .}\n")
    assert hoopterm("audit", "verify").status == 0
