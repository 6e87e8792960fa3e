"""What to do next where nothing is yet: no engine, or an engine that nobody has connected to."""

from __future__ import annotations

from collections.abc import Iterator

from engine.api.schema import StatusView
from hoopterm.address import NO_ENGINE
from hoopterm.console.actions import Scope, find
from hoopterm.console.lines import BLANK, Line, line
from hoopterm.console.store import Store
from hoopterm.console.text import clean

_EVERYWHERE = ("0.0.0.0", "::", "")


def is_missing(cause: str) -> bool:
    """Whether the engine was not found at all, rather than being away."""
    return cause.startswith(NO_ENGINE)


def no_engine(cause: str) -> list[Line]:
    """That there is no engine here, and how to have one."""
    places = cause.partition("looked for ")[2]
    return [
        BLANK,
        line("  ", ("No engine runs here", "strong")),
        line("  ", (f"looked for {clean(places, 400)}" if places else clean(cause, 400), "dim")),
        BLANK,
        *_step("hoopterm demo", "a shop, an agent that tries its luck, and this console; a minute"),
        *_step("hoopterm engine start --config hoopterm.yaml", "your own; the README has a first configuration"),
        *_step("hoopterm --engine ssh://you@host console", "one on another host, through its OpenSSH"),
        BLANK,
        line("  ", (find(Scope.APP, "retry").shown, "key"), (" looks again", "dim")),
    ]


def first_steps(store: Store) -> list[Line]:
    """How an agent gets in, while no session ever was; nothing once there was one."""
    if store.status is None or store.sessions:
        return []
    steps = list(_ways_in(store.status))
    return [BLANK, line("  ", ("An agent's way in", "strong")), *steps] if steps else []


def _ways_in(status: StatusView) -> Iterator[Line]:
    ports = {found.protocol: found for found in reversed(status.listeners)}
    targets = {found.protocol: clean(found.name, 40) for found in reversed(status.targets)}
    if not ports.keys() & targets.keys():
        return
    yield from _step("hoopterm token create AGENT --ttl 1h", "lets it in; the token is the password")
    for protocol in sorted(ports.keys() & targets.keys()):
        listener, target = ports[protocol], targets[protocol]
        host = "HOST" if listener.host in _EVERYWHERE else clean(listener.host, 60)
        if protocol == "postgres":
            yield from _step(f'psql "host={host} port={listener.port} user=AGENT dbname={target}"', "a database")
        elif protocol == "ssh":
            yield from _step(f"ssh -p {listener.port} {target}@{host} uptime", "a host; by key, or by the token")


def _step(command: str, does: str) -> Iterator[Line]:
    yield line("  ", (command, "key"))
    yield line("      ", (does, "dim"))
