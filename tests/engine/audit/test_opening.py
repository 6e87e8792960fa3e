"""Opening after a crash: what was durable is there, what was signed is never signed differently."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.audit.log import Log
from engine.audit.opening import lock, recover
from engine.errors import RecordError
from replay.note import Checkpoint, SigningKey
from replay.tlog import Tree
from replay.verify import verify
from tests.engine.audit.conftest import OpenLog, write
from tests.replay.builder import ORIGIN, entries, entry, leaf_of, root_of, write_journal, write_log

KEY = SigningKey.generate(ORIGIN)
WRITTEN = entries(768, KEY)


def recovered_root(directory: Path) -> tuple[int, bytes]:
    """The head that the recovered tree and journal lead to."""
    recovered = recover(directory, KEY.verifier, ORIGIN)
    tree: Tree = recovered.tree
    for each in recovered.entries:
        tree.append(leaf_of(each))
    return tree.size, tree.root()


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.integers(0, 767), st.integers(0, 768))
def test_the_tree_is_the_same_wherever_the_journal_begins(tmp_path: Path, base: int, signed: int) -> None:
    """Retired segments leave full tiles behind; the rest is in the journal."""
    directory = tmp_path / f"{base}-{signed}"
    signed = max(signed, base)
    write_log(directory, WRITTEN[: -(-base // 256) * 256], KEY)  # what retiring made durable
    shutil.rmtree(directory / "journal")
    for partial in directory.rglob("*.p"):
        shutil.rmtree(partial)
    write_log(directory / "signed", WRITTEN[:signed], KEY)
    shutil.copy(directory / "signed/checkpoint", directory / "checkpoint")
    write_journal(directory, WRITTEN[base:], base)
    assert recovered_root(directory) == (768, root_of([leaf_of(each) for each in WRITTEN]))
    shutil.rmtree(directory)


def test_a_torn_batch_is_cut_off(tmp_path: Path) -> None:
    write_log(tmp_path, WRITTEN[:10], KEY)
    path = write_journal(tmp_path, WRITTEN[:30], batch=10)
    whole = path.read_bytes().rstrip(b"\0")
    path.write_bytes(whole[:-3])
    assert recovered_root(tmp_path)[0] == 20
    assert len(path.read_bytes()) < len(whole) * 3 // 4
    assert verify(tmp_path).torn_tail == ""


def test_a_journal_shorter_than_the_checkpoint_is_refused(tmp_path: Path) -> None:
    write_log(tmp_path, WRITTEN[:30], KEY)
    write_journal(tmp_path, WRITTEN[:20])
    with pytest.raises(RecordError, match="shorter than it was: it was signed at 30 entries"):
        recover(tmp_path, KEY.verifier, ORIGIN)


def test_a_journal_that_went_missing_is_refused(tmp_path: Path) -> None:
    write_log(tmp_path, WRITTEN[:30], KEY)
    shutil.rmtree(tmp_path / "journal")
    (tmp_path / "journal").mkdir()
    with pytest.raises(RecordError, match="shorter than it was"):
        recover(tmp_path, KEY.verifier, ORIGIN)


def test_a_damaged_journal_is_refused_and_kept(tmp_path: Path) -> None:
    write_log(tmp_path, WRITTEN[:30], KEY)
    path = write_journal(tmp_path, WRITTEN[:60])
    data = bytearray(path.read_bytes())
    data[data.index(b'"number": 31')] ^= 1
    path.write_bytes(data)
    with pytest.raises(RecordError, match="a frame follows at"):
        recover(tmp_path, KEY.verifier, ORIGIN)
    assert path.read_bytes() == data


def test_a_gap_between_segments_is_refused(tmp_path: Path) -> None:
    write_log(tmp_path, WRITTEN[:5], KEY)
    write_journal(tmp_path, WRITTEN[:10])
    write_journal(tmp_path, WRITTEN[12:20], 12)
    with pytest.raises(RecordError, match="should begin at entry 10"):
        recover(tmp_path, KEY.verifier, ORIGIN)


def test_a_batch_repeated_after_a_failed_write_counts_once(tmp_path: Path) -> None:
    write_log(tmp_path, WRITTEN[:5], KEY)
    write_journal(tmp_path, WRITTEN[:12])
    write_journal(tmp_path, WRITTEN[9:20], 9)
    assert recovered_root(tmp_path) == (20, root_of([leaf_of(each) for each in WRITTEN[:20]]))


def test_another_key_or_origin_is_refused(tmp_path: Path) -> None:
    write_log(tmp_path, WRITTEN[:5], KEY)
    with pytest.raises(RecordError, match="checkpoint does not hold"):
        recover(tmp_path, SigningKey.generate(ORIGIN).verifier, ORIGIN)
    with pytest.raises(RecordError, match="another engine's"):
        recover(tmp_path, KEY.verifier, "node/1")


def test_the_lock_goes_with_its_process(tmp_path: Path) -> None:
    descriptor = lock(tmp_path / "log")
    with pytest.raises(RecordError, match="in use"):
        lock(tmp_path / "log")
    os.close(descriptor)
    os.close(lock(tmp_path / "log"))


async def test_an_altered_journal_behind_the_checkpoint_cannot_be_signed_anew(directory: Path) -> None:
    write_log(directory, WRITTEN[:30], KEY)
    write_journal(directory, [*WRITTEN[:7], entry(7, "token.created"), *WRITTEN[8:30]])
    before = (directory / "checkpoint").read_bytes()
    with pytest.raises(RecordError, match="altered"):
        await Log.open(directory, key=KEY, origin=ORIGIN)
    assert (directory / "checkpoint").read_bytes() == before


async def test_derived_files_that_a_power_cut_lost_are_made_again(open_log: OpenLog, directory: Path) -> None:
    log = await open_log()
    write(log, 600)
    await log.close()
    shutil.rmtree(directory / "tile")
    await (await open_log()).close()
    report = verify(directory)
    assert (report.ok, report.size) == (True, 601), report.problems


async def test_many_short_runs_leave_one_log_and_few_segments(open_log: OpenLog, directory: Path) -> None:
    for _ in range(8):
        log = await open_log()
        write(log, 90)
        await log.close()
    report = verify(directory)
    assert (report.ok, report.size) == (True, 721), report.problems
    assert len(list((directory / "journal").glob("*.journal"))) < 5


WRITER = """
import asyncio, sys
from pathlib import Path
from engine.audit.events import EventName
from engine.audit.log import Log
from replay.note import SigningKey

