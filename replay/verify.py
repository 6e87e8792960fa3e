"""Offline verification of a log and its recordings: from the files alone, whether an engine runs or not.

What the files alone can show: edits, reordering, gaps. A log written and signed anew shows against a key that was kept
elsewhere; truncation, rollback and forks, and an intruder who has the engine's key, against a checkpoint that was. So
without one of these the verdict is "self-asserted", never better.
"""

from __future__ import annotations

from pathlib import Path

from replay.claims import Claims
from replay.note import MAX_NOTE_SIZE, Checkpoint, Note, NoteError, VerifierKey
from replay.report import Report
from replay.tail import Tail
from replay.tiles import CHECKPOINT
from replay.tlog import EMPTY_ROOT
from replay.walk import Walk


def verify(
    directory: Path,
    key: VerifierKey | str | None = None,
    checkpoint: Path | bytes | None = None,
) -> Report:
    """Check the log under a state directory (or a log directory itself), and every recording beside it.

    `key` is a verifier key kept elsewhere, `checkpoint` a signed checkpoint kept elsewhere. Raises NoteError when one
    of these does not read, FileNotFoundError when there is no log; everything else is in the report.
    """
    log = directory / "log" if (directory / "log").is_dir() else directory
    if not log.is_dir():
        raise FileNotFoundError(f"there is no log in {directory}")
    report = Report()
    trusted = VerifierKey.parse(key) if isinstance(key, str) else key
    kept = _kept(checkpoint) if checkpoint is not None else None
    note = _head(log, report)
    head = note[1] if note else Checkpoint("", 0, EMPTY_ROOT)
    report.origin, report.size = head.origin, head.size
    recordings = log.parent / "recordings"
    claims = Claims(recordings if recordings.is_dir() else None, report)
    heads = [(kept[1], "the kept checkpoint")] if kept else []
    for sequence, entry in Walk(log, head, heads, report).entries():
        claims.take(sequence, entry)
    for sequence, entry in Tail(log, head.size, report).entries():
        claims.take(sequence, entry)
    claims.finish()
    _judge(report, trusted, note, kept)
    return report


_Signed = tuple[Note, Checkpoint]


def _head(log: Path, report: Report) -> _Signed | None:
    try:
        return _parse(_read(log / CHECKPOINT))
    except FileNotFoundError:
        report.add("there is no checkpoint", CHECKPOINT)
    except OSError as error:
        report.add(error.strerror or str(error), CHECKPOINT)
    except NoteError as error:
        report.add(str(error), CHECKPOINT)
    return None


def _kept(checkpoint: Path | bytes) -> _Signed:
    return _parse(checkpoint if isinstance(checkpoint, bytes) else _read(checkpoint))


def _parse(data: bytes) -> _Signed:
    note = Note.parse(data)
    return note, Checkpoint.parse(note.text)


def _read(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(MAX_NOTE_SIZE + 1)


def _judge(report: Report, trusted: VerifierKey | None, head: _Signed | None, kept: _Signed | None) -> None:
    """Signatures, and what they are worth."""
    key = trusted or _own_key(report)
    if key is not None and head is not None:
        _require(report, head[0], key, "the checkpoint", "the key given" if trusted else "the log's own key")
    if kept is not None and head is not None:
        _compare_kept(report, key, head[1], kept)
    if trusted is not None:
        report.key = str(trusted)
    report.ok = not report.problems
    if not report.ok:
        report.verdict = "broken"
    elif trusted is not None or kept is not None:
        report.verdict = "anchored"
        report.anchored_to = report.size if trusted is not None else kept[1].size if kept else 0


def _own_key(report: Report) -> VerifierKey | None:
    try:
        return VerifierKey.parse(report.key)
    except NoteError:
        if report.size or report.unsigned_tail:
            report.add("the log does not begin with its key", entry=0)
        return None


def _require(report: Report, note: Note, key: VerifierKey, what: str, whose: str) -> None:
    try:
        note.require(key)
    except NoteError as error:
        report.add(f"{what} is not signed by {whose}: {error}", CHECKPOINT)


def _compare_kept(report: Report, key: VerifierKey | None, head: Checkpoint, kept: _Signed) -> None:
    """Its root was held against the tree on the way; here its size, origin and signature."""
    note, checkpoint = kept
    if key is not None:
        _require(report, note, key, "the kept checkpoint", "the key this log has")
    if checkpoint.origin != head.origin:
        report.add(f"the kept checkpoint is of {checkpoint.origin}, this log is {head.origin}", CHECKPOINT)
    if checkpoint.size > head.size:
        what = f"the kept checkpoint has {checkpoint.size} entries, this log is signed for {head.size}: its end is gone"
        report.add(what, CHECKPOINT, head.size)
