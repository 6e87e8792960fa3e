"""`hoopterm connect`: reach a target as yourself, with a token that lives as long as the command needs it.

The token goes to the child in a password file that only its owner can read and that is gone when the child ends: an
environment is inherited by everything the child starts, and arguments are everybody's to see.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated

import typer

from engine.api.schema import ConnectView
from hoopterm.cli import sshclient
from hoopterm.cli.options import Engine, Json, ask, complete_targets
from hoopterm.cli.output import emit, note
from hoopterm.cli.times import parse_duration
from hoopterm.errors import Refused

app = typer.Typer(rich_markup_mode=None, add_completion=False)

_PASSED_ON = (signal.SIGTERM, signal.SIGHUP)
_STRONGER = ("PGPASSWORD", "PGHOSTADDR", "PGSERVICE")
"""What libpq heeds before the settings given here: with an agent's token in it, nobody would come as themselves."""


@app.command(
    epilog="Examples: hoopterm connect shop; hoopterm connect shop -- pg_dump -t orders; hoopterm connect web1; "
    "hoopterm connect web1 -- scp web1:/etc/motd ."
)
def connect(
    target: Annotated[
        str,
        typer.Argument(
            metavar="TARGET",
            help="The target, or TARGET/DATABASE for another database of it.",
            autocompletion=complete_targets,
        ),
    ],
    command: Annotated[
        list[str] | None,
        typer.Argument(metavar="[-- CMD...]", help="What to run (default: psql or ssh)."),
    ] = None,
    ttl: Annotated[str, typer.Option("--ttl", help="How long its token lets in: 15m, 1h30m.")] = "1h",
    engine: Engine = None,
    as_json: Json = False,
) -> None:
    """Run a client against a target as yourself, everything set for it: address, name, a fresh token, what to trust.

    Without a command psql or ssh runs; where there is no psql, the settings are printed. With --json they are printed,
    always. For a host the command is ssh, scp, sftp, rsync or git, and the target's name its host name.
    """
    seconds = parse_duration(ttl)
    access = ask(engine, lambda client: client.connect(target, seconds))
    if as_json:
        emit(access)
        return
    if not access.known_hosts and not command:
        if shutil.which("psql") is None:
            _print_settings(access)
            return
        command = ["psql"]
    raise typer.Exit(run(command or [], access, os.environ))


def run(command: Sequence[str], access: ConnectView, environ: Mapping[str, str]) -> int:
    """Run one client with its settings in place; its exit status, 128 + N where a signal ended it."""
    runtime = environ.get("XDG_RUNTIME_DIR")  # in memory, gone at log-out
    with tempfile.TemporaryDirectory(
        prefix="hoopterm-", dir=runtime if runtime and os.path.isdir(runtime) else None
    ) as name:
        directory = Path(name)
        words = list(command)
        if access.known_hosts:
            words, settings = sshclient.prepare(access, words, directory)
        else:
            settings = _settings(access, directory)
        try:
            child = subprocess.Popen(words, env={**_without(environ, _STRONGER), **settings})
        except FileNotFoundError:
            raise Refused("not_found", f"{words[0]} is not installed here") from None
        except PermissionError as error:
            raise Refused("not_executable", f"{words[0]} cannot be run: {error.strerror}") from None
        return _wait(child)


def _without(environ: Mapping[str, str], names: Sequence[str]) -> dict[str, str]:
    return {name: value for name, value in environ.items() if name not in names}


def _wait(child: subprocess.Popen[bytes]) -> int:
    """Wait for the child; the keyboard's signals are its own business, others are passed on."""
    before = {signal.SIGINT: signal.signal(signal.SIGINT, signal.SIG_IGN)}
    for number in _PASSED_ON:
        before[number] = signal.signal(number, lambda received, _frame: child.send_signal(received))
    try:
        status = child.wait()
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    return status if status >= 0 else 128 - status


def _settings(access: ConnectView, directory: Path) -> dict[str, str]:
    password_file = directory / "pgpass"
    sshclient.write(password_file, f"*:*:*:{_escaped(access.user)}:{_escaped(access.token)}\n")
    settings = {**_plain_settings(access), "PGPASSFILE": str(password_file)}
    if access.ca is not None:
        certificate = directory / "ca.pem"
        sshclient.write(certificate, access.ca)
        settings["PGSSLROOTCERT"] = str(certificate)
    return settings


def _plain_settings(access: ConnectView) -> dict[str, str]:
    return {
        "PGHOST": access.host,
        "PGPORT": str(access.port),
        "PGUSER": access.user,
        "PGDATABASE": access.target,
        "PGSSLMODE": _ssl_mode(access),
    }


def _ssl_mode(access: ConnectView) -> str:
    if access.tls == "off":
        return "disable"
    return "verify-full" if access.ca is not None else "require"


def _print_settings(access: ConnectView) -> None:
    for name, value in {**_plain_settings(access), "PGPASSWORD": access.token}.items():
        print(f"{name}={value}")
    note("psql is not installed here; the token is shown this once")


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace(":", "\\:")
