"""Approvals cannot be borrowed, replayed, stretched or self-given, as clients and people try it on a real engine."""

from __future__ import annotations

import asyncio
import contextlib
import re
import signal
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from engine.protocols.postgres import requests as r
from hoopterm.client import Client
from tests.e2e.shop import SCHEMA
from tests.servers.engine import RunningEngine, StartEngine
from tests.servers.postgres import Database
from tests.servers.raw import RawClient, errors

RULES = """
rules:
  - {{name: read, decide: allow, who: {{groups: [agents]}}, what: {{effects: [read, session, execute, schema]}}}}
  - name: changes
    decide: review
    who: {{groups: [agents]}}
    what: {{effects: [write, delete]}}
    review: {{reviewers: {{groups: [dba]}}, {terms}}}
"""
DELETE = "delete from notes where id = 1"
VIEW = "create table safe (id integer); insert into safe values (1); create view target as select * from safe"
REJECT = "hold: 20s, timeout: 60s, on_hold: reject"


@pytest.fixture
def rejecting(start_engine: StartEngine, database: Database) -> RunningEngine:
    database.psql(SCHEMA)
    return start_engine(rules=RULES.format(terms=REJECT))


@pytest.fixture
def holding(start_engine: StartEngine, database: Database) -> RunningEngine:
    database.psql(SCHEMA)
    return start_engine(rules=RULES.format(terms="hold: 20s, timeout: 60s"))


def asked(engine: RunningEngine, act: Any) -> Any:
    async def ask() -> Any:
        async with engine.client() as client:
            return await act(client)

    return asyncio.run(ask())


def approve_all(engine: RunningEngine) -> int:
    async def act(client: Client) -> int:
        reviews = await client.reviews("pending")
        for review in reviews:
            await client.approve(review.id, "fine")
        return len(reviews)

    return int(asked(engine, act))


def count(database: Database) -> int:
    return int(database.psql("select count(*) from notes"))


def denied(client: RawClient, text: str) -> bool:
    return errors(client.query(text)) == ["42501"]


def held(client: RawClient, *what: Any) -> str:
    """Send it, and the review that the notice names."""
    client.send(*what)
    notice = client.until("N")[-1][1].decode(errors="replace")
    found = re.search(r"review (rv_\w+)", notice)
    assert found is not None
    return found[1]


@pytest.mark.parametrize(
    "change",
    [
        "set search_path to elsewhere, public",
        "set role pg_monitor",
        "set session authorization pg_monitor",
    ],
)
def test_an_approval_is_for_the_state_it_was_given_in(
    rejecting: RunningEngine, database: Database, change: str
) -> None:
    """GHSA-fxfw-2m4j-xmc8: approved, then resubmitted with another search_path, role or user."""
    database.psql("grant all on notes to pg_monitor")
    with rejecting.raw() as client:
        assert denied(client, DELETE)
        assert approve_all(rejecting) == 1
        assert errors(client.query(change)) == []
        assert denied(client, DELETE)
        assert errors(client.query("reset session authorization; reset role; reset search_path")) == []
        assert errors(client.query(DELETE)) == []
        assert denied(client, DELETE)
    assert count(database) == 19


@pytest.mark.parametrize("text", [DELETE.upper(), f"{DELETE};", f"{DELETE} ", "delete from public.notes where id = 1"])
def test_an_approval_is_for_these_bytes(rejecting: RunningEngine, database: Database, text: str) -> None:
    with rejecting.raw() as client:
        assert denied(client, DELETE)
        assert approve_all(rejecting) == 1
        assert denied(client, text)
    assert count(database) == 20


def test_an_approval_does_not_follow_a_name_to_another_table(rejecting: RunningEngine, database: Database) -> None:
    database.psql(
        "create table safe (id integer); insert into safe values (1); create view target as select * from safe"
    )
    with rejecting.raw() as client:
        assert denied(client, "delete from target where id = 1")
        assert approve_all(rejecting) == 1
        assert errors(client.query("drop view target; create view target as select id from notes")) == []
        assert denied(client, "delete from target where id = 1")
    assert count(database) == 20


def test_what_a_name_means_is_looked_at_again_after_the_hold(holding: RunningEngine, database: Database) -> None:
    database.psql(
        "create table safe (id integer); insert into safe values (1); create view target as select * from safe"
    )
    with holding.raw() as client, holding.raw() as other:
        held(client, r.Query("delete from target where id = 1"))
        assert errors(other.query("drop view target; create view target as select id from notes")) == []
        assert approve_all(holding) == 1
        assert errors(client.until("Z")) == ["42501"]
    assert count(database) == 20


def test_of_two_that_resubmit_at_once_exactly_one_runs(rejecting: RunningEngine, database: Database) -> None:
    insert = "insert into notes (person, body) values (1, 'once')"
    with contextlib.ExitStack() as stack:
        clients = [stack.enter_context(rejecting.raw()) for _ in range(8)]
        assert denied(clients[0], insert)
        assert approve_all(rejecting) == 1
        with ThreadPoolExecutor(8) as pool:
            outcomes = list(pool.map(lambda client: errors(client.query(insert)), clients))
        assert sorted(outcomes) == [[]] + [["42501"]] * 7
    assert count(database) == 21


def test_several_held_statements_of_one_string_run_once_all_are_approved(
    rejecting: RunningEngine, database: Database
) -> None:
    """No approval is used up by a string that does not run."""
    both = f"{DELETE}; delete from notes where id = 2"
    with rejecting.raw() as client:
        assert denied(client, both)
        assert approve_all(rejecting) == 1
        assert denied(client, both)
        assert count(database) == 20
        assert approve_all(rejecting) == 1
        assert errors(client.query(both)) == []
        assert count(database) == 18
        assert denied(client, both)
    reviews = asked(rejecting, lambda client: client.reviews("used"))
    assert [review.outcome.status for review in reviews] == ["completed", "completed"]


