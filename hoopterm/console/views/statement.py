"""One statement: its row in a list, and the block with its decision and its masked rows."""

from __future__ import annotations

from collections.abc import Callable

from hoopterm.console import phrases, sql
from hoopterm.console.lines import BLANK, Line, Span, ends, joined, line, plain, wrap
from hoopterm.console.statements import Statement
from hoopterm.console.text import clean, clean_block
from hoopterm.console.views import status
from hoopterm.console.views.cells import grid
from hoopterm.console.views.review import bare


def subject(statement: Statement) -> str:
    """What it touches first: what it changes, else what it reads."""
    found = sorted(statement.effects, key=lambda pair: pair[0] in ("read", "housekeeping"))
    name = clean(bare(found[0][1]), 120) if found else ""
    return name.partition("(")[0].removeprefix("public.")


def mark(statement: Statement) -> status.Mark:
    """Its state; one that people decided says so."""
    found = status.outcome(statement.state)
    if statement.state == "completed" and statement.was_reviewed:
        return status.Mark("▲", "approved", "amber")
    return found


def row(statement: Statement) -> dict[str, Line]:
    """Its cells in a list."""
    found = mark(statement)
    past = statement.state in ("completed", "cancelled")
    return {
        "number": (Span(str(statement.number), "dim"),),
        "at": (Span(phrases.timecode(statement.at), "dim"),),
        "state": (Span(found.glyph, found.role),),
        "verb": (Span(clean(statement.verb, 40), "" if past else "bright"), Span(" "), Span(subject(statement), "dim")),
        "result": result(statement),
    }


def changes(statement: Statement) -> bool:
    """Whether it may change anything: what only reads has changed nothing, whatever its tag counts."""
    return any(effect not in ("read", "housekeeping") for effect, _ in statement.effects)


def result(statement: Statement) -> Line:
    """What came of it, in a word or a number."""
    state = statement.state
    if state in ("denied", "failed", "held", "running", "cancelled", "lost"):
        found = status.outcome(state)
        return (Span(found.word, found.role),)
    if statement.changed is not None and changes(statement):
        return (Span(f"{phrases.few(statement.changed)} changed", "dim"),)
    if statement.delivered:
        return (Span(phrases.plural(statement.delivered, "row"), "dim"),)
    return (Span(phrases.lasted(statement.lasted or 0.0), "dim"),)


def headline(statement: Statement, clock: str, cells: int) -> Line:
    """When, what, how it was decided, and what came of it, on one line."""
    found = mark(statement)
    left = line(
        (f"{clock}  ", "dim"),
        (f"{found.glyph} ", found.role),
        (clean(statement.verb, 40), "strong"),
        f" {subject(statement)}  ",
        decision(statement),
    )
    return ends(left, (Span("  "), *summary(statement)), cells)


def decision(statement: Statement) -> Span:
    """The verdict and its rule."""
    rule = clean(statement.rule, 60)
    if statement.state == "denied" or statement.verdict == "deny":
        return Span(f"denied by {rule}" if rule else "denied: no rule allows it", "red")
    if statement.was_reviewed:
        word = status.review(statement.review_state).word if statement.review_state else "held"
        by = f" by {clean(statement.review_by, 60)}" if statement.review_by else ""
        return Span(f"{word}{by} · {rule}", "waiting" if statement.state == "held" else "amber")
    return Span(rule, "dim")


def summary(statement: Statement) -> Line:
    """Rows, masked values, time."""
    state = statement.state
    parts: list[Line] = []
    if state in ("held", "running", "failed", "cancelled", "lost"):
        found = status.outcome(state)
        parts.append((Span(found.word, found.role),))
    if statement.changed is not None and changes(statement):
        parts.append(line((f"{phrases.plural(statement.changed, 'row')} changed", "bright")))
    elif statement.delivered:
        parts.append(line((phrases.plural(statement.delivered, "row"), "dim")))
    if statement.masked:
        parts.append(line((f"▒ {phrases.count(statement.masked)} masked", "mask")))
    if statement.lasted is not None and state != "denied":
        parts.append(line((phrases.lasted(statement.lasted), "dim")))
    return joined(parts, Span("  "))


def block(statement: Statement, clock: str, cells: int, *, most_lines: int = 4, most_rows: int = 6) -> list[Line]:
    """The statement as a paragraph of a feed, ending in an empty line."""
    out = [headline(statement, clock, cells)]
    shown = text(statement, cells, line("   "))
    if len(shown) > most_lines:
        more = phrases.plural(len(shown) - most_lines + 1, "more line")
        shown = [*shown[: most_lines - 1], line("   ", (f"… {more}", "dim"))]
    out += shown
    if statement.parameters:
        values = (
            Span("NULL", "faint") if value is None else Span(clean(value, 60), "string")
            for value in statement.parameters[:12]
        )
        out.append(line("   ", *joined((Span(f"${i} ", "parameter"), value) for i, value in enumerate(values, 1))))
    out += _trouble(statement, cells)
    out += answer(statement, cells, most_rows)
    out.append(BLANK)
    return out


_OF_A_HOST = frozenset({"command", "shell", "path", "host", "agent", "display", "variable", "subsystem"})
"""Kinds of resources of which a statement that touches no others is no SQL."""


def text(statement: Statement, cells: int, indent: Line = BLANK) -> list[Line]:
    """Its text; highlighted where it is SQL."""
    if statement.effects and all(name.partition(":")[0] in _OF_A_HOST for _, name in statement.effects):
        lines = ((*indent, Span(each)) for each in clean_block(statement.text))
        return [piece for each in lines for piece in wrap(each, cells, indent=indent)]
    return sql.wrapped(statement.text, cells, indent=plain(indent))


