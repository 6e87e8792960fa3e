"""The policy that is being written: its files, its problems, and what it would change."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from engine.api.schema import DiffView, RevisionView, StatusView
from hoopterm.console import phrases
from hoopterm.console.diagnostics import Diagnostic
from hoopterm.console.lines import BLANK, Line, Span, ends, joined, labelled, line, shorten
from hoopterm.console.text import clean
from hoopterm.console.views import chrome, difference
from hoopterm.console.workbench import Workbench

_MOST_SAID = 6  # lines of each kind in the question


@dataclass(slots=True)
class Verdict:
    """What an engine said of the text as it is; `cause` is why nothing is known of it."""

    is_known: bool = False
    is_awaited: bool = False
    holds: bool = False
    found: Sequence[Diagnostic] = field(default_factory=tuple)
    revision: str = ""
    cause: str = ""


def tabs(bench: Workbench, current: str, is_typing: bool, cells: int) -> Line:
    """The files, the current one first in sight, and what is being done with them."""
    changed = bench.changed()
    out: list[Span] = [Span(" ")]
    for name in bench.files:
        here = name == current
        out += [Span(clean(name, 60), "strong" if here else "dim"), Span(" ●" if name in changed else "", "amber")]
        out.append(Span("   "))
    right: Line = line(("as in force ", "dim"))
    if is_typing:
        right = line((" typing ", "call"), " ")
    elif bench.is_overtaken:
        right = line(("▲ another revision is in force ", "waiting"))
    elif changed:
        added, removed = bench.counts()
        right = line(("draft ", "amber"), (f"+{added}", "running"), " ", (f"−{removed} ", "red"))
    return ends(tuple(out), right, cells)


def summary(verdict: Verdict, cells: int) -> Line:
    """What the engine thinks of the text, in a line."""
    errors = sum(not each.is_warning for each in verdict.found)
    warnings = len(verdict.found) - errors
    if verdict.cause:
        said = line(("◌ not checked: ", "dim"), (clean(verdict.cause, 300), "dim"))
    elif verdict.is_awaited or not verdict.is_known:
        said = line(("◌ checking", "dim"))
    elif errors:
        said = line((f"✗ {phrases.plural(errors, 'problem')}", "danger"))
    else:
        said = line(("✓ holds", "running"), (f"  revision {clean(verdict.revision)[:12]}", "dim"))
    if warnings and not verdict.cause:
        said = joined([said, line((f"▲ {phrases.plural(warnings, 'warning')}", "amber"))])
    lead = line(("── ", "faint"))
    said = shorten((*lead, *said, Span(" ")), cells)
    used = sum(len(span.text) for span in said)
    return (*said, Span("─" * max(cells - used, 0), "faint"))


def file(bench: Workbench, name: str) -> Mapping[str, Line]:
    """A row of the list of files."""
    return {"name": (Span(clean(name, 60)),), "mark": (Span("●" if name in bench.changed() else "", "amber"),)}


def nothing(has_engine: bool, cause: str, place: str) -> list[Line]:
    """Why there is no policy to be seen."""
    if not has_engine:
        return chrome.empty("Only a file is open", "start the console with an engine to see its policy", "q", "quit")
    if cause:
        return chrome.broken("The policy cannot be read", cause)
    return chrome.loading("asking the engine for its policy", place)


def problem(found: Diagnostic, has_files: bool) -> Mapping[str, Line]:
    """A row of the list of problems."""
    role = "amber" if found.is_warning else "red"
    file = (Span(f"{clean(found.file, 40)}  ", "dim"),) if has_files else BLANK
    return {
        "place": (Span(found.place, role),),
        "kind": (Span("▲ warning" if found.is_warning else "✗ problem", role),),
        "why": (*file, Span(clean(found.why, 1000))),
    }


def question(
    bench: Workbench, status: StatusView | None, engine: str, found: DiffView | None, cells: int
) -> list[Line]:
    """What is put in force, where, by whom, and who gains and loses what."""
    added, removed = bench.counts()
    changed = ", ".join(clean(name, 60) for name in sorted(bench.changed()))
    you = clean(status.you, 60) if status is not None and status.you else "you"
    merging = line("another revision is in force: merged where both touch other lines, else refused")
    return labelled(
        cells,
        ("who", line((you, "bright"))),
        ("where", line((clean(engine, 60), "bright"), ("  every listener, live sessions included", "dim"))),
        ("what", line(changed, "  ", (f"+{added}", "running"), " ", (f"−{removed}", "red"), (" lines", "dim"))),
        *(("", each) for each in _few(difference.changes(found))),
        *(("" if index else "for whom", each) for index, each in enumerate(_few(difference.shifts(found)))),
        *((("replaces", merging),) if bench.is_overtaken else ()),
        ("how long", line("at once, and until another revision is applied")),
    )


def _few(lines: Sequence[Line]) -> Sequence[Line]:
    """The first lines, and how many more there are."""
    if len(lines) <= _MOST_SAID:
        return lines
    return [*lines[: _MOST_SAID - 1], line((f"and {len(lines) - _MOST_SAID + 1} more: d shows all of them", "waiting"))]


def revision(found: RevisionView, now: datetime) -> Mapping[str, Line]:
    """A row of the history."""
    return {
        "when": (Span(phrases.local_date(found.time, now)),),
        "mark": (Span("● in force" if found.is_in_force else "", "running"),),
        "author": (Span(clean(found.author, 60), "bright"),),
        "reason": (Span(clean(found.reason, 400)),),
        "revision": (Span(clean(found.revision)[:12], "dim"),),
    }


def rolling_back(found: RevisionView, status: StatusView | None, engine: str, cells: int) -> list[Line]:
    """What is put in force again, where, by whom."""
    you = clean(status.you, 60) if status is not None and status.you else "you"
    return labelled(
        cells,
        ("who", line((you, "bright"))),
        ("where", line((clean(engine, 60), "bright"), ("  every listener, live sessions included", "dim"))),
        (
            "what",
            line(f"revision {clean(found.revision)[:12]}, as ", (clean(found.author, 60), "bright"), " applied it"),
        ),
        ("because", line(clean(found.reason, 300) or "no reason was given")),
        ("then", line("what was applied since is no longer in force; it stays in the history")),
    )


def discarding(bench: Workbench, cells: int) -> list[Line]:
    """What is lost with a draft."""
    added, removed = bench.counts()
    changed = ", ".join(clean(name, 60) for name in sorted(bench.changed()))
    return labelled(
        cells,
        ("what", line(changed, "  ", (f"+{added}", "running"), " ", (f"−{removed}", "red"), (" lines", "dim"))),
        ("then", line("the text is what is in force again; nothing is sent to the engine")),
    )
