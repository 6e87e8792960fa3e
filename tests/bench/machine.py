"""What the figures were measured on, and what processes cost it."""

from __future__ import annotations

import os
import platform
import subprocess
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from tests.bench import disk

_PROBES = 500
_TICK = 1 / os.sysconf("SC_CLK_TCK")
_LIBRARIES = ("uvloop", "postgast", "msgspec", "zstandard", "hyperscan")


def describe(directory: Path, programs: Path, pgbouncer: str | None) -> dict[str, object]:
    """Processor, cores, memory in bytes, kernel, the disk's latencies, and versions."""
    return {
        "processor": _processor(),
        "cores": os.cpu_count(),
        "memory": os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE"),
        "kernel": f"{platform.system()} {'.'.join(platform.release().split('.')[:2])} {platform.machine()}",
        "fdatasync_append_us": disk.latency(directory, _PROBES, preallocated=False) * 1e6,
        "fdatasync_us": disk.latency(directory, _PROBES, preallocated=True) * 1e6,
        "filesystem": _said("stat", "--file-system", "--format=%T", str(directory)),
        "python": platform.python_version(),
        "postgresql": _said(str(programs / "postgres"), "--version").split()[-1],
        "pgbouncer": _said(pgbouncer, "--version").splitlines()[0].split()[-1] if pgbouncer else None,
        "libraries": {name: version(name) for name in _LIBRARIES},
        "load": round(os.getloadavg()[0], 2),
    }


def _processor() -> str:
    information = Path("/proc/cpuinfo").read_text() if Path("/proc/cpuinfo").exists() else ""
    _, _, rest = information.partition("model name")
    return rest.partition("\n")[0].strip("\t :") or platform.processor()


def _said(*command: str) -> str:
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


@dataclass(frozen=True, slots=True)
class Usage:
    """What a process has used: processor time in seconds, resident memory and the most it ever was in bytes."""

    cpu: float
    resident: int
    peak: int


def usage(pid: int) -> Usage:
    """Of a live process."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    status = Path(f"/proc/{pid}/status").read_text()

    def size(name: str) -> int:
        return int(status.partition(f"{name}:")[2].split()[0]) << 10

    return Usage((int(fields[11]) + int(fields[12])) * _TICK, size("VmRSS"), size("VmHWM"))


def reset_peak(pid: int) -> None:
    """Let `Usage.peak` count from now on."""
    Path(f"/proc/{pid}/clear_refs").write_text("5")
