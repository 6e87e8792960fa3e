"""What an overview has to show: a busy engine, and what its record tells."""

from __future__ import annotations

from engine.api.schema import ChangeView, ListenerView, PaceView, SpaceView, StatusView, TargetView
from tests.hoopterm.console.scenes import stamp, status


def recent() -> list[ChangeView]:
    """What the record tells an auditor: newest first."""

    def told(sequence: int, ago: float, event: str, who: str | None, where: str | None, **said: object) -> ChangeView:
        count, session = said.pop("count", 1), said.pop("session", None)
        assert isinstance(count, int)
        at = str(session) if session else None
        return ChangeView(sequence, stamp(-ago), event, who, where, at, count, said)

    return [
        told(
            48_102,
            190,
            "operation.denied",
            "report-bot",
            "shop",
            session="se_7f3a",
            count=3,
            verb="DROP",
            rule="no-ddl",
        ),
        told(47_800, 2900, "policy.applied", None, None, author="carol", changes=["rule no-ddl added"]),
        told(47_233, 3100, "identity.locked", "scrape-bot", None, by="erin", reason="INC-7: runaway"),
        told(46_012, 9000, "review.expired", "etl-bot", "shop", session="se_81c0", rule="deletes-need-a-human"),
    ]


def busy() -> StatusView:
    """An engine with a past hour, an auditor's eyes, a target that fails and one that is locked."""
    wave = [max(0, 40 + (step * 37) % 60 - (step % 7) * 9) for step in range(120)]
    return status(
        permissions=["approver", "auditor", "operator"],
        listeners=[ListenerView("postgres", "10.4.0.2", 5432, "auto"), ListenerView("ssh", "10.4.0.2", 2222)],
        targets=[
            TargetView("shop", "postgres", "10.4.1.7:5432", "shop", "enforce", {"env": "prod"}, "file", 2),
            TargetView("warehouse", "postgres", "10.4.1.9:5432", "dwh", "observe", {}, "env", failing=True),
            TargetView("web1", "ssh", "10.4.2.1:22", None, "enforce", {}, "certificate", locked=True),
        ],
        locks=2,
        space=[SpaceView("/var/lib/hoopterm", "ample", 212_000_000_000, 1_800_000_000_000, 1, 1, 5e9, 41.2)],
        pace=PaceView(
            30.0,
            12.0,
            wave,
            [1 if step in (31, 88, 113) else 0 for step in range(120)],
            [value // 3 for value in wave],
        ),
    )
