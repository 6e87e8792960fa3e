"""Streams of bytes with recognised values replaced, however they are cut into chunks."""

from __future__ import annotations

from typing import Protocol

from engine.masking.plan import Masks

_WIDTH = 256  # bytes that are held back: what a detector recognises is shorter


class StreamMasker(Protocol):
    """Masks one stream. What comes back may go on; what could still become a value is held back."""

    masked: int
    """Values replaced so far."""

    @property
    def is_holding(self) -> bool:
        """Whether something is held back."""

    def mask(self, chunk: bytes) -> bytes:
        """The next bytes."""

    def release(self) -> bytes:
        """What is held back, because it has waited long enough."""

    def finish(self) -> bytes:
        """What is held back, because nothing follows."""


class Pipe:
    """Holds back the width of the longest value until the end, without a clock."""

    def __init__(self, masks: Masks) -> None:
        self._masks = masks
        self._held = b""
        self.masked = 0

    @property
    def is_holding(self) -> bool:
        """Whether something is held back."""
        return bool(self._held)

    def mask(self, chunk: bytes) -> bytes:
        """The next bytes; all of them at once where no detector looks."""
        if self._masks.detection is None:
            return chunk
        data = self._held + chunk
        masked, count = self._masks.count_text(data.decode(errors="surrogateescape"))
        whole = masked.encode(errors="surrogateescape")
        if len(whole) <= _WIDTH:
            self._held = data
            return b""
        if count == 0:
            self._held = data[-_WIDTH:]
            return data[:-_WIDTH]
        self.masked += count
        self._held = b""
        return whole

    def release(self) -> bytes:
        """Nothing: a pipe waits for its end."""
        return b""

    def finish(self) -> bytes:
        """The rest."""
        held, self._held = self._held, b""
        masked, count = self._masks.count_text(held.decode(errors="surrogateescape"))
        self.masked += count
        return masked.encode(errors="surrogateescape")


class Terminal(Pipe):
    """As a pipe, except that it can be told to wait no longer."""

    def release(self) -> bytes:
        """What is held back."""
        return self.finish()


def pipe(masks: Masks) -> StreamMasker:
    """For the output of commands: a value split anywhere is caught."""
    return Pipe(masks)


def terminal(masks: Masks) -> StreamMasker:
    """For terminals."""
    return Terminal(masks)
