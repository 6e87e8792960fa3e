"""Programs of Node's that the tests run, with the packages of their lock files."""

from __future__ import annotations

import fcntl
import hashlib
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

INSTALL = "apt-get install -y --no-install-recommends nodejs npm"


def installed(source: Path) -> Path:
    """A folder with what `source` has, and its packages exactly as its lock file has them; beside the tests' virtual
    environment, so that it is made once."""
    if shutil.which("npm") is None or shutil.which("node") is None:
        pytest.fail(f"node and npm are missing: {INSTALL}", pytrace=False)
    files = sorted(source.iterdir())
    digest = hashlib.sha256(b"".join(path.read_bytes() for path in files)).hexdigest()
    folder = Path(sys.prefix) / "npm" / f"{source.name}-{digest[:16]}"
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / "node_modules").exists():
            for path in files:
                shutil.copy(path, folder)
            command = ["npm", "ci", "--no-audit", "--no-fund", "--ignore-scripts", "--loglevel=error"]
            done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
            if done.returncode:
                pytest.fail(f"{source.name}: its packages cannot be installed: {done.stderr}", pytrace=False)
    return folder
