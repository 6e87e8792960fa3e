"""Names mean only what the server confirmed."""

from __future__ import annotations

import pytest

from engine.protocols.postgres.portals import Names, Portal, SessionNames, Unconfirmed, as_prepared
from engine.protocols.postgres.statement import PreparedStatement, Statement


def test_a_name_is_known_at_once_within_its_batch_and_to_others_once_confirmed() -> None:
    names: Names[str] = Names()
    proposal = names.propose("s", "one", batch=1)
    assert names.find("s", batch=1) == "one"
    with pytest.raises(Unconfirmed):
        names.find("s", batch=2)
    assert proposal.confirm() is None
    assert names.find("s", batch=2) == "one"


def test_a_definition_the_server_skipped_leaves_the_old_one() -> None:
    names: Names[str] = Names()
    names.define("s", "old")
    removal, definition = names.propose("s", None, batch=1), names.propose("s", "new", batch=1)
    definition.drop()
    removal.drop()
    assert names.find("s", batch=2) == "old"


def test_a_newer_proposal_outlives_the_answer_to_an_older_one() -> None:
    names: Names[str] = Names()
    first, second = names.propose("s", "one", batch=1), names.propose("s", "two", batch=1)
    first.confirm()
    assert names.find("s", batch=1) == "two"
    assert second.confirm() == "one"
    assert dict(names.confirmed) == {"s": "two"}
    assert names.is_settled


def test_a_removal_tells_what_it_removed() -> None:
    names: Names[str] = Names()
    names.define("s", "one")
    assert names.propose("s", None, batch=1).confirm() == "one"
    assert names.find("s", batch=1) is None
    assert names.forget("s") is None
    names.define("t", "two")
    assert names.clear() == ["two"]


def test_a_session_is_settled_when_both_kinds_of_names_are() -> None:
    session = SessionNames()
    proposal = session.portals.propose("p", Portal("p", None, "revision"), batch=0)
    assert not session.is_settled
    proposal.confirm()
    assert session.is_settled


def test_a_portal_without_a_statement_closes_in_silence() -> None:
    portal = Portal("p", None, "revision")
    portal.close()
    portal.lose("gone")


def test_sqls_prepare_makes_a_statement_the_protocol_can_bind() -> None:
    prepared = as_prepared(PreparedStatement("select 1", Statement("select 1", "SELECT")))
    assert prepared.text == "select 1"
    assert prepared.types == ()


def test_the_weight_counts_what_is_on_its_way_and_what_is_there_once() -> None:
    """SECURITY: promise 6, what a session keeps in the engine is bounded."""
    names: Names[str] = Names(len)
    first, second = names.propose("s", "four", 0), names.propose("s", "seven77", 0)
    assert names.weight == 11
    first.confirm()
    assert names.weight == 11
    second.confirm()
    assert names.weight == 7
    refused = names.propose("t", "xx", 0)
    refused.drop()
    refused.drop()
    assert names.weight == 7
    names.propose("s", None, 1).confirm()
    assert names.weight == 0
    names.define("u", "u")
    names.define("u", "uu")
    assert names.weight == 2
    names.clear()
    assert names.weight == 0
