"""The session's state, followed as the server has it."""

from __future__ import annotations

import pytest

from engine.model import Access, Effect, Resource
from engine.protocols.postgres.limits import Tally
from engine.protocols.postgres.portals import Portal, Prepared
from engine.protocols.postgres.statement import PreparedStatement, Row, Statement
from engine.protocols.postgres.tracking import Tracker, split_path, version_number

REPORTED = {
    "search_path": '"$user", public',
    "session_authorization": "app",
    "standard_conforming_strings": "on",
    "client_encoding": "UTF8",
    "server_version": "18.1 (Debian 18.1-1)",
}
SET = Statement("set x", "SET", changes_settings=True)
CREATE = Statement("create", "CREATE", changes_schema=True)
COMMIT = Statement("commit", "COMMIT", transaction="commit")


@pytest.fixture
def tracker() -> Tracker:
    return Tracker("shop", "app", REPORTED)


class Probe:
    """Answers SHOW."""

    def __init__(self, **settings: str) -> None:
        self.settings = settings
        self.asked: list[str] = []

    async def __call__(self, query: str) -> list[Row]:
        name = query.removeprefix("SHOW ")
        self.asked.append(name)
        return [(self.settings[name],)]


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ('"$user", public', ("$user", "public")),
        ("a,B , c", ("a", "b", "c")),
        ('"We""ird", "x y",z', ('We"ird', "x y", "z")),
        ("", ()),
        ('""', ()),
        ('"open', ("open",)),
    ],
)
def test_a_search_path_is_read_as_the_server_reads_it(text: str, names: tuple[str, ...]) -> None:
    assert split_path(text) == names


@pytest.mark.parametrize(
    ("text", "number"), [("18.1 (Debian)", 180001), ("14.22", 140022), ("19beta1", 190000), ("", 180000)]
)
def test_a_server_version_is_a_number(text: str, number: int) -> None:
    assert version_number(text) == number


def test_reports_resolve_the_path_for_the_role(tracker: Tracker) -> None:
    assert list(tracker.state.search_path) == ["app", "public"]
    assert tracker.state.server_version == 180001
    before = tracker.state.version
    tracker.reported("search_path", "evil")
    assert list(tracker.state.search_path) == ["evil"]
    assert tracker.state.version == before + 1
    tracker.reported("search_path", "evil")
    tracker.reported("TimeZone", "UTC")
    assert tracker.state.version == before + 1


async def test_only_what_is_not_reported_is_asked_for(tracker: Tracker) -> None:
    probe = Probe(role="admin")
    await tracker.refresh(probe, is_reported=True)
    assert probe.asked == ["role"]
    assert tracker.state.role == "admin"
    assert not tracker.is_stale
    await tracker.refresh(Probe(role="none"), is_reported=True)
    assert tracker.state.role == "app"


async def test_inside_a_batch_everything_is_asked_for(tracker: Tracker) -> None:
    probe = Probe(**{**REPORTED, "role": "none", "search_path": "new"})
    await tracker.refresh(probe, is_reported=False)
    assert set(probe.asked) == {
        *("role", "search_path", "session_authorization", "standard_conforming_strings", "client_encoding")
    }
    assert tracker.state.search_path == ("new",)


async def test_a_setting_makes_it_stale_until_it_is_asked_again_and_again_after_the_transaction(
    tracker: Tracker,
) -> None:
    await tracker.refresh(Probe(role="none"), is_reported=True)
    assert tracker.may_change(SET)
    tracker.forwarding(SET)
    assert tracker.state.settings_may_revert
    tracker.completed(SET)
    assert tracker.is_stale
    await tracker.refresh(Probe(role="none"), is_reported=True)
    tracker.ready("T")
    assert not tracker.is_stale
    assert tracker.may_change(COMMIT)
    tracker.completed(COMMIT)
    assert tracker.is_stale
    tracker.ready("I")
    assert not tracker.state.settings_may_revert


async def test_a_failed_batch_makes_its_settings_stale(tracker: Tracker) -> None:
    await tracker.refresh(Probe(role="none"), is_reported=True)
    tracker.forwarding(SET)
    tracker.ready("I")
    assert tracker.is_stale


def test_ddl_is_uncommitted_until_the_transaction_ends(tracker: Tracker) -> None:
    tracker.forwarding(CREATE)
    tracker.completed(CREATE)
    tracker.ready("T")
    assert tracker.state.has_uncommitted_schema
    assert not tracker.changed_schema
    tracker.ready("I")
    assert not tracker.state.has_uncommitted_schema
    assert tracker.changed_schema


def test_temporary_objects_stay_unknown_to_the_shared_catalog(tracker: Tracker) -> None:
    access = Access(Effect.SCHEMA, Resource("table", "pg_temp.t"))
    statement = Statement("create temp", "CREATE", accesses=(access,), changes_schema=True)
    tracker.forwarding(statement)
    tracker.completed(statement)
    tracker.ready("I")
    assert tracker.state.has_uncommitted_schema


