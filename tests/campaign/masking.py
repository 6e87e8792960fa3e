"""Attempts to be shown a protected value, judged by all that the client hears.

Each is made straight on the server too, which tells whether there was anything to hide: an attempt that *tells* shows a
canary there, or answers otherwise in another world. Through the engine none may show a canary, and where inference is
refused no two worlds may differ in anything.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial

from engine.protocols.postgres.answers import DataRow, RowDescription
from hoopterm.demo.postgres import EmbeddedPostgres
from tests.campaign import worlds
from tests.campaign.arena import Arena, arenas
from tests.campaign.canaries import Canaries
from tests.campaign.scripts import Script, Scripts
from tests.campaign.wire import Heard, Step, bytes_of, columns_of, comparable, errors_of, is_denial
from tests.campaign.worlds import PROTECTED, World

_COLUMNS = ", ".join(f"'{name}'" for name in PROTECTED)
_POLICY = f"""
rules:
  - name: work
    decide: allow
    who: {{groups: [agents]}}
    what: {{effects: [read, write, delete, schema, session, execute, network]}}
masking:
  - {{name: strict, where: {{targets: [strict]}}, columns: [{_COLUMNS}], with: redact}}
  - {{name: blank, where: {{targets: [blank]}}, columns: [{_COLUMNS}], with: nullify}}
  - {{name: lenient, where: {{targets: [lenient]}}, columns: [{_COLUMNS}], with: redact, inference: allow}}
