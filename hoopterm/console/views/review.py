"""A held operation: its row in the queue, and everything a person needs to decide it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from engine.api.schema import AccessView, IdentityView, OutcomeView, ReviewView, SessionView, VoteView
from hoopterm.console import phrases, sql
from hoopterm.console.lines import BLANK, Line, Span, ends, joined, labelled, line, measure, wrap
from hoopterm.console.store import settled
from hoopterm.console.text import clean
from hoopterm.console.views import status

_LABEL = 12
_URGENT = 120.0  # seconds: below it the countdown itself calls
_SHOWN_PARAMETERS = 50


def row(review: ReviewView, now: datetime) -> dict[str, Line]:
    """The review's cells in the queue."""
    pending = review.state == "pending"
    mark = status.review(review.state)
    tone = "" if pending else "dim"
    if pending:
        left = phrases.seconds_until(review.deadline, now)
        clock = Span(phrases.countdown(left), "waiting" if left < _URGENT else "amber")
    else:
        clock = Span(phrases.ago(settled(review), now), "dim")
    return {
        "state": (mark.span,),
        "left": (clock,),
        "who": (Span(clean(review.identity.subject, 80), "bright" if pending else "dim"),),
        "target": (Span(clean(review.target, 80), tone),),
        "verb": (Span(clean(review.verb, 40), "strong" if pending else "dim"),),
        "resource": (Span(short(resource(review.accesses)), tone),),
        "rows": (Span(_about(review), tone),),
        "rule": (Span(clean(review.rule, 80), "dim"),),
        "purpose": (Span(clean(review.identity.purpose or "", 120), "dim"),),
        "outcome": _short_outcome(review),
    }


def words(review: ReviewView) -> str:
    """What a filter looks at."""
    who = review.identity
    return " ".join(
        (
            review.id,
            review.state,
            who.subject,
            who.sponsor or "",
            who.on_behalf_of or "",
            review.target,
            review.verb,
            review.rule,
            resource(review.accesses),
            review.text[:2000],
        )
    )


def resource(accesses: Iterable[AccessView]) -> str:
    """The first thing that is changed, else the first that is touched, without its kind."""
    found = sorted(accesses, key=lambda access: access.effect in ("read", "housekeeping"))
    return clean(bare(found[0].resource), 200) if found else ""


def bare(name: str) -> str:
    """`public.orders` of `table:public.orders`."""
    kind, separator, rest = name.partition(":")
    return rest if separator and kind.isalpha() else name


def person(identity: IdentityView) -> Line:
    """Who asks, on whose behalf, who answers for it, and what for."""
    return joined(
        (
            line((clean(identity.subject, 120), "strong"), (f"  {clean(identity.kind, 20)}", "dim")),
            line(("on behalf of ", "dim"), clean(identity.on_behalf_of, 120)) if identity.on_behalf_of else BLANK,
            line(("sponsor ", "dim"), clean(identity.sponsor, 120)) if identity.sponsor else BLANK,
            line(clean(identity.purpose, 200)) if identity.purpose else BLANK,
        )
    )


def heading(review: ReviewView, cells: int) -> list[Line]:
    """Who wants what, and which rule holds it."""
    where = f"{clean(review.target, 80)} · {resource(review.accesses)}".removesuffix(" · ")
    wants = line(("wants  ", "dim"), (clean(review.verb, 40), "strong"), ("  on  ", "dim"), (where, "bright"))
    rule = line(("held by  ", "dim"), clean(review.rule, 60))
    if measure(wants) + measure(rule) + 2 <= cells:
        return [*wrap(person(review.identity), cells), ends(wants, rule, cells)]
    return [*wrap(person(review.identity), cells), *wrap(wants, cells), *wrap(rule, cells)]


def statement(review: ReviewView, cells: int, most: int | None = None) -> list[Line]:
    """The exact statement; when it has more than `most` lines, the rest is counted, loudly."""
    lines = sql.wrapped(review.text, cells - 2, indent="  ")
    if most is not None and len(lines) > most:
        hidden = len(lines) - most + 1
        lines = lines[: most - 1]
        lines.append(
            line("  ", (f" ▼ {phrases.plural(hidden, 'more line')} ", "call"), ("  enter reads all of it", "dim"))
        )
    if not lines:
        lines = [line("  ", ("(no text)", "dim"))]
    return lines


