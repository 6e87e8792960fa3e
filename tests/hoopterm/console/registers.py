"""Who is let in where, for the console's tests: targets, agents, tokens and locks of an engine in memory."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import msgspec

from engine.api.schema import AgentView, LockView, TargetDetailView, TokenView
from hoopterm.errors import Refused

_NOW = datetime(2026, 11, 22, 21, 41, 7, tzinfo=UTC)
HOST_KEY = "SHA256:mVPwvezndPv/ARoIadVY98vAC0g+P/5633yTC4d/wXE"
_DAY = 86_400.0


def at(seconds: float) -> str:
    """An API time some seconds after the scenes' fixed now."""
    return (_NOW + timedelta(seconds=seconds)).isoformat().replace("+00:00", "Z")


def targets() -> list[TargetDetailView]:
    """One of each state."""
    return [
        TargetDetailView(
            "shop",
            "postgres",
            "10.4.1.7:5432",
            "shop",
            "enforce",
            {"env": "prod", "team": "sales"},
            "file",
            2,
            tls="verify",
            login="app",
            answered=at(-40),
        ),
        TargetDetailView(
            "warehouse",
            "postgres",
            "10.4.1.9:5432",
            "dwh",
            "observe",
            {"env": "prod"},
            "env",
            failing=True,
            tls="require",
            login="etl",
            answered=at(-7000),
            failed=at(-30),
            trouble="the target does not take the password (28P01)",
        ),
        TargetDetailView(
            "web1",
            "ssh",
            "10.4.2.1:22",
            None,
            "enforce",
            {"env": "prod"},
            "certificate",
            locked=True,
            host_keys=[HOST_KEY],
            login="deploy",
            answered=at(-3900),
        ),
        TargetDetailView("web2", "ssh", "10.4.2.2:22", None, "enforce", {}, "key", needs_host_key=True, login="deploy"),
    ]


def agents() -> list[AgentView]:
    """One of each state."""
    return [
        AgentView("report-bot", "carol", "nightly reports", ["agents"], at(200 * _DAY), [], 1, 1),
        AgentView("etl-bot", "erin", "import of supplier prices", ["agents", "etl"], at(5 * _DAY), ["oidc"], 2, 1),
        AgentView(
            "scrape-bot", "erin", "competitors' prices", ["agents"], None, ["ssh"], locked="scrape-bot is locked"
        ),
        AgentView("old-bot", "dan", None, [], at(-3 * _DAY)),
    ]


def tokens() -> list[TokenView]:
    """Live, about to end, over, revoked."""
    return [
        TokenView("k3vq7x2m", "report-bot", "carol", at(-3000), at(40_000), None, at(-250)),
        TokenView("p9d2w4ha", "etl-bot", "erin", at(-40_000), at(1500), None, at(-3900)),
        TokenView("b7c5n1ze", "etl-bot", "erin", at(-9000), at(30_000)),
        TokenView("a1f8t6ry", "report-bot", "carol", at(-2 * _DAY), at(-_DAY), None, at(-90_000)),
        TokenView("m4j0s8uk", "scrape-bot", "erin", at(-_DAY), at(_DAY), at(-3100), at(-3200)),
    ]


def locks() -> list[LockView]:
    """One on a target, one on an agent."""
    return [
        LockView("target", "web1", "dan", "disk is being replaced, OPS-120", at(-5400)),
        LockView("identity", "scrape-bot", "erin", "INC-7: runaway", at(-3100)),
    ]


class Registers:
    """The client's methods over plain lists; `forbidden` are those that this person may not see."""

    def __init__(self) -> None:
        super().__init__()
        self.calls: list[tuple[str, ...]] = []
        self.reached = targets()
        self.known = agents()
        self.minted = tokens()
        self.locked = locks()
        self.forbidden: dict[str, str] = {}
        self.broken: Refused | None = None  # of who would see any of it
        self.verdict: Refused | None = None  # of who would lock, unlock or revoke

    def _answer(self) -> None:
        """Raises what every call has to raise."""

    def _shown(self, what: str) -> None:
        self._answer()
        if self.broken is not None:
            raise self.broken
        if what in self.forbidden:
            raise Refused("forbidden", self.forbidden[what])

    def _judge(self) -> None:
        self._answer()
        if self.verdict is not None:
            raise self.verdict

    async def targets(self) -> list[TargetDetailView]:
        """Every target."""
        self._shown("targets")
        return list(self.reached)

    async def agents(self) -> list[AgentView]:
        """Every agent."""
        self._shown("agents")
        return list(self.known)

    async def tokens(self) -> list[TokenView]:
        """Every token."""
        self._shown("tokens")
        return list(self.minted)

    async def locks(self) -> list[LockView]:
        """What is locked."""
        self._shown("locks")
        return list(self.locked)

    async def lock(self, *, reason: str, identity: str | None = None, target: str | None = None) -> LockView:
        """Lock as bob."""
        self._judge()
        kind, name = ("target", target) if target else ("identity", identity)
        self.calls.append(("lock", str(name), reason))
        self.locked.append(LockView(kind, str(name), "bob", reason, at(0), ended=1))
        self.reached = [
            msgspec.structs.replace(each, locked=each.locked or each.name == target) for each in self.reached
        ]
        return self.locked[-1]

    async def unlock(self, *, reason: str, identity: str | None = None, target: str | None = None) -> LockView:
        """Unlock as bob."""
        self._judge()
        name = target or identity
        self.calls.append(("unlock", str(name), reason))
        found = next(lock for lock in self.locked if lock.name == name)
        self.locked.remove(found)
        return found

    async def revoke_token(self, token: str) -> None:
        """Revoke as bob."""
        self._judge()
        self.calls.append(("revoke", token))
        self.minted = [
            msgspec.structs.replace(each, revoked=at(0)) if each.id == token else each for each in self.minted
        ]