"""
_PASSWORD = "upstream-secret-5c1d"
_MODES = ("strict", "strict", "blank", "blank", "lenient")


@dataclass
class Tally:
    """What became of the attempts."""

    counts: Counter[str] = field(default_factory=Counter)
    leaks: list[str] = field(default_factory=list)


class Campaign:
    """One run over one server."""

    def __init__(self, arena: Arena, pairs: Mapping[str, Sequence[World]]) -> None:
        self._arena = arena
        self._pairs = pairs
        self._canaries = Canaries({canary for world in _all_of(pairs) if world.is_likely for canary in world.canaries})
        self.tally = Tally()

    def attempt(self, script: Script, mode: str, label: str) -> None:
        """Make one attempt everywhere and judge it."""
        answers = [self._run(mode, world.name, script) for world in self._pairs[mode]]
        bare = [self._run("", world.name, script) for world in self._pairs[mode]]
        self._rewind(script, mode)
        counts = self.tally.counts
        counts["attempts"] += 1
        tells = _differ(bare) or self._canaries.found(_all(bare[0])) is not None
        counts["telling"] += tells
        outcome = self._outcome(answers[0], bare[0])
        counts[outcome] += 1
        if tells and outcome != "refused":
            counts["telling_and_ran"] += 1
        self._look_beside(answers[0], bare[0])
        problem = next((found for heard in answers if (found := self._canaries.found(_all(heard)))), None)
        if problem is None and not script.varies and _differ(answers, sizes=mode == "strict"):
            problem = f"the worlds differ: {_difference(answers)}"
        if problem is not None:
            self.tally.leaks.append(f"[{label} {mode}] {problem}\n    " + "\n    ".join(_shown(script)))

    def look_at_the_record(self) -> None:
        """Nothing that the engine wrote may hold a canary."""
        whole = Canaries(
            (canary for world in _all_of(self._pairs) for canary in world.canaries if world.is_likely), gram=10
        )
        if (found := whole.found(self._arena.engine.everything_written())) is not None:
            self.tally.leaks.append(f"[record] {found}")

    def _run(self, mode: str, database: str, script: Script) -> Heard:
        wire = self._arena.wire(mode, database) if mode else self._arena.direct(database)
        try:
            for step in script.steps:
                wire.run(step)
        except (EOFError, ConnectionError, TimeoutError) as error:
            wire.heard.append(("!", repr(type(error)).encode()))
        heard = wire.take()
        if len(script.steps) > 1 or heard[-1] != ("Z", b"Z\0\0\0\5I"):
            self._arena.forget(mode, database)
        return heard

    def _rewind(self, script: Script, mode: str) -> None:
        """A sequence keeps what was done to it, whatever is rolled back: the next attempt finds it as this one did."""
        if any("counter" in step.sql for step in script.steps):
            for world in self._pairs[mode]:
                wire = self._arena.direct(world.name)
                wire.run(Step("alter sequence counter increment 1 restart"))
                wire.take()

    def _outcome(self, heard: Heard, bare: Heard) -> str:
        errors = errors_of(heard)
        if any(is_denial(fields) for fields in errors):
            return "refused"
        if any(kind == "!" for kind, _ in heard):
            return "hung_up"
        if errors:
            return "failed"
        return "passed" if [m for m in heard if m[0] in "Dd"] == [m for m in bare if m[0] in "Dd"] else "masked"

    def _look_beside(self, heard: Heard, bare: Heard) -> None:
        """Whether what nothing protects is still shown: the columns called k0 and name."""
        shown, wanted = _beside(heard), _beside(bare)
        if shown and wanted:
            self.tally.counts["beside"] += 1
            self.tally.counts["beside_shown"] += shown == wanted


def _all(heard: Heard) -> bytes:
    return bytes_of(heard) + b"\xff\xff" + columns_of(heard)


def _differ(answers: Sequence[Heard], *, sizes: bool = True) -> bool:
    first, *others = (comparable(heard, sizes=sizes) for heard in answers)
    return any(other != first for other in others)


def _difference(answers: Sequence[Heard]) -> str:
    for each in zip(*map(comparable, answers), strict=False):
        if len(set(each)) > 1:
            return " and ".join(map(repr, each))[:600]
    return "in their number of messages"


def _all_of(pairs: Mapping[str, Sequence[World]]) -> list[World]:
    return [world for pair in pairs.values() for world in pair]


def _beside(heard: Heard) -> list[bytes | None]:
    place = -1
    cells: list[bytes | None] = []
    for kind, data in heard:
        if kind == "T":
            names = [column.name for column in RowDescription.decode(data).fields]
            place = next((names.index(name) for name in ("k0", "name") if name in names), -1)
        elif kind == "D" and place >= 0:
            cells += DataRow.decode(data).values[place : place + 1]
    return cells


def _shown(script: Script) -> list[str]:
    return [f"{step.how} {step.formats or ''} {step.describe} {step.sql}" for step in script.steps]


@contextmanager
def opened(server: EmbeddedPostgres, seed: int, *, is_old: bool = False) -> Iterator[Campaign]:
    """Worlds and an engine on a running server."""
    likely = partial(worlds.likely, seed=seed)
    pairs = {
        "strict": [likely("here"), likely("there")],
        "blank": [likely("plain"), worlds.odd("odd", seed)],
        "lenient": [likely("lent")],
    }
    worlds.make(server, _all_of(pairs), is_old=is_old)
    with arenas(server, list(pairs), "here", _POLICY) as arena:
        yield Campaign(arena, pairs)


def attack(server: EmbeddedPostgres, numbers: Iterable[int], seed: int, *, is_old: bool = False) -> Tally:
    """The attempts of these numbers; each is the same whatever came before it."""
    with opened(server, seed, is_old=is_old) as running:
        for number in numbers:
            rng = random.Random(f"masking {seed} {number}")
            script = Scripts(rng, is_old=is_old).draw()
            running.attempt(script, rng.choice(_MODES), f"{'old ' if is_old else ''}{seed}/{number}")
        running.look_at_the_record()
        return running.tally


def run(count: int, seed: int) -> dict[str, object]:
    """Three quarters of the attempts on PostgreSQL 18, the others on Debian's server, which has XML and extensions."""
    counts: Counter[str] = Counter()
    leaks: list[str] = []
    for kind, share in ((EmbeddedPostgres, count - count // 4), (worlds.DebianServer, count // 4)):
        with kind(password=_PASSWORD, settings={"autovacuum": "off"}) as server:
            tally = attack(server, range(share), seed, is_old=kind is worlds.DebianServer)
        counts += tally.counts
        leaks += tally.leaks
    print(*leaks, sep="\n", flush=True)
    return {"seed": seed, **dict(sorted(counts.items())), "failures": [leak.partition("\n")[0] for leak in leaks]}