def facts(
    review: ReviewView, cells: int, now: datetime, session: SessionView | None = None, *, is_beside: bool = False
) -> list[Line]:
    """Everything else, one labelled fact a line; what `subject_matter` shows is left out where it stands beside."""
    out: list[Line] = []

    def fact(label: str, value: Line) -> None:
        out.extend(labelled(cells, (label, value)))

    if review.state != "pending" or review.outcome is not None:
        fact("outcome", _verdict(review))
    if review.reason:
        fact("because", line(clean(review.reason, 400)))
    if not is_beside:
        for index, value in enumerate(_parameters(review)):
            fact("" if index else "parameters", value)
        fact("touches", _touches(review.accesses))
    if impact := _impact(review):
        fact("impact", impact)
    fact("before", _before(review))
    if session is not None:
        fact("so far", _so_far(session))
    if review.state == "pending":
        fact("needs", _needs(review))
    for index, vote in enumerate(review.votes):
        fact("" if index else "votes", _vote(vote))
    if review.state == "pending":
        fact("time", _time(review, now))
        if not review.may_decide:
            fact("you", line(("✗ may not decide: ", "red"), clean(review.why_not or "not a reviewer", 200)))
    role = f" as {clean(review.role, 60)}" if review.role else ""
    place = f"{clean(review.database, 60)}{role}"
    fact("session", line(clean(review.session, 60), (f"  {place}" if place else "", "dim")))
    fact("asked", line(phrases.local_date(review.requested, now), (f"  {phrases.utc(review.requested)}", "dim")))
    return out


def subject_matter(review: ReviewView, cells: int) -> list[Line]:
    """The statement, its parameters, and what it touches, one a line: where there is room for that."""
    out = [*statement(review, cells), BLANK]
    for index, value in enumerate(_parameters(review)):
        label = Span(("" if index else "parameters").ljust(_LABEL), "dim")
        out += wrap((Span("  "), label, *value), cells, indent=line(" " * (_LABEL + 2)))
    for index, access in enumerate(list(review.accesses)[:24]):
        label = Span(("" if index else "touches").ljust(_LABEL), "dim")
        out += wrap((Span("  "), label, *_touches([access])), cells, indent=line(" " * (_LABEL + 2)))
    return out


def _so_far(session: SessionView) -> Line:
    return joined(
        (
            line(f"{phrases.plural(session.operations, 'operation')} in this session"),
            line((f"{phrases.count(session.denied)} denied", "red")) if session.denied else BLANK,
            line(phrases.plural(session.rows, "row")) if session.rows else BLANK,
            line((f"{phrases.count(session.masked)} masked", "mask")) if session.masked else BLANK,
        )
    )


def _about(review: ReviewView) -> str:
    return "" if review.estimated_rows is None else f"~{phrases.few(review.estimated_rows)} rows"


def _parameters(review: ReviewView) -> list[Line]:
    out = []
    for index, value in enumerate(review.parameters[:_SHOWN_PARAMETERS], start=1):
        shown = Span("NULL", "dim") if value is None else Span(clean(value, 400), "string")
        out.append(line((f"${index} ", "parameter"), shown))
    if len(review.parameters) > _SHOWN_PARAMETERS:
        out.append(line((f"… {len(review.parameters) - _SHOWN_PARAMETERS} more", "dim")))
    return out


def _touches(accesses: Iterable[AccessView]) -> Line:
    parts: list[Line] = []
    for access in list(accesses)[:24]:
        columns = f"({', '.join(clean(name, 64) for name in access.columns[:12])})" if access.columns else ""
        role = "strong" if access.effect not in ("read", "housekeeping") else ""
        parts.append(line((clean(access.effect, 20), role), f" {clean(bare(access.resource), 120)}{columns}"))
    return joined(parts) or line(("nothing that could be named", "dim"))


def _impact(review: ReviewView) -> Line:
    estimate = review.estimated_rows
    return joined(
        (
            line(f"about {phrases.plural(estimate, 'row')}") if estimate is not None else BLANK,
            _where(review),
            _transaction(review),
        )
    )


def _where(review: ReviewView) -> Line:
    if review.has_where:
        return line("has WHERE")
    return line(("no WHERE: every row", "waiting")) if review.verb in ("DELETE", "UPDATE") else BLANK


def _transaction(review: ReviewView) -> Line:
    if review.in_transaction:
        return line(("inside a transaction: its locks wait too", "waiting"))
    return line("not in a transaction") if review.database else BLANK


def _before(review: ReviewView) -> Line:
    if not review.similar_before:
        return line("nothing like it was approved before")
    were = "was" if review.similar_before == 1 else "were"
    return line(f"{phrases.count(review.similar_before)} like it {were} held by this rule and approved")


def _vote(vote: VoteView) -> Line:
    said = line(("✓ ", "bright")) if vote.verdict == "approve" else line(("✗ ", "red"))
    word = "approved" if vote.verdict == "approve" else "denied"
    reason = f" — {clean(vote.reason, 300)}" if vote.reason else ""
    return (*said, Span(f"{clean(vote.person, 80)} {word}", said[0].role), Span(reason))


