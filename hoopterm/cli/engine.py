"""`hoopterm engine`: run the gateway."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import msgspec
import typer
from rich.text import Text

from engine.api.schema import SpaceView, StatusView
from hoopterm.address import CONFIG_NAME
from hoopterm.cli import service
from hoopterm.cli.options import Engine, Json, ask
from hoopterm.cli.output import Column, badge, draw, emit, facts, note, now, say, styled
from hoopterm.cli.times import parse_duration, relative
from hoopterm.cli.unit import unit as systemd_unit
from hoopterm.console.phrases import count, plural, room
from hoopterm.errors import Misused, Refused

if TYPE_CHECKING:
    from engine.gateway import Gateway

app = typer.Typer(
    help="Run the gateway.",
    no_args_is_help=True,
    rich_markup_mode=None,
    add_completion=False,
    epilog="Example: hoopterm engine start --config hoopterm.yaml && hoopterm engine status",
)

_NO_CREDENTIAL = "target {target} has no credential: {variable} is not in the environment; its sessions are refused"

Config = Annotated[Path, typer.Option("--config", "-c", help="The configuration: a file, or a directory of them.")]
Patience = Annotated[str, typer.Option("--wait", help="How long to wait: 30s, 2m.")]


@app.command()
def run(config: Config = Path(CONFIG_NAME)) -> None:
    """Run the gateway in the foreground; prints one line of JSON when it serves.

    SIGTERM drains: live sessions finish what they do, then it ends. SIGHUP reads the configuration again; a file that
    does not hold changes nothing.
    """
    try:
        import uvloop

        from engine.config.loading import load
        from engine.errors import HooptermError
        from engine.gateway import Gateway
        from engine.logs import configure
    except ModuleNotFoundError as missing:
        raise Refused(
            "not_installed",
            f"the engine's libraries are not installed here: {missing.name} is missing",
            "pip install 'hoopterm[engine]'",
        ) from missing

    async def serve() -> None:
        await Gateway(load(config), console=service.CONSOLES).serve(_announce)

    os.umask(0o077)
    configure()
    try:
        uvloop.run(serve())
    except HooptermError as error:
        raise Refused(error.code, str(error), error.hint) from None


@app.command()
def start(config: Config = Path(CONFIG_NAME), wait: Patience = "30s", as_json: Json = False) -> None:
    """Run the gateway in the background, and return when it serves. Its output goes to engine.log in its state."""
    if not config.exists():
        raise Misused(f"there is no configuration at {config}", "name it with --config")
    ready = service.start(config, parse_duration(wait))
    if as_json:
        emit(ready)
        return
    say(badge("running"), f"  pid {ready['pid']} · control socket {ready['control']}")
    for protocol, at in ready["listeners"].items():
        say(f"  {protocol} on {at['host']}:{at['port']}")
    for warning in ready["warnings"]:
        note(styled("▲ ", "yellow"), warning)
    say(styled(f"  its log is {ready['log']}", "dim"))


@app.command()
def stop(engine: Engine = None, wait: Patience = "60s", as_json: Json = False) -> None:
    """Drain the gateway, and return when it has ended."""
    status = ask(engine, lambda client: client.status())
    service.stop(status.pid, lambda: ask(engine, lambda client: client.stop()), parse_duration(wait))
    if as_json:
        emit({"pid": status.pid, "state": "stopped"})
    else:
        say(badge("closed"), f"  the engine (pid {status.pid}) has stopped")


@app.command()
def status(engine: Engine = None, as_json: Json = False) -> None:
    """Show how the gateway is: listeners, targets, sessions, what waits, and how far the record reaches."""
    found = ask(engine, lambda client: client.status())
    if as_json:
        emit(found)
    else:
        _draw(found)


@app.command()
def unit(
    config: Annotated[Path, typer.Option("--config", "-c", help="Where the configuration will be.")] = Path(
        "/etc/hoopterm/hoopterm.yaml"
    ),
    user: Annotated[str, typer.Option("--user", help="Who it runs as.")] = "hoopterm",
) -> None:
    """Print a hardened systemd unit.

    \b
    hoopterm engine unit | sudo tee /etc/systemd/system/hoopterm.service
    """
    program = shutil.which("hoopterm") or f"{sys.executable} -m hoopterm"
    print(systemd_unit(program, config, user), end="")


async def _announce(gateway: Gateway) -> None:
    """Take signals, and say that the gateway serves."""
    await gateway.policy_files.keep("the engine's start")
    for target in gateway.revision.targets.values():
        credential = gateway.revision.credentials[target.name]
        for reference in (credential.password, credential.private_key):
            if reference is not None and reference.env is not None and reference.env not in os.environ:
                print(_NO_CREDENTIAL.format(target=target.name, variable=reference.env), file=sys.stderr, flush=True)
    service.on_signals(gateway.stop, lambda: gateway.tasks.create_task(_read_again(gateway)))
    service.tell_ready()
    listeners = {at.protocol: {"host": at.host, "port": at.port} for at in gateway.listeners.listening}
    ready = {"event": "ready", "pid": os.getpid(), "control": str(gateway.socket_path), "listeners": listeners}
    print(msgspec.json.encode(ready).decode(), flush=True)


async def _read_again(gateway: Gateway) -> None:
    from engine.errors import HooptermError

    try:
        await gateway.policy_files.reload("SIGHUP")
    except HooptermError as error:
        print(f"the configuration was not taken over: {error}", file=sys.stderr, flush=True)


def _room(space: SpaceView) -> Text:
    told = f"  {room(space.free, space.total, space.rate, space.days_left)} · {space.path}"
    refusing = " · operations are refused" if space.level == "full" else ""
    return Text.assemble(badge(space.level), told, refusing)


def _draw(status: StatusView) -> None:
    moment = now()
    troubles = sorted(status.troubles.items())
    state = badge("draining" if status.draining else "running")
    say(state, f"  hoopterm {status.version} · pid {status.pid} · since {relative(status.started, moment)}")
    facts(
        [
            ("you", " · ".join([status.you, *status.permissions])),
            ("waiting", plural(status.pending_reviews, "review")),
            ("sessions", count(status.sessions)),
            (
                "work",
                f"{plural(status.operations, 'operation')} · {count(status.denied)} denied · "
                f"{plural(status.masked, 'value')} masked",
            ),
            ("record", f"{plural(status.log_size, 'entry', 'entries')} · signed {relative(status.checkpoint, moment)}"),
            *(("room", _room(space)) for space in status.space),
            *(("trouble", Text.assemble(styled("✗ ", "red"), f"{what}: {why}")) for what, why in troubles),
            ("policy", " · ".join([status.policy[:12], *status.policy_files])),
            ("state", status.state),
            *(
                ("listens", f"{it.protocol} on {it.host}:{it.port}{f' · tls {it.tls}' if it.tls else ''}")
                for it in status.listeners
            ),
        ]
    )
    print()
    draw(
        [
            Column("TARGET"),
            Column("PROTOCOL"),
            Column("ADDRESS", gives=True),
            Column("MODE"),
            Column("CREDENTIAL"),
            Column("LABELS", gives=True),
            Column("SESSIONS", right=True),
        ],
        (
            (
                target.name,
                target.protocol,
                "/".join(filter(None, [target.address, target.database])),
                f"{target.mode}, locked" if target.locked else target.mode,
                target.credential,
                " ".join(f"{name}={value}" for name, value in sorted(target.labels.items())),
                count(target.sessions),
            )
            for target in status.targets
        ),
        empty="no targets",
    )
