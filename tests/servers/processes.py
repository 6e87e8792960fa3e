"""An engine's children, as the kernel lists them."""

from __future__ import annotations

from pathlib import Path


def children(pid: int) -> list[int]:
    """The processes that a process started and that are its own yet."""
    return [int(each) for each in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def nursery(engine: int) -> int:
    """The child of an engine that forks its consoles."""
    (found,) = (pid for pid in children(engine) if b"nursery" in Path(f"/proc/{pid}/cmdline").read_bytes())
    return found
