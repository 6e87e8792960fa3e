"""`hoopterm approvals`: decide what waits for a person."""

from __future__ import annotations

from typing import Annotated

import typer

from engine.api.schema import AccessView, OutcomeView, ReviewView
from hoopterm.cli.options import Engine, Json, Review, ask
from hoopterm.cli.output import Column, badge, draw, emit, facts, now, say, say_whole, styled
from hoopterm.cli.times import relative
from hoopterm.console.phrases import plural
from hoopterm.console.text import clean_block
from hoopterm.errors import Misused

app = typer.Typer(
    help="Decide what waits for a person.",
    no_args_is_help=True,
    rich_markup_mode=None,
    add_completion=False,
    epilog="Example: hoopterm approvals approve rv_7q2mmx4c --reason 'ticket OPS-114'",
)

_STATES = ("pending", "approved", "denied", "expired", "withdrawn", "used", "revoked")

Why = Annotated[str, typer.Option("--reason", "-r", help="Why; it is recorded and shown.", show_default=False)]


@app.command("list")
def list_(
    state: Annotated[str, typer.Option("--state", help=f"all, {', '.join(_STATES)}.")] = "pending",
    engine: Engine = None,
    as_json: Json = False,
) -> None:
    """List reviews, oldest deadline first.

    \b
    hoopterm approvals list
    hoopterm approvals list --state all --json | jq '.[].id'
    """
    if state not in (*_STATES, "all"):
        raise Misused(f"there is no state {state!r}", f"one of all, {', '.join(_STATES)}")
    reviews = ask(engine, lambda client: client.reviews(None if state == "all" else state))
    if as_json:
        emit(reviews)
        return
    moment = now()
    draw(
        [
            Column("REVIEW"),
            Column("STATE"),
            Column("WHO", gives=True),
            Column("TARGET", gives=True),
            Column("WANTS", gives=True),
            Column("RULE", gives=True),
            Column("DEADLINE"),
        ],
        (
            (
                review.id,
                badge(_word(review)),
                review.identity.subject,
                review.target,
                _wants(review),
                review.rule,
                relative(review.deadline if review.state == "pending" else None, moment),
            )
            for review in reviews
        ),
        empty="nothing waits for a person" if state == "pending" else "no such reviews",
    )


@app.command()
def show(review: Review, engine: Engine = None, as_json: Json = False) -> None:
    """Show one review whole: who asks, the exact operation, what it touches, votes and outcome."""
    found = ask(engine, lambda client: client.review(review))
    if as_json:
        emit(found)
    else:
        _draw(found)


@app.command()
def approve(review: Review, reason: Why = "", engine: Engine = None, as_json: Json = False) -> None:
    """Vote for the operation; it runs once the quorum is reached."""
    _told(ask(engine, lambda client: client.approve(review, reason)), as_json)


@app.command()
def deny(
    review: Review,
    reason: Annotated[str, typer.Option("--reason", "-r", help="Why; the client is told.", show_default=False)],
    engine: Engine = None,
    as_json: Json = False,
) -> None:
    """Vote against the operation; one such vote ends it."""
    _told(ask(engine, lambda client: client.deny(review, reason)), as_json)


@app.command()
def revoke(review: Review, reason: Why = "", engine: Engine = None, as_json: Json = False) -> None:
    """Take back an approval that has not been used yet."""
    _told(ask(engine, lambda client: client.revoke(review, reason)), as_json)


def _told(review: ReviewView, as_json: bool) -> None:
    if as_json:
        emit(review)
        return
    votes = sum(vote.verdict == "approve" for vote in review.votes)
    missing = f" · {votes} of {review.quorum} votes" if review.state == "pending" else ""
    say(badge(_word(review)), f"  {review.id}  {_wants(review)}{missing}")


def _wants(review: ReviewView) -> str:
    tables = [_resource(access) for access in review.accesses if access.effect != "housekeeping"]
    return " ".join(dict.fromkeys([review.verb, *tables[:1]]))


def _resource(access: AccessView) -> str:
    return access.resource.partition(":")[2].partition("(")[0] or access.resource


def _draw(review: ReviewView) -> None:
    moment = now()
    who = review.identity
    say_whole(badge(_word(review)), f"  {review.id}  ", styled(_wants(review), "bold"))
    print()
    for line in clean_block(review.text):
        say_whole("    ", line)
    for index, parameter in enumerate(review.parameters, 1):
        say_whole(styled(f"    ${index} = ", "dim"), "NULL" if parameter is None else parameter)
    print()
    facts(
        [
            ("who", " · ".join(filter(None, [f"{who.subject} ({who.kind})", who.purpose, *sorted(who.groups)]))),
            ("sponsor", who.sponsor or ""),
            ("on behalf", who.on_behalf_of or ""),
            ("target", " · ".join(filter(None, [review.target, review.database, review.role]))),
            ("touches", ", ".join(f"{access.effect} {_touched(access)}" for access in review.accesses)),
            ("impact", _impact(review)),
            ("held by", f"{review.rule}: {review.reason}" if review.reason else review.rule),
            ("before", f"{plural(review.similar_before, 'like it was', 'like it were')} approved"),
            ("needs", f"{review.quorum} of {', '.join(review.reviewers)}"),
            ("asked", relative(review.requested, moment)),
            ("deadline", relative(review.deadline, moment) if review.state == "pending" else ""),
            ("waiting", "its client waits on the wire" if review.is_held else ""),
            ("you", "may decide" if review.may_decide else review.why_not),
        ]
    )
    for vote in review.votes:
        state = "approved" if vote.verdict == "approve" else "denied"
        reason = f": {vote.reason}" if vote.reason else ""
        say_whole(badge(state), f"  by {vote.person}, {relative(vote.time, moment)}{reason}")
    if review.outcome is not None:
        say_whole(styled("outcome  ", "dim"), *_outcome(review.outcome))


def _touched(access: AccessView) -> str:
    if access.columns and "(" not in access.resource:
        return f"{access.resource}({', '.join(access.columns)})"
    return access.resource


def _impact(review: ReviewView) -> str:
    return " · ".join(
        filter(
            None,
            [
                f"about {plural(review.estimated_rows, 'row')}" if review.estimated_rows is not None else "",
                "has WHERE" if review.has_where else "no WHERE" if review.verb in ("DELETE", "UPDATE") else "",
                "inside a transaction" if review.in_transaction else "",
            ],
        )
    )


def _outcome(outcome: OutcomeView) -> list[str]:
    if outcome.status == "never_resubmitted":
        return ["never resubmitted: nothing ran"]
    changed = f" · {plural(outcome.changed, 'row')} changed" if outcome.changed is not None else ""
    answered = f" · {plural(outcome.rows, 'row')} answered" if outcome.rows else ""
    error = f" · {outcome.error}" if outcome.error else ""
    return [" ".join(filter(None, [outcome.status, outcome.tag])), changed, answered, error]


def _word(review: ReviewView) -> str:
    """What the console calls it too: one that was used was approved, and its outcome says the rest."""
    return "approved" if review.state == "used" else review.state