@pytest.mark.parametrize(
    "undoing",
    [
        Statement("rollback to s", "ROLLBACK TO", transaction="savepoint", changes_settings=True),
        Statement("rollback", "ROLLBACK", transaction="rollback"),
        COMMIT,
    ],
)
def test_what_the_session_made_is_looked_for_anew_once_it_may_be_gone(tracker: Tracker, undoing: Statement) -> None:
    """Else a temporary table that was rolled back would still stand before the protected one of its name."""
    tracker.completed(CREATE)
    version = tracker.state.version
    tracker.completed(undoing)
    assert tracker.state.version > version


def test_sqls_statements_and_cursors_are_followed(tracker: Tracker) -> None:
    inner = PreparedStatement("select 1", Statement("select 1", "SELECT"))
    tracker.completed(Statement("prepare p", "PREPARE", prepares=inner, prepares_as="p"))
    assert tracker.state.prepared["p"] is inner
    assert tracker.names.statements.find("p", 0) is not None
    tracker.completed(Statement("declare c", "DECLARE", declares="c", columns=()))
    assert tracker.state.cursors == {"c": ()}
    tracker.completed(Statement("close c", "CLOSE", closes="c"))
    assert tracker.state.cursors == {}
    tracker.completed(Statement("deallocate all", "DEALLOCATE", deallocates=""))
    assert tracker.state.prepared == {}
    assert tracker.names.statements.find("p", 0) is None


def test_cursors_end_with_their_transaction(tracker: Tracker) -> None:
    tracker.completed(Statement("declare c", "DECLARE", declares="c", columns=()))
    tracker.ready("I")
    assert tracker.state.cursors == {}


@pytest.mark.parametrize(
    "statement",
    [
        Statement("declare p", "DECLARE", declares="p", columns=()),
        Statement("close p", "CLOSE", closes="p"),
        Statement("discard all", "DISCARD ALL", closes="", deallocates=""),
    ],
)
def test_a_portal_that_sql_closed_or_made_anew_is_not_the_old_one(tracker: Tracker, statement: Statement) -> None:
    """Else rows of the new cursor would pass under the decision and the masking of the old one."""
    tracker.names.portals.define("p", Portal("p", None, "revision"))
    tracker.completed(statement)
    assert tracker.names.portals.find("p", 0) is None


def test_cursors_are_forgotten_when_a_savepoint_is_rolled_back_to(tracker: Tracker) -> None:
    tracker.completed(Statement("declare c", "DECLARE", declares="c", columns=()))
    tracker.completed(Statement("rollback to s", "ROLLBACK TO", transaction="savepoint", changes_settings=True))
    assert tracker.state.cursors == {}


def test_the_protocols_statements_are_known_to_sql(tracker: Tracker) -> None:
    tracker.prepared("s", Prepared("select 1", Statement("select 1", "SELECT")))
    assert "s" in tracker.state.prepared
    tracker.prepared("s", None)
    assert "s" not in tracker.state.prepared


def test_a_text_is_read_in_the_clients_encoding(tracker: Tracker) -> None:
    assert tracker.read("é".encode()) == "é"
    tracker.reported("client_encoding", "LATIN1")
    assert tracker.read(b"\xe9") == "é"


@pytest.mark.parametrize(
    "encoding", ["SJIS", "BIG5", "GBK", "UHC", "GB18030", "JOHAB", "SHIFT_JIS_2004", "MULE_INTERNAL"]
)
def test_an_encoding_in_which_a_quote_hides_is_not_read(tracker: Tracker, encoding: str) -> None:
    """SECURITY: client encodings in which a quote hides."""
    tracker.reported("client_encoding", encoding)
    assert tracker.read(b"select 1") == "select 1"
    with pytest.raises(UnicodeError):
        tracker.read(b"select '\x95\x5c'")


def test_it_shows_its_state(tracker: Tracker) -> None:
    assert repr(tracker) == "<Tracker I role app path app, public, stale>"


DECLARE = Statement("declare c cursor", "DECLARE", declares="c", columns=())


@pytest.mark.parametrize(
    "ending", [DECLARE, Statement("close c", "CLOSE", closes="c"), Statement("", "ROLLBACK TO"), COMMIT]
)
def test_what_was_fetched_on_a_cursor_is_forgotten_with_it(tracker: Tracker, ending: Statement) -> None:
    tracker.completed(DECLARE)
    tracker.tallies["c"] = Tally(5, "rule", 5)
    tracker.completed(Statement("fetch c", "FETCH", fetches="c"))
    assert tracker.tallies
    tracker.completed(ending)
    assert tracker.tallies == {}


@pytest.mark.parametrize("encoding", ["UTF8", "LATIN1", "SQL_ASCII", "EUC_JP"])
def test_a_part_of_a_text_is_written_as_the_client_wrote_it(tracker: Tracker, encoding: str) -> None:
    tracker.reported("client_encoding", encoding)
    text = "select '\u00e9'" if encoding != "EUC_JP" else "select '\u3042'"
    assert tracker.read(tracker.written(text)) == text
