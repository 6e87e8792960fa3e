"""What a child gets to reach a target, and what it does not."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from engine.api.schema import ConnectView
from hoopterm.cli.connect import run
from hoopterm.errors import Refused
from tests.hoopterm.cli.conftest import Command, StubEngine

ACCESS = ConnectView("postgres", "localhost", 15432, "bob", "shop", "ht_a:b\\c_secret", "auto", "-----BEGIN x\n")
SHOW = (
    "import json, os, stat, sys; f = os.environ['PGPASSFILE'];"
    "print(json.dumps({'env': {k: v for k, v in os.environ.items() if k.startswith('PG')}, 'pass': open(f).read(),"
    "'mode': stat.S_IMODE(os.stat(f).st_mode), 'all': dict(os.environ), 'argv': sys.argv}))"
)


def test_the_child_finds_everything_and_the_token_only_in_a_private_file(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    status = run([sys.executable, "-c", SHOW], ACCESS, {**os.environ, "XDG_RUNTIME_DIR": str(tmp_path)})
    seen = json.loads(capfd.readouterr().out)
    assert status == 0
    assert {name: seen["env"][name] for name in ("PGHOST", "PGPORT", "PGUSER", "PGDATABASE", "PGSSLMODE")} == {
        "PGHOST": "localhost",
        "PGPORT": "15432",
        "PGUSER": "bob",
        "PGDATABASE": "shop",
        "PGSSLMODE": "verify-full",
    }
    assert (seen["pass"], seen["mode"]) == ("*:*:*:bob:ht_a\\:b\\\\c_secret\n", 0o600)
    assert "secret" not in json.dumps([seen["all"], seen["argv"]])
    assert list(tmp_path.iterdir()) == []


def test_an_agent_s_token_or_another_server_in_the_environment_does_not_come_before(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    of_another = {"PGPASSWORD": "ht_of_an_agent", "PGHOSTADDR": "192.0.2.1", "PGSERVICE": "other", "PGAPPNAME": "mine"}
    run([sys.executable, "-c", SHOW], ACCESS, {**os.environ, **of_another, "XDG_RUNTIME_DIR": str(tmp_path)})
    seen = json.loads(capfd.readouterr().out)["env"]
    assert seen.keys() & of_another.keys() == {"PGAPPNAME"}


def test_the_child_s_status_is_ours(tmp_path: Path) -> None:
    assert run([sys.executable, "-c", "raise SystemExit(7)"], ACCESS, os.environ) == 7
    assert run([sys.executable, "-c", "import os; os.kill(os.getpid(), 9)"], ACCESS, os.environ) == 137


def test_a_command_that_is_not_there_is_told() -> None:
    with pytest.raises(Refused, match="no-such-program is not installed"):
        run(["no-such-program"], ACCESS, os.environ)


def test_a_signal_reaches_the_child_and_the_token_s_file_goes(engine: StubEngine, tmp_path: Path) -> None:
    engine.answers["POST", "/connect"] = ACCESS
    child = "import signal; signal.signal(signal.SIGTERM, lambda *_: exit(5)); print('up', flush=True); signal.pause()"
    process = subprocess.Popen(
        [sys.executable, "-m", "hoopterm", "connect", "shop", "--", sys.executable, "-c", child],
        env={**os.environ, "XDG_RUNTIME_DIR": str(tmp_path), "HOOPTERM_ENGINE": str(engine.socket)},
        stdout=subprocess.PIPE,
        text=True,
    )
    with process:
        assert process.stdout is not None
        assert process.stdout.readline() == "up\n"
        process.send_signal(signal.SIGTERM)
        assert process.wait(10) == 5
    assert [path for path in tmp_path.iterdir() if path.name.startswith("hoopterm-")] == []


def test_with_json_the_settings_are_printed(engine: StubEngine, hoopterm: Command) -> None:
    engine.answers["POST", "/connect"] = ACCESS
    done = hoopterm("connect", "shop", "--ttl", "10m", "--json")
    assert done.json["token"] == ACCESS.token
    assert engine.asked[0][3] == {"target": "shop", "ttl": 600.0}


def test_without_psql_the_settings_are_printed(
    engine: StubEngine, hoopterm: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine.answers["POST", "/connect"] = ACCESS
    monkeypatch.setattr(shutil, "which", lambda _: None)
    assert f"PGPASSWORD={ACCESS.token}\n" in hoopterm("connect", "shop").out


@pytest.mark.parametrize(("tls", "ca", "mode"), [("off", None, "disable"), ("auto", None, "require")])
def test_tls_is_as_strict_as_the_listener_allows(
    tls: str, ca: str | None, mode: str, capfd: pytest.CaptureFixture[str]
) -> None:
    access = ConnectView("postgres", "h", 1, "bob", "shop", "t", tls, ca)
    run([sys.executable, "-c", "import os; print(os.environ['PGSSLMODE'])"], access, os.environ)
    assert capfd.readouterr().out == f"{mode}\n"
