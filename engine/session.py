"""One client: its identity, its target, and the adapter that speaks for it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from engine.masking.plan import Masks
from engine.model import Identity, Target

if TYPE_CHECKING:
    from engine.audit.recorder import Recorder
    from engine.config.revision import Revision
    from engine.protocols.base import Adapter


@dataclass(slots=True)
class Counts:
    """What a session, or all of them, has done so far."""

    operations: int = 0
    denied: int = 0
    held: int = 0
    masked: int = 0
    rows: int = 0
    last_verb: str = ""

    def add(self, other: Counts) -> None:
        """Add another session's numbers to these."""
        self.operations += other.operations
        self.denied += other.denied
        self.held += other.held
        self.masked += other.masked
        self.rows += other.rows


class Session:
    """One client connection to one target, from authentication to its end.

    It follows the policy in force: `use` gives it a new revision, and what its masks are changes with that.
    """

    def __init__(
        self,
        *,
        id: str,
        identity: Identity,
        target: Target,
        database: str | None,
        client: str,
        opened: datetime,
        recorder: Recorder,
        adapter: Adapter,
        revision: Revision,
        mask_key: bytes,
    ) -> None:
        self.id = id
        self.identity = identity
        self.target = target
        self.database = database
        self.client = client
        self.opened = opened
        self.recorder = recorder
        self.adapter = adapter
        self.counts = Counts()
        self.why_locked: str | None = None  # it may do nothing more
        self.open_operations: dict[str, bytes] = {}  # identifier → salt of its digest
        self._mask_key = mask_key
        self.use(revision)

    def use(self, revision: Revision) -> None:
        """Follow this policy revision from the next operation on."""
        self.revision = revision
        self.masks = Masks(revision.mask_rules, self.identity, self.target, self._mask_key)

    @property
    def facts(self) -> Mapping[str, object]:
        """What CEL sees as `session`."""
        return {"id": self.id, "client": self.client, "database": self.database or "", "opened": self.opened}

    def __repr__(self) -> str:
        return f"<Session {self.id} {self.identity.subject} → {self.target.name}>"
