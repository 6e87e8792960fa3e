"""`hoopterm audit verify`: what the files show, in words and as an exit status."""

from __future__ import annotations

from pathlib import Path

from hoopterm.address import CONFIG_NAME
from hoopterm.cli.options import ask
from hoopterm.cli.output import badge, console, emit, facts, note, say, say_whole, styled
from hoopterm.cli.service import state_of
from hoopterm.console.phrases import count, plural
from hoopterm.errors import EngineUnreachable, Misused, Refused
from replay.note import NoteError
from replay.report import Report
from replay.verify import verify as verify_files

_MOST_LISTED = 20


def verify(directory: Path | None, key: str | None, checkpoint: Path | None, *, strict: bool, as_json: bool) -> int:
    """Verify, say what was found, and return the exit status: 0 where it holds, as strictly as was asked."""
    where = directory or _state_at_hand()
    try:
        with console(stderr=True).status(f"verifying {where}"):
            report = verify_files(where, _key(key), checkpoint)
    except NoteError as error:
        raise Misused(f"the key or checkpoint does not read: {error}") from error
    except FileNotFoundError as error:
        raise Misused(str(error), "name the state directory, or a copy of it") from error
    except OSError as error:
        raise Refused(
            "unreadable", f"the record cannot be read: {error}", "read it as the engine's user or root"
        ) from error
    if as_json:
        emit(report)
    else:
        _draw(report)
    return 0 if report.ok and (report.verdict == "anchored" or not strict) else 1


def _state_at_hand() -> Path:
    config = Path(CONFIG_NAME)
    if config.is_file():
        return state_of(config)
    try:
        return Path(ask(None, lambda client: client.status()).state)
    except EngineUnreachable as unreachable:
        raise Misused("no record was named", "name the state directory: hoopterm audit verify DIR") from unreachable


def _key(key: str | None) -> str | None:
    """A key given as such, or in a file."""
    if key is None:
        return None
    if not Path(key).is_file():
        if "+" not in key:
            raise Misused(f"--key is neither a file nor a key: {key}", "hoopterm audit key prints the key to keep")
        return key
    return Path(key).read_text(encoding="utf-8").strip()


def _draw(report: Report) -> None:
    for problem in report.problems[:_MOST_LISTED]:
        say_whole(styled("✗ ", "red"), str(problem))
    more = len(report.problems) - _MOST_LISTED + report.problems_not_listed
    if more > 0:
        say(styled(f"  … {plural(more, 'more problem')}: --json lists them", "dim"))
    if report.verdict == "broken":
        say(badge("failed"), "  broken: the record was altered, or is damaged")
    elif report.verdict == "anchored":
        say(styled("✓ anchored", "green"), f"  {_anchor(report)}")
    else:
        say(
            styled("▲ self-asserted", "yellow"),
            "  consistent in itself; only its own key says that nobody wrote it anew",
        )
        note(
            styled(
                "  verify with --key or --checkpoint kept elsewhere: hoopterm audit key, hoopterm audit checkpoint",
                "dim",
            )
        )
    facts(
        [
            ("log", f"{report.origin} · {plural(report.size, 'entry', 'entries')} signed"),
            ("unsigned", plural(report.unsigned_tail, "entry", "entries") if report.unsigned_tail else ""),
            ("recordings", f"{count(report.recordings)} checked"),
            ("unsealed", ", ".join(f"{name} ({size:,} bytes)" for name, size in sorted(report.unsealed.items()))),
            ("torn", report.torn_tail),
        ]
    )
    for operation in report.in_flight[:_MOST_LISTED]:
        say_whole(styled("▲ ", "yellow"), f"{operation.operation} was intended and not completed: it may have run")
    for gap in report.gaps[:_MOST_LISTED]:
        say_whole(styled("▲ ", "yellow"), f"entry {gap.entry}: a gap the engine noted{_of(gap.session)}: {gap.why}")


def _anchor(report: Report) -> str:
    if report.anchored_to == report.size:
        return f"all {plural(report.size, 'entry', 'entries')} are vouched for from elsewhere"
    return f"the first {count(report.anchored_to)} of {count(report.size)} entries are vouched for from elsewhere"


def _of(session: str) -> str:
    return f" in {session}" if session else ""
