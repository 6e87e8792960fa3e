"""Streams of bytes with recognised values replaced, however they are cut into chunks. No clock, no I/O.

What could still become a value, or go on, is held back until what follows tells; everything else goes on at once. No
more than `MOST_HELD` bytes are held, whatever arrives.
"""

from __future__ import annotations

from copy import copy
from typing import Protocol, Self

from engine.masking.detect import Detection
from engine.masking.escapes import Plain
from engine.masking.judging import Span, judge, merged
from engine.masking.keyblocks import KeyBlocks
from engine.masking.plan import Masks
from engine.masking.tails import Tails

MOST_HELD = 32 << 10


class StreamMasker(Protocol):
    """Masks one stream. What comes back may go on; what could still become a value is held back."""

    @property
    def masked(self) -> int:
        """Values replaced so far."""

    @property
    def is_holding(self) -> bool:
        """Whether something is held back that `release` would give."""

    def mask(self, chunk: bytes) -> bytes:
        """The next bytes."""

    def release(self) -> bytes:
        """What is held back, because it has waited long enough."""

    def finish(self) -> bytes:
        """What is held back, because nothing follows."""

    def fork(self) -> StreamMasker:
        """One that goes on from the same state."""


class Unmasked:
    """No detector looks: everything goes on at once."""

    masked = 0
    is_holding = False

    def mask(self, chunk: bytes) -> bytes:
        """The chunk."""
        return chunk

    def release(self) -> bytes:
        """Nothing is held back."""
        return b""

    def finish(self) -> bytes:
        """Nothing is held back."""
        return b""

    def fork(self) -> Unmasked:
        """Itself: it has no state."""
        return self


class Pipe:
    """Holds back what could become a value until it is told, or until the end."""

    def __init__(self, masks: Masks, detection: Detection) -> None:
        self._detected = masks.detected
        self._detection = detection
        self._tails = Tails(detection)
        self._keys = KeyBlocks() if "private_key" in masks.detected else None
        self._drops_keys = self._keys is not None and masks.detected["private_key"].strategy == "nullify"
        self._held = b""
        self._behind = b""  # the byte before what is held: whether a value begins there can depend on it
        self._is_parted = False  # an escape sequence stands between them
        self._values = 0

    @property
    def masked(self) -> int:
        """Values replaced so far."""
        return self._values + (self._keys.keys if self._keys is not None else 0)

    @property
    def is_holding(self) -> bool:
        """Whether something is held back that `release` would give."""
        return False

    def mask(self, chunk: bytes) -> bytes:
        """The next bytes."""
        if self._keys is None:
            return self._clear(chunk)
        out: list[bytes] = []
        for is_key, piece in self._keys.split(chunk):
            if not is_key:
                out.append(self._clear(piece))
                continue
            if self._held:
                out.append(self._clear(b"", is_whole=True))
            if not self._drops_keys:
                out.append(piece)
            self._behind, self._is_parted = b"", False
        return b"".join(out)

    def release(self) -> bytes:
        """Nothing: it waits for what follows."""
        return b""

    def finish(self) -> bytes:
        """The rest."""
        return self._clear(self._keys.rest() if self._keys is not None else b"", is_whole=True)

    def fork(self) -> Self:
        """One that goes on from the same state."""
        other = copy(self)
        other._keys = copy(self._keys)
        return other

    def _clear(self, chunk: bytes, *, is_whole: bool = False) -> bytes:
        """Bytes that are of no key."""
        data = self._held + chunk
        plain = Plain(data, is_whole=is_whole)
        text = self._behind + plain.text
        skip = len(self._behind)
        spans, end = self._looked(plain, text)
        if is_whole:
            end = len(text)
        else:
            end = max(self._settled(text, spans, end), skip)
            if len(data) - plain.place(end - skip) > MOST_HELD:
                end = len(text)
        place = plain.place(end - skip)
        out: list[bytes] = []
        position = 0
        for start, stop, chosen in spans:
            if start >= end:
                break
            out.append(data[position : plain.place(start - skip)])
            out.append(plain.replaced(start - skip, stop - skip, chosen.replace(text[start:stop]) or b""))
            position = plain.place(stop - skip - 1) + 1
            self._values += 1
        out.append(data[position:place])
        self._held = data[place:]
        if place:
            self._behind, self._is_parted = text[end - 1 : end] if end else b"", plain.is_behind_sequence(end - skip)
        return b"".join(out)

    def _looked(self, plain: Plain, text: bytes) -> tuple[list[Span], int]:
        """The values in the text, which begins with what is behind it, and up to where nothing is open."""
        skip = len(text) - len(plain.text)
        spans = judge(text, skip, self._detection, self._detected)
        held = self._tails.open(plain.text)
        if plain.has_sequences or self._is_parted:
            parted = plain.parted if self._is_parted else self._behind + plain.parted
            begin = len(parted) - len(plain.parted)
            others = judge(parted, begin, self._detection, self._detected)
            spans = merged(
                [
                    *spans,
                    *(
                        (plain.unparted(start - begin) + skip, plain.unparted(stop - begin - 1) + skip + 1, chosen)
                        for start, stop, chosen in others
                    ),
                ]
            )
            held = max(held, self._tails.open(plain.parted))
        return spans, len(text) - held

    def _settled(self, text: bytes, spans: list[Span], end: int) -> int:
        """Up to where nothing can change any more: what overlaps what is open is open too."""
        for start, stop, _ in reversed(spans):
            if stop <= end:
                break
            end = min(end, start)
        return end


class Terminal(Pipe):
    """As a pipe, except that it can be told to wait no longer."""

    @property
    def is_holding(self) -> bool:
        """Whether something is held back."""
        return bool(self._held or (self._keys is not None and self._keys.held))

    def release(self) -> bytes:
        """What is held back: it is masked as far as it is a value by now."""
        return self.finish()


class Lines(Pipe):
    """As a pipe, and a line with something in it that is, or could become, a value waits for its end."""

    def _settled(self, text: bytes, spans: list[Span], end: int) -> int:
        settled = super()._settled(text, spans, end)
        line = text.rfind(b"\n", 0, settled) + 1
        if len(text) - line > MOST_HELD:
            return settled
        is_clear = settled == len(text) and (not spans or spans[-1][1] <= line)
        return settled if is_clear else line


def pipe(masks: Masks) -> StreamMasker:
    """For the output of commands: a value split anywhere is caught."""
    return Unmasked() if masks.detection is None else Pipe(masks, masks.detection)


def terminal(masks: Masks) -> StreamMasker:
    """For terminals, whose `release` after some milliseconds makes it possible to show a value in pieces."""
    return Unmasked() if masks.detection is None else Terminal(masks, masks.detection)


def lines(masks: Masks) -> StreamMasker:
    """For terminals where nothing that could be a value may go out in pieces (`mask: strict`)."""
    return Unmasked() if masks.detection is None else Lines(masks, masks.detection)
