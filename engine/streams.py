"""One direction of an operation's bytes: masked, recorded, delivered."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from engine.masking.stream import StreamMasker

if TYPE_CHECKING:
    from engine.session import Session


class Stream:
    """What an adapter delivers of an operation's bytes of one `kind`: stdout, stderr or input. Raises RecordError.

    `count` is told the lines and the masked values of each piece.
    """

    def __init__(
        self,
        session: Session,
        operation: str,
        kind: str,
        masker: StreamMasker,
        count: Callable[[int, int], None] | None = None,
    ) -> None:
        self._session = session
        self._operation = operation
        self._kind = kind
        self._masker = masker
        self._count = count
        self._counted = 0  # masked values
        self.lines = 0

    def __repr__(self) -> str:
        return f"<Stream {self._kind} of {self._operation}>"

    @property
    def masked(self) -> int:
        """Values replaced so far."""
        return self._masker.masked

    @property
    def is_holding(self) -> bool:
        """Whether something is held back that `release` would give."""
        return self._masker.is_holding

    def deliver(self, chunk: bytes) -> bytes:
        """Mask and record the next bytes; what comes back may go on."""
        return self._record(self._masker.mask(chunk))

    def release(self) -> bytes:
        """What was held back and has waited long enough."""
        return self._record(self._masker.release())

    def finish(self) -> bytes:
        """The rest."""
        return self._record(self._masker.finish())

    def _record(self, masked: bytes) -> bytes:
        if masked:
            lines = masked.count(b"\n")
            self.lines += lines
            if self._count is not None:
                self._count(lines, self.masked - self._counted)
                self._counted = self.masked
            self._session.recorder.rows(self._operation, masked, lines, self._kind)
        return masked