def test_a_cancelled_operation_uses_no_approval_of_another(holding: RunningEngine, database: Database) -> None:
    with holding.raw() as first, holding.raw() as second:
        one = held(first, r.Query(DELETE))
        two = held(second, r.Query(DELETE))
        assert one != two

        async def act(client: Client) -> None:
            await client.deny(one, "no")
            await client.approve(two, "yes")

        asked(holding, act)
        assert errors(first.until("Z")) == ["42501"]
        assert errors(second.until("Z")) == []
    assert count(database) == 19


def test_a_held_portal_runs_once_and_what_came_behind_it_waits(holding: RunningEngine, database: Database) -> None:
    """Bind, Execute twice, Close and a new Parse of the name, all sent while the Bind is held."""
    with holding.raw() as client:
        review = held(
            client,
            r.Parse("s", DELETE),
            r.Bind("", "s"),
            r.Execute(""),
            r.Close("S", "s"),
            r.Parse("s", "delete from notes"),
            r.Bind("", "s"),
            r.Execute(""),
            r.Sync(),
        )
        assert count(database) == 20

        async def act(client: Client) -> list[Any]:
            await client.approve(review, "only this")
            async for change in client.live():
                if change.review is not None and change.review.state == "pending":
                    await client.deny(change.review.id, "not all of it")
                    break
            return []

        asked(holding, act)
        assert errors(client.until("Z")) == ["42501"]
    assert count(database) == 20  # the batch is one transaction


def test_a_vote_after_the_deadline_or_a_second_one_counts_for_nothing(
    start_engine: StartEngine, database: Database
) -> None:
    """A late-opened window ends when the approval said; one person is one vote."""
    database.psql(SCHEMA)
    engine = start_engine(rules=RULES.format(terms="hold: 1s, timeout: 2s, quorum: 2, on_hold: reject"))
    with engine.raw() as client:
        assert denied(client, DELETE)

        async def act(control: Client) -> None:
            (review,) = await control.reviews("pending")
            await control.approve(review.id, "one")
            with pytest.raises(Exception, match="voted already"):
                await control.approve(review.id, "two")
            async for change in control.live():
                if change.review is not None and change.review.state == "expired":
                    break
            with pytest.raises(Exception, match="expired"):
                await control.approve(review.id, "late")

        asked(engine, act)
        assert denied(client, DELETE)
    assert count(database) == 20


def test_an_approval_that_was_revoked_or_whose_rule_changed_gives_nothing(
    rejecting: RunningEngine, database: Database
) -> None:
    with rejecting.raw() as client:
        assert denied(client, DELETE)

        async def revoke(control: Client) -> None:
            (review,) = await control.reviews("pending")
            await control.approve(review.id, "yes")
            await control.revoke(review.id, "no, wait")

        asked(rejecting, revoke)
        assert denied(client, DELETE)
        assert approve_all(rejecting) == 1
        rejecting.config.write_text(rejecting.config.read_text().replace("timeout: 60s", "timeout: 59s"))
        asked(rejecting, lambda control: control.apply_policy({}))
        assert denied(client, DELETE)
    assert count(database) == 20


def test_the_policy_in_force_when_the_hold_ends_decides(holding: RunningEngine, database: Database) -> None:
    with holding.raw() as client:
        held(client, r.Query(DELETE))
        text = holding.config.read_text().replace("effects: [write, delete]", "effects: [write]")
        holding.config.write_text(text)
        asked(holding, lambda control: control.apply_policy({}))
        assert errors(client.until("Z")) == ["42501"]
    assert count(database) == 20


@pytest.mark.parametrize("how", ["kill", "stop"])
def test_reviews_outlive_the_engine(rejecting: RunningEngine, database: Database, how: str) -> None:
    with rejecting.raw() as client:
        assert denied(client, DELETE)
        assert approve_all(rejecting) == 1
        assert denied(client, "delete from notes where id = 2")
    rejecting.stop(signal.SIGKILL if how == "kill" else signal.SIGTERM)
    rejecting.start()
    pending = asked(rejecting, lambda control: control.reviews("pending"))
    assert [review.text for review in pending] == ["delete from notes where id = 2"]
    with rejecting.raw() as client:
        # The tokens are new ones: an approval for one token authorises no other.
        assert denied(client, DELETE)
    assert count(database) == 20


@pytest.mark.parametrize("bound", ["sponsor", "minter", "on_behalf_of"])
def test_nobody_approves_their_own(start_engine: StartEngine, database: Database, bound: str) -> None:
    """SECURITY: promise 4, approvals cannot be self-given: bob sponsors it, minted its token, or is who it is for."""
    database.psql(SCHEMA)
    engine = start_engine(rules=RULES.format(terms=REJECT))
    if bound == "sponsor":
        engine.config.write_text(engine.config.read_text().replace("sponsor: alice", "sponsor: bob"))
        asked(engine, lambda control: control.apply_policy({}))

    async def mint(control: Client) -> str:
        created = await control.create_token("bot", 600, "bob" if bound == "on_behalf_of" else None)
        return str(created.secret)

    token = asked(engine, mint) if bound != "sponsor" else engine.token()
    with RawClient(engine.port, "bot", token) as client:
        assert denied(client, DELETE)
        with pytest.raises(Exception, match="not yours to decide"):
            approve_all(engine)
        assert denied(client, DELETE)
    assert count(database) == 20