def _trouble(statement: Statement, cells: int) -> list[Line]:
    out: list[Line] = []
    told = [statement.error] if statement.error else []
    if statement.state == "denied" and statement.reason and statement.reason not in statement.error:
        told.append(statement.reason)
    if statement.state == "denied" and statement.review_reason and statement.review_reason not in statement.error:
        told.append(statement.review_reason)
    for text in told:
        out += wrap(line("   ", (clean(text, 600), "red")), cells, indent=line("   "))
    for notice in statement.notices[-3:]:
        out += wrap(line("   ", (clean(notice, 300), "dim")), cells, indent=line("   "))
    if statement.gap:
        out.append(line("   ", (f"✗ gap in the record: {clean(statement.gap, 200)}", "danger")))
    return out


def answer(statement: Statement, cells: int, most_rows: int, *, first: int = 0) -> list[Line]:
    """The rows of its answer, and how many are not shown."""
    shown = statement.rows[first : first + most_rows]
    if not shown and not statement.columns:
        return []
    is_split = all(len(row) == len(statement.columns) for row in shown)
    table = grid(statement.columns if is_split else (), shown, cells - 3)
    out: list[Line] = [(Span("   "), *spans) for spans in table]
    if statement.first_row:
        out.insert(1, line("   ", (f"… {phrases.plural(statement.first_row, 'earlier row')}", "dim")))
    kept = statement.first_row + len(statement.rows)
    hidden = max(statement.delivered, kept) - statement.first_row - first - len(shown)
    if hidden > 0:
        where = "" if kept >= statement.delivered else " in the recording"
        out.append(line("   ", (f"… {phrases.plural(hidden, 'more row')}{where}", "dim")))
    elif not shown and statement.state == "completed":
        out.append(line("   ", ("no rows", "dim")))
    return out


def whole(statement: Statement, cells: int) -> list[Line]:
    """Everything that is known of it, for reading."""
    out = [
        *wrap(line((clean(statement.verb, 40), "strong"), f" {subject(statement)}  ", decision(statement)), cells),
        BLANK,
    ]
    out += [*text(statement, cells), BLANK]
    for index, value in enumerate(statement.parameters, 1):
        shown = Span("NULL", "faint") if value is None else Span(clean(value, 4000), "string")
        out += wrap(line((f"${index} ", "parameter"), shown), cells, indent=line("   "))
    out += [*_trouble(statement, cells), *answer(statement, cells, len(statement.rows) or 1)]
    return out


def evidence(statement: Statement, cells: int, clock: Callable[[float], str] = phrases.timecode) -> list[Line]:
    """The decision, its review, the effects and the result, one labelled fact a line; `clock` tells when."""
    out: list[Line] = []

    def fact(label: str, value: Line) -> None:
        if value:
            for index, piece in enumerate(wrap(value, max(cells - 10, 12))):
                out.append((Span((label if not index else "").ljust(10), "dim"), *piece))

    fact("decision", (decision(statement),))
    fact("because", line(clean(statement.reason, 400)) if statement.reason else BLANK)
    if statement.review:
        state = status.review(statement.review_state)
        by = f" by {clean(statement.review_by, 60)}" if statement.review_by else ""
        when = f"  {clock(statement.review_at)}" if statement.review_at is not None else ""
        fact("review", line(state.span, by, (f"{when}  {clean(statement.review, 40)}", "dim")))
        fact("reason", line(clean(statement.review_reason, 400)) if statement.review_reason else BLANK)
    for index, (effect, name) in enumerate(statement.effects[:12]):
        role = "" if effect in ("read", "housekeeping") else "strong"
        fact("" if index else "touches", line((clean(effect, 20), role), f" {clean(bare(name), 160)}"))
    for index, value in enumerate(statement.parameters[:12], 1):
        shown = Span("NULL", "faint") if value is None else Span(clean(value, 200), "string")
        fact("" if index > 1 else "values", line((f"${index} ", "parameter"), shown))
    fact("result", joined((line(mark(statement).span), line(clean(statement.tag, 60)) if statement.tag else BLANK)))
    fact("rows", line(phrases.count(statement.delivered)) if statement.delivered else BLANK)
    fact("masked", line((f"▒ {phrases.plural(statement.masked, 'value')}", "mask")) if statement.masked else BLANK)
    fact("took", line(phrases.lasted(statement.lasted)) if statement.lasted is not None else BLANK)
    fact("operation", line((clean(statement.operation, 60), "dim")))
    return out


def frame(statement: Statement, cells: int, has_evidence: bool) -> list[Line]:
    """The statement as a replay's frame: the text, then its answer; with the decision where no pane shows it."""
    out: list[Line] = []
    if not has_evidence:
        out.append(ends((decision(statement),), (Span("  "), *summary(statement)), cells))
        out.append(BLANK)
    out += text(statement, cells)
    for index, value in enumerate(statement.parameters[:50], 1):
        shown = Span("NULL", "faint") if value is None else Span(clean(value, 400), "string")
        out += wrap(line((f"${index} ", "parameter"), shown), cells, indent=line("   "))
    out.append(BLANK)
    if not statement.rows and statement.state not in ("denied", "failed"):
        told = result(statement) if statement.status else BLANK
        out.append(joined((line(mark(statement).span), told), Span("  ")))
    out += [spans[1:] if spans and spans[0].text == "   " else spans for spans in _trouble(statement, cells)]
    out += [
        spans[1:] if spans and spans[0].text == "   " else spans
        for spans in answer(statement, cells + 3, len(statement.rows) or 1)
    ]
    return out