async def main():
    directory, secret = Path(sys.argv[1]), sys.argv[2]
    log = await Log.open(directory, key=SigningKey.parse(secret), origin="node/0", segment_size=1 << 18)
    async def client(name):
        for number in range(1_000_000):
            sequence = log.append(EventName.POLICY_APPLIED, data={"client": name, "number": number})
            await log.wait(sequence)
            print(sequence, name, number, flush=True)
    async with asyncio.TaskGroup() as tasks:
        for name in range(8):
            tasks.create_task(client(name))

asyncio.run(main())
"""


async def test_after_kill_9_every_acknowledged_entry_is_there_and_no_signed_head_is_contradicted(
    directory: Path, open_log: OpenLog, key: SigningKey
) -> None:
    kept: list[bytes] = []
    for run in range(3):
        acknowledged = _run_and_kill(directory, key, lines=700 + 400 * run)
        assert verify(directory).ok  # before anything recovers it
        log = await open_log()
        found = {entry["sequence"]: entry["data"] for entry in log.read()}
        for sequence, client, number in acknowledged:
            assert found[sequence] == {"client": client, "number": number}
        await log.close()
        for checkpoint in kept:
            assert verify(directory, str(key.verifier), checkpoint).verdict == "anchored"
        kept.append((directory / "checkpoint").read_bytes())
    assert Checkpoint.open(kept[-1], key.verifier).size > 2000


def _run_and_kill(directory: Path, key: SigningKey, lines: int) -> list[tuple[int, int, int]]:
    arguments = [sys.executable, "-c", WRITER, str(directory), key.private_text()]
    with subprocess.Popen(arguments, stdout=subprocess.PIPE, text=True) as engine:
        assert engine.stdout is not None
        for _ in range(lines):
            assert engine.stdout.readline()
        engine.send_signal(signal.SIGKILL)
        rest = engine.stdout.read().splitlines()
    whole = [line.split() for line in rest[:-1]]
    return [(int(sequence), int(client), int(number)) for sequence, client, number in whole]
