"""Writes a log's files by the specifications alone, sharing no code with the engine: tests and forgers use it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path

from replay.journal import encode_frame
from replay.note import Checkpoint, SigningKey

ORIGIN = "node/0"


def root_of(leaves: Sequence[bytes]) -> bytes:
    """MTH of RFC 6962 section 2.1, word for word, over leaf hashes."""
    if not leaves:
        return hashlib.sha256(b"").digest()
    if len(leaves) == 1:
        return leaves[0]
    k = 1
    while k * 2 < len(leaves):
        k *= 2
    return hashlib.sha256(b"\x01" + root_of(leaves[:k]) + root_of(leaves[k:])).digest()


def leaf_of(entry: bytes) -> bytes:
    return hashlib.sha256(b"\x00" + entry).digest()


def entry(number: int, event: str = "policy.applied", **fields: object) -> bytes:
    """An entry as the engine would write it."""
    whole = {
        "v": 1,
        "time": f"2026-03-01T10:00:00.{number % 1000000:06}Z",
        "event": event,
        "session": None,
        "operation": None,
        "identity": None,
        "target": None,
        "data": {"number": number},
    }
    return json.dumps(whole | fields).encode()


def entries(count: int, key: SigningKey) -> list[bytes]:
    """That many entries, the first the log's key."""
    first = entry(0, "log.key", data={"origin": ORIGIN, "key": str(key.verifier)})
    return [first, *(entry(number) for number in range(1, count))]


def write_log(directory: Path, written: Sequence[bytes], key: SigningKey, *, tail: Sequence[bytes] = ()) -> bytes:
    """Tiles, bundles, checkpoint, and a journal with all of it and an unsigned tail; returns the checkpoint."""
    hashes = [leaf_of(each) for each in written]
    level = 0
    row = hashes
    while row:
        for index in range(-(-len(row) // 256)):
            tile = row[index * 256 : index * 256 + 256]
            _write(directory / f"tile/{level}/{path_of(index, len(tile))}", b"".join(tile))
        row = [root_of(row[start : start + 256]) for start in range(0, len(row) // 256 * 256, 256)]
        level += 1
    for index in range(-(-len(written) // 256)):
        bundle = written[index * 256 : index * 256 + 256]
        data = b"".join(len(each).to_bytes(2, "big") + each for each in bundle)
        _write(directory / f"tile/entries/{path_of(index, len(bundle))}", data)
    note = key.sign(str(Checkpoint(ORIGIN, len(written), root_of(hashes)))).encode()
    _write(directory / "checkpoint", note)
    write_journal(directory, [*written, *tail])
    return note


def write_journal(directory: Path, written: Sequence[bytes], first: int = 0, *, batch: int = 3) -> Path:
    """One segment of small batches with zeros behind them."""
    frames = [encode_frame(first + at, written[at : at + batch]) for at in range(0, len(written), batch)]
    path = directory / f"journal/{first:016}.journal"
    _write(path, b"".join(frames) + bytes(512))
    return path


def path_of(index: int, width: int) -> str:
    text = f"{index:03}" if index < 1000 else f"x{index // 1000:03}/{index % 1000:03}"
    return text if width == 256 else f"{text}.p/{width}"


def _write(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
