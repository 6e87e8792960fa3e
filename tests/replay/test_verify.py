"""Verification as an auditor runs it, against logs that intruders rewrote."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from replay.note import NoteError, SigningKey
from replay.report import Report
from replay.verify import verify
from tests.replay.builder import entries, entry, write_log

KEY = SigningKey.generate("node/0")
WRITTEN = entries(600, KEY)


@pytest.fixture
def state(tmp_path: Path) -> Path:
    write_log(tmp_path / "log", WRITTEN, KEY)
    return tmp_path


def words(report: Report) -> str:
    return "\n".join(map(str, report.problems))


def test_without_anything_from_elsewhere_a_good_log_is_only_self_asserted(state: Path) -> None:
    report = verify(state)
    assert (report.ok, report.verdict, report.size, report.anchored_to) == (True, "self-asserted", 600, 0)
    assert (report.origin, report.key) == ("node/0", str(KEY.verifier))


def test_a_key_kept_elsewhere_anchors_everything_that_is_signed(state: Path) -> None:
    report = verify(state, key=str(KEY.verifier))
    assert (report.verdict, report.anchored_to) == ("anchored", 600)


def test_a_checkpoint_kept_elsewhere_anchors_what_it_covers(state: Path) -> None:
    kept = write_log(state / "older", WRITTEN[:300], KEY)
    report = verify(state, checkpoint=kept)
    assert (report.verdict, report.anchored_to) == ("anchored", 300)
    (state / "kept").write_bytes(kept)
    assert verify(state / "log", checkpoint=state / "kept", key=KEY.verifier).anchored_to == 600


def rewrite(state: Path) -> SigningKey:
    """What an intruder on the engine's host can do: every file written anew, signed by a key of their own."""
    shutil.rmtree(state / "log")
    forger = SigningKey.generate("node/0")
    forged = entries(600, forger)
    forged[300] = entry(300, "policy.applied", identity="nobody-in-particular")
    write_log(state / "log", forged, forger)
    return forger


def test_a_log_rewritten_and_signed_anew_looks_whole_by_itself(state: Path) -> None:
    forger = rewrite(state)
    report = verify(state)
    assert (report.ok, report.verdict, report.key) == (True, "self-asserted", str(forger.verifier))


def test_a_log_rewritten_and_signed_anew_is_found_with_the_key(state: Path) -> None:
    rewrite(state)
    report = verify(state, key=str(KEY.verifier))
    assert report.verdict == "broken"
    assert "the checkpoint is not signed by the key given" in words(report)


def test_a_log_rewritten_and_signed_anew_is_found_with_a_kept_checkpoint(state: Path) -> None:
    kept = write_log(state / "older", WRITTEN[:400], KEY)
    rewrite(state)
    report = verify(state, checkpoint=kept)
    assert report.verdict == "broken"
    assert "the kept checkpoint of 400 entries has another root hash than these entries" in words(report)
    assert "the kept checkpoint is not signed by the key this log has" in words(report)


def test_a_log_rewritten_with_the_stolen_key_is_found_with_a_kept_checkpoint(state: Path) -> None:
    kept = (state / "log/checkpoint").read_bytes()
    shutil.rmtree(state / "log")
    write_log(state / "log", [*WRITTEN[:50], entry(50, "token.created"), *WRITTEN[51:]], KEY)
    assert verify(state, key=str(KEY.verifier)).ok
    report = verify(state, key=str(KEY.verifier), checkpoint=kept)
    assert words(report) == "checkpoint: the kept checkpoint of 600 entries has another root hash than these entries"


def test_a_log_cut_off_at_its_end_is_found_with_a_kept_checkpoint(state: Path) -> None:
    kept = (state / "log/checkpoint").read_bytes()
    shutil.rmtree(state / "log")
    write_log(state / "log", WRITTEN[:590], KEY)
    assert verify(state, key=str(KEY.verifier)).ok
    report = verify(state, checkpoint=kept)
    assert "the kept checkpoint has 600 entries, this log is signed for 590: its end is gone" in words(report)


def test_a_checkpoint_put_back_is_found_where_the_kept_one_is_newer(state: Path) -> None:
    kept = (state / "log/checkpoint").read_bytes()
    older = write_log(state / "older", WRITTEN[:500], KEY)
    (state / "log/checkpoint").write_bytes(older)
    report = verify(state, checkpoint=kept)
    assert not report.ok
    assert report.unsigned_tail == 100


def test_another_engines_checkpoint_is_not_this_logs(state: Path) -> None:
    other = SigningKey.generate("node/9").sign(f"node/9\n600\n{'A' * 43}=\n").encode()
    report = verify(state, checkpoint=other)
    assert "the kept checkpoint is of node/9, this log is node/0" in words(report)


def test_an_edited_entry_breaks_the_verdict_even_with_the_right_key(state: Path) -> None:
    path = state / "log/tile/entries/001"
    path.write_bytes(path.read_bytes().replace(b'"number": 300}', b'"number": 999}'))
    report = verify(state, key=str(KEY.verifier))
    assert report.verdict == "broken"
    assert [problem.entry for problem in report.problems] == [300, 300]  # in its bundle, and unlike the journal
    assert report.anchored_to == 0


@pytest.mark.parametrize(
    "content", [None, b"", b"\0" * 100, b"x" * 100_000, b"node/0\n600\nAAAA\n\n\xe2\x80\x94 a b\n"]
)
def test_a_checkpoint_that_is_no_checkpoint_is_a_problem(state: Path, content: bytes | None) -> None:
    path = state / "log/checkpoint"
    path.unlink()
    if content is not None:
        path.write_bytes(content)
    assert verify(state).problems[0].file == "checkpoint"


def test_a_log_that_hides_its_key_is_a_problem(state: Path) -> None:
    shutil.rmtree(state / "log")
    write_log(state / "log", WRITTEN[1:], KEY)
    assert "entry 0: the log does not begin with its key" in words(verify(state))


def test_keys_and_checkpoints_that_do_not_read_are_the_callers_mistake(state: Path) -> None:
    with pytest.raises(NoteError):
        verify(state, key="nonsense")
    with pytest.raises(NoteError):
        verify(state, checkpoint=b"nonsense")
    with pytest.raises(FileNotFoundError):
        verify(state / "nowhere")


def test_verification_needs_no_engine_and_no_console() -> None:
    code = (
        "import sys, replay.verify, replay.player, replay.export;"
        "print([m for m in sys.modules if m.split('.')[0] in ('engine', 'hoopterm', 'textual', 'uvloop', 'aiohttp')])"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "[]"
