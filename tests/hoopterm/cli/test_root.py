"""Exit statuses, errors and help, by subprocess where the process itself is what is tested."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from hoopterm.cli.root import NOUNS
from tests.hoopterm.cli.conftest import Command, StubEngine
from tests.hoopterm.samples import review


def process(*arguments: str, cwd: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    environ = {**os.environ, "NO_COLOR": "1", **environment}
    environ.pop("XDG_RUNTIME_DIR", None)
    return subprocess.run(
        [sys.executable, "-m", "hoopterm", *arguments],
        capture_output=True,
        text=True,
        cwd=cwd,
        env=environ,
        check=False,
    )


def test_done_is_0_and_the_data_is_on_stdout(engine: StubEngine, tmp_path: Path) -> None:
    engine.answers["GET", "/reviews"] = [review()]
    done = process("approvals", "list", "--json", cwd=tmp_path, HOOPTERM_ENGINE=str(engine.socket))
    assert (done.returncode, done.stderr) == (0, "")
    assert json.loads(done.stdout)[0]["id"] == "r-7q2"


def test_refused_is_1_and_says_why_and_what_next(engine: StubEngine, tmp_path: Path) -> None:
    done = process("approvals", "show", "r-0", cwd=tmp_path, HOOPTERM_ENGINE=str(engine.socket))
    assert (done.returncode, done.stdout) == (1, "")
    assert "no /reviews/r-0" in done.stderr
    assert "look elsewhere" in done.stderr


def test_usage_is_2(tmp_path: Path) -> None:
    done = process("approvals", "lst", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert "Did you mean 'list'?" in done.stderr


def test_no_engine_is_3(tmp_path: Path) -> None:
    done = process("engine", "status", cwd=tmp_path, HOOPTERM_ENGINE=str(tmp_path / "none.sock"))
    assert (done.returncode, done.stdout) == (3, "")
    assert "hoopterm engine start --config FILE" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "code", "status"),
    [
        (["approvals", "show", "r-0", "--json"], "not_found", 1),
        (["token", "create", "x", "--ttl", "soon", "--json"], "usage", 2),
        (["approvals", "lst", "--json"], "usage", 2),
        (["ca", "--engine", "/none.sock", "--json"], "unreachable", 3),
    ],
)
def test_with_json_every_failure_is_one_object_on_stderr(
    engine: StubEngine, hoopterm: Command, arguments: list[str], code: str, status: int
) -> None:
    done = hoopterm(*arguments)
    assert (done.status, done.out) == (status, "")
    error = json.loads(done.err)["error"]
    assert set(error) == {"code", "message", "hint"}
    assert error["code"] == code


def test_json_behind_two_dashes_belongs_to_the_child(hoopterm: Command) -> None:
    done = hoopterm("connect", "shop", "--engine", "/none.sock", "--", "x", "--json")
    assert done.status == 3
    assert not done.err.startswith("{")


def test_the_engine_may_be_named_before_the_noun(
    engine: StubEngine, hoopterm: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOOPTERM_ENGINE", "/none.sock")
    engine.answers["GET", "/reviews"] = []
    assert hoopterm("--engine", str(engine.socket), "approvals", "list", "--json").json == []


def test_help_lists_every_noun_without_loading_any(tmp_path: Path) -> None:
    script = "import sys; from hoopterm.cli.root import run; run(['--help']); print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    for noun, summary in NOUNS.items():
        assert f"{noun} " in done.stdout
        assert summary in done.stdout
    assert not {"aiohttp", "rich", "textual", "msgspec"} & set(done.stdout.splitlines()[-1].split())


@pytest.mark.parametrize("noun", NOUNS)
def test_every_noun_has_help_that_fits_80_columns(noun: str, hoopterm: Command) -> None:
    done = hoopterm(noun, "--help")
    assert done.status == 0
    assert "--help" in done.out
    assert max(map(len, done.out.splitlines())) <= 80


def test_the_version_is_told(hoopterm: Command) -> None:
    done = hoopterm("--version")
    assert (done.status, done.out.split()[0]) == (0, "hoopterm")


def test_completion_knows_nouns_commands_and_live_ids(engine: StubEngine, tmp_path: Path) -> None:
    engine.answers["GET", "/reviews"] = [review(id="r-7q2"), review(id="x-1")]

    def complete(line: str) -> list[str]:
        words = len(line.split()) - (not line.endswith(" "))
        variables = {"COMP_WORDS": line, "COMP_CWORD": str(words), "_HOOPTERM_COMPLETE": "complete_bash"}
        done = process(cwd=tmp_path, HOOPTERM_ENGINE=str(engine.socket), **variables)
        return done.stdout.split()

    assert complete("hoopterm app") == ["approvals"]
    assert set(complete("hoopterm approvals ")) == {"list", "show", "approve", "deny", "revoke"}
    assert complete("hoopterm approvals show r-") == ["r-7q2"]


def test_a_reader_that_goes_away_gets_no_traceback(engine: StubEngine, tmp_path: Path) -> None:
    engine.answers["GET", "/reviews"] = [review()] * 10_000
    script = f"{sys.executable} -m hoopterm approvals list --json --engine {engine.socket} | head -c 1"
    done = subprocess.run(["bash", "-c", script], capture_output=True, text=True, check=False)
    assert (done.stdout, done.stderr) == ("[", "")


ENGINE_ONLY = ("structlog", "sqlalchemy", "alembic", "asyncpg", "uvloop", "ruamel", "postgast", "hyperscan", "google")


def test_the_base_install_runs_everything_but_the_engine(tmp_path: Path) -> None:
    script = (
        "import importlib, sys; sys.modules.update(dict.fromkeys(sys.argv[1:]));"
        "from hoopterm.cli.root import NOUNS;"
        "[importlib.import_module(f'hoopterm.cli.{noun}') for noun in NOUNS];"
        "import hoopterm.cli.statements, hoopterm.cli.verification, hoopterm.client, hoopterm.frames"
    )
    done = subprocess.run([sys.executable, "-c", script, *ENGINE_ONLY], capture_output=True, text=True, check=False)
    assert done.stderr == ""
