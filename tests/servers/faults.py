"""Storage that fails when a test says so: files in a directory are the switches.

`fail` makes every durable write of the record raise EIO, `full` ENOSPC; `stall` lets it wait until the file is gone,
`lag` does that to recordings alone.
"""

from __future__ import annotations

import errno
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

_ERRORS = {"fail": errno.EIO, "full": errno.ENOSPC}


def install(switches: Path) -> None:
    """Patch this process."""

    def unreliable(function: Callable[..., Any], *stalls: str) -> Callable[..., Any]:
        def call(*arguments: Any) -> Any:
            while any((switches / name).exists() for name in stalls):
                time.sleep(0.01)  # the thread that stores, never the loop
            for name, number in _ERRORS.items():
                if (switches / name).exists():
                    raise OSError(number, os.strerror(number))
            return function(*arguments)

        return call

    os.pwritev = unreliable(os.pwritev, "stall")  # the journal
    os.pwrite = unreliable(os.pwrite, "stall", "lag")
    os.fdatasync = unreliable(os.fdatasync, "stall", "lag")
