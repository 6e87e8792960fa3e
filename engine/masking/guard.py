"""Streams that nothing may be changed in: what goes on is as it came, and a value in it ends it. No clock, no I/O."""

from __future__ import annotations

from engine.errors import HooptermError
from engine.masking.plan import Masks
from engine.masking.stream import Pipe, StreamMasker, Unmasked


class Guard:
    """Looks as a pipe does, however the bytes are cut; raises HooptermError instead of replacing a value.

    What could become a value waits until `release`, and is looked at with what follows all the same.
    """

    masked = 0

    def __init__(self, pipe: Pipe) -> None:
        self._pipe = pipe
        self._raw = b""  # not yet told by the pipe
        self._gone = 0  # bytes of it that were released

    def __repr__(self) -> str:
        return f"<Guard of {len(self._raw)} bytes>"

    @property
    def is_holding(self) -> bool:
        """Whether something is held back that `release` would give."""
        return len(self._raw) > self._gone

    def mask(self, chunk: bytes) -> bytes:
        """The next bytes."""
        self._raw += chunk
        return self._clear(self._pipe.mask(chunk))

    def release(self) -> bytes:
        """What is held back, unless it is a value by now; the pipe keeps it to look at."""
        probe = self._pipe.fork()
        probe.finish()
        if probe.masked:
            raise _caught()
        out, self._gone = self._raw[self._gone :], len(self._raw)
        return out

    def finish(self) -> bytes:
        """The rest."""
        return self._clear(self._pipe.finish())

    def fork(self) -> Guard:
        """One that goes on from the same state."""
        other = Guard(self._pipe.fork())
        other._raw, other._gone = self._raw, self._gone
        return other

    def _clear(self, told: bytes) -> bytes:
        if self._pipe.masked or not self._raw.startswith(told):
            raise _caught()
        out = told[self._gone :]
        self._gone = max(self._gone - len(told), 0)
        self._raw = self._raw[len(told) :]
        return out


def _caught() -> HooptermError:
    return HooptermError(
        "the transfer was ended: it holds a value that is masked here",
        "nothing in it can be replaced without breaking it",
        "leave the file with that value out, or use scp or sftp, which are masked",
    )


def guard(masks: Masks) -> StreamMasker:
    """For output that must stay as it is (`mask: stop`)."""
    return Unmasked() if masks.detection is None else Guard(Pipe(masks, masks.detection))


def unseen(masks: Masks) -> StreamMasker:
    """For output that must stay as it is and is compressed, so that looking at it finds nothing but chance."""
    return Unmasked()
