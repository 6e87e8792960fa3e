from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from hoopterm.cli.unit import unit


def test_the_unit_runs_the_program_on_the_configuration_as_the_user() -> None:
    text = unit("/usr/bin/hoopterm", Path("/etc/hoopterm/hoopterm.yaml"), "gate")
    assert "ExecStart=/usr/bin/hoopterm engine run --config /etc/hoopterm/hoopterm.yaml\n" in text
    assert "User=gate\n" in text
    assert "RuntimeDirectoryMode=0711\n" in text


@pytest.mark.parametrize(
    "line", ["NoNewPrivileges=yes", "ProtectSystem=strict", "CapabilityBoundingSet=", "LimitCORE=0"]
)
def test_the_unit_is_hardened(line: str) -> None:
    assert line in unit("x", Path("y"), "z").splitlines()


def test_systemd_takes_the_unit(tmp_path: Path) -> None:
    path = tmp_path / "hoopterm.service"
    path.write_text(unit("/bin/true", Path("/etc/hoopterm/hoopterm.yaml"), "root"))
    done = subprocess.run(["systemd-analyze", "verify", str(path)], capture_output=True, text=True, check=False)
    assert done.stderr == ""
