"""What recorded operations say of rules: decisions that would change, and rules drafted from what was observed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from engine.api.schema import BacktestView, ChangedDecisionView, SuggestedRuleView, SuggestionView, UndecidableView
from hoopterm.console import phrases
from hoopterm.console.lines import BLANK, Line, Span, ends, joined, line, shorten
from hoopterm.console.text import clean

_ROLES = {"allow": "running", "review": "amber", "deny": "red"}
_BAR = 24
_WIDE = 120


def progress(found: BacktestView | None, is_running: bool, cells: int) -> Line:
    """How far a backtest is, and what was found so far."""
    if found is None:
        return line(" ", ("◌ asking the engine for its operations" if is_running else "stopped", "dim"))
    share = min(found.examined / found.most, 1.0) if found.most else 1.0
    if found.done:
        share = 1.0
    length = _BAR if cells >= _WIDE else _BAR // 3
    full = int(share * length)
    bar = line(" ", ("━" * full, "running" if found.done else "amber"), ("━" * (length - full), "faint"), " ")
    state = "" if found.done else " so far" if is_running else ", stopped"
    said = joined(
        [
            line((f"the last {phrases.plural(found.examined, 'operation')}{state}", "dim")),
            line((f"{phrases.count(found.changed)} would change", "bright" if found.changed else "dim")),
            line((f"{phrases.count(found.undecidable)} undecidable", "amber" if found.undecidable else "dim")),
            *(line((f"{clean(way, 40)} {phrases.count(number)}", "")) for way, number in sorted(found.turned.items())),
        ]
    )
    return shorten(ends((*bar, *said), BLANK, cells), cells)


def changed(found: ChangedDecisionView, now: datetime) -> Mapping[str, Line]:
    """A row of an operation whose decision would change."""
    return {
        "turn": (
            Span(clean(found.old, 10), _ROLES.get(found.old, "")),
            Span(" → ", "dim"),
            Span(clean(found.new, 10), _ROLES.get(found.new, "")),
        ),
        "when": (Span(phrases.local_date(found.time, now), "dim"),),
        "who": (Span(clean(found.identity, 80), "bright"),),
        "target": (Span(clean(found.target, 80)),),
        "what": (Span(clean(found.text or f"{found.verb} {', '.join(found.resources)}", 300)),),
        "rule": (Span(clean(found.new_rule or "by default", 80), "dim"),),
    }


def undecidable(found: UndecidableView, now: datetime) -> Mapping[str, Line]:
    """A row of an operation of which nobody can say."""
    return {
        "turn": (Span("? undecidable", "amber"),),
        "when": (Span(phrases.local_date(found.time, now), "dim"),),
        "who": (Span(clean(found.identity, 80), "bright"),),
        "target": (Span(clean(found.target, 80)),),
        "what": (Span(clean(f"{found.verb}: {found.why}", 300), "dim"),),
    }


def suggested(found: SuggestedRuleView, now: datetime) -> Mapping[str, Line]:
    """A row of a drafted rule."""
    return {
        "name": (Span(clean(found.name, 100), "bright"),),
        "count": (Span(phrases.count(found.count)),),
        "last": (Span(phrases.local_date(found.last, now), "dim"),),
    }


def evidence(found: SuggestedRuleView) -> list[Line]:
    """A drafted rule, and what was seen that it would let run."""
    out = [line((clean(row), "string")) for row in found.yaml.rstrip("\n").split("\n")]
    out += [BLANK, line((f"would let run {phrases.plural(found.count, 'observed operation')}, such as", "dim"))]
    for example in found.examples:
        what = clean(example.text or example.verb, 400)
        out.append(line((clean(example.identity, 60), "bright"), ("  ", ""), what))
    return out


def left(found: SuggestionView) -> str:
    """What no rule was drafted for, by reason."""
    said: Sequence[str] = [f"{clean(why, 80)} {number}" for why, number in sorted(found.left.items())]
    none = f" · left out: {', '.join(said)}" if said else ""
    return (
        f"{phrases.plural(len(found.rules), 'rule')} drafted from {phrases.plural(found.examined, 'operation')}{none}"
    )