def _needs(review: ReviewView) -> Line:
    given = len({vote.person for vote in review.votes if vote.verdict == "approve"})
    groups = ", ".join(clean(name, 60) for name in review.reviewers[:12]) or "nobody"
    done = f"{given} of {review.quorum} given · " if given or review.quorum > 1 else ""
    return line(
        done, (str(review.quorum), "bright"), f" of {groups}", (" · you may decide" if review.may_decide else "", "dim")
    )


def _time(review: ReviewView, now: datetime) -> Line:
    left = phrases.seconds_until(review.deadline, now)
    role = "waiting" if left < _URGENT else "amber"
    first = line((f"{phrases.countdown(left)} left", role))
    if review.is_held and review.held_until:
        held = phrases.seconds_until(review.held_until, now)
        if held > 0:
            return joined((first, line(f"the client waits on the wire for {phrases.countdown(held)} more")))
    return joined((first, line("the client was told to come back and send it again")))


def _verdict(review: ReviewView) -> Line:
    mark = status.review(review.state)
    who = ", ".join(clean(vote.person, 60) for vote in review.votes)
    first = line(mark.span, (f" by {who}" if who and review.state in ("approved", "used", "denied") else "", "dim"))
    return joined((first, became(review.outcome))) if review.outcome else joined((first, _pending_use(review)))


def _pending_use(review: ReviewView) -> Line:
    if review.state == "approved":
        return line(("waiting for its result", "dim") if review.is_held else ("runs when it is sent again", "dim"))
    if review.state in ("expired", "withdrawn", "denied"):
        return line(("nothing ran", "dim"))
    return BLANK


def became(outcome: OutcomeView) -> Line:
    """What an approved operation did."""
    mark = status.outcome(outcome.status)
    first = line((mark.span.text, "bright" if outcome.status == "completed" else mark.role))
    return joined(
        (
            first,
            line(clean(outcome.tag, 60)) if outcome.tag else BLANK,
            line((f"{phrases.plural(outcome.changed, 'row')} changed", "bright"))
            if outcome.changed is not None
            else BLANK,
            line(f"{phrases.plural(outcome.rows, 'row')} answered") if outcome.rows else BLANK,
            line((clean(outcome.error, 400), "red")) if outcome.error else BLANK,
        )
    )


def _short_outcome(review: ReviewView) -> Line:
    outcome = review.outcome
    if outcome is None:
        return BLANK
    if outcome.error or outcome.status in ("failed", "lost"):
        return line((clean(outcome.error or outcome.status, 80), "red"))
    if outcome.changed is not None:
        return line((f"{phrases.plural(outcome.changed, 'row')} changed", "dim"))
    return line((status.outcome(outcome.status).word, "dim"))


def lately(past: Iterable[ReviewView], cells: int, now: datetime) -> list[Line]:
    """What became of an identity's earlier requests, one a line."""
    out: list[Line] = []
    for review in past:
        mark = status.review(review.state)
        what = f"{clean(review.verb, 40)} {short(resource(review.accesses))}"
        who = ", ".join(clean(vote.person, 40) for vote in review.votes)
        cells_of = row(review, now)
        out.append(
            ends(
                line((phrases.ago(settled(review), now).rjust(4), "dim"), "  ", mark.span, "  ", what),
                (*cells_of["outcome"], Span(f"  {who}", "dim")),
                cells,
            )
        )
    return [line(("lately, by the same agent", "dim")), *out] if out else []


def short(name: str) -> str:
    """A resource as a list shows it: the schema that everybody uses goes without saying."""
    return name.removeprefix("public.")


def question(review: ReviewView, verdict: str, cells: int, now: datetime) -> list[Line]:
    """What a confirmation repeats: who, what, where, how long."""
    out: list[Line] = []

    def fact(label: str, value: Line) -> None:
        out.extend(labelled(cells, (label, value)))

    fact("who", person(review.identity))
    database = f" · database {clean(review.database, 60)}" if review.database else ""
    fact("where", line((clean(review.target, 80), "bright"), database))
    fact("what", _touches(review.accesses))
    if impact := _impact(review):
        fact("impact", impact)
    if review.reason:
        fact("because", line(clean(review.reason, 200)))
    out += [BLANK, *statement(review, cells), BLANK]
    for index, value in enumerate(_parameters(review)):
        fact("" if index else "parameters", value)
    left = phrases.countdown(phrases.seconds_until(review.deadline, now))
    if verdict == "approve":
        given = len({vote.person for vote in review.votes if vote.verdict == "approve"})
        more = review.quorum - given - 1
        after = f"; then {more} more must approve" if more > 0 else ""
        fact("how long", line(f"runs once, exactly these bytes, within {left}{after}"))
    else:
        fact("how long", line(f"for good: this request ends now ({left} were left); nothing runs"))
    return out
