from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import ProtocolViolation
from engine.protocols.ssh import scp
from engine.protocols.ssh.scp import Complaint, Content, Ending, Mark, Record, Source, State, Words

TREE = [b"T1 0 2 0\n", b"D0755 0 in\n", b"C0644 5 a b\n", b"hello\0", b"E\n", b"C0600 0 empty\n", b"\0", b"\1scp: no\n"]


def opened() -> Source:
    source = Source()
    source.word(True)
    return source


def said(source: Source, data: bytes) -> list[object]:
    """The events in it, where the sink takes all."""
    events: list[object] = []
    source.receive_data(data)
    while True:
        while (event := source.next_event()) is not None:
            events.append(event)
        if source.state not in (State.ASKED, State.ENDED):
            return events
        source.word(True)


@given(st.lists(st.integers(0, 200)))
def test_a_tree_is_read_the_same_however_it_is_cut(places: list[int]) -> None:
    stream = b"".join(TREE)
    source, events = opened(), []
    edges = sorted({0, len(stream), *(place % len(stream) for place in places)})
    for start, end in itertools.pairwise(edges):
        events += said(source, stream[start:end])
    records = [event for event in events if isinstance(event, Record)]
    assert [(each.mark, each.name, each.size) for each in records] == [
        (Mark.TIMES, b"", 0),
        (Mark.FOLDER, b"in", 0),
        (Mark.FILE, b"a b", 5),
        (Mark.LEAVE, b"", 0),
        (Mark.FILE, b"empty", 0),
    ]
    assert b"".join(event.data for event in events if isinstance(event, Content)) == b"hello"
    assert [event.line for event in events if isinstance(event, Ending)] == [b"\0", b"\0"]
    assert events[-1] == Complaint(b"\1scp: no\n")
    assert (source.state, source.depth) == (State.READY, 0)


@pytest.mark.parametrize(
    "record",
    [
        b"C0644 5 ../../.ssh/authorized_keys\n",
        b"C0644 5 ..\n",
        b"D0755 0 .\n",
        b"C0644 5 a/b\n",
        b"C0644 5 a\0b\n",
        b"C0644 5 \n",
        b"C0644 -5 a\n",
        b"C0644 99999999999999999999 a\n",
        b"C0999 5 a\n",
        b"E\n",
        b"T1 2\n",
        b"X\n",
        b"\0",
        b"C" + b"x" * scp.LONGEST_LINE,
    ],
)
def test_a_record_that_is_none_ends_it(record: bytes) -> None:
    """SECURITY: CVE-2019-6111, names that lead elsewhere."""
    with pytest.raises(ProtocolViolation):
        said(opened(), record)


def test_a_refused_file_sends_no_content() -> None:
    source = opened()
    source.receive_data(b"C0644 5 a\nC0644 0 b\n")
    assert isinstance(source.next_event(), Record)
    assert source.next_event() is None
    source.word(False)
    record = source.next_event()
    assert isinstance(record, Record)
    assert record.name == b"b"


def test_a_source_that_does_not_wait_ends_it() -> None:
    """SECURITY promise 6."""
    with pytest.raises(ProtocolViolation):
        Source().receive_data(b"x" * (scp.MOST_BEFORE_A_WORD + 1))


def test_a_sink_that_speaks_out_of_turn_ends_it() -> None:
    with pytest.raises(ProtocolViolation):
        opened().word(True)


@given(st.binary(max_size=300))
def test_whatever_a_stranger_sends_is_events_or_a_violation(data: bytes) -> None:
    """SECURITY promise 6."""
    for read in (lambda: said(opened(), data), lambda: list(words(data))):
        try:
            read()
        except ProtocolViolation:
            continue


def words(data: bytes) -> list[bytes]:
    reader, found = Words(), []
    reader.receive_data(data)
    while (word := reader.next_word()) is not None:
        found.append(word)
    return found


def test_a_sink_says_one_word_at_a_time() -> None:
    assert words(b"\0\1no\n\0\2gone\n\1half") == [b"\0", b"\1no\n", b"\0", b"\2gone\n"]
    with pytest.raises(ProtocolViolation):
        words(b"yes")


def test_a_complaint_is_one_line() -> None:
    assert scp.complaint("a\nb") == b"\1a b\n"
    assert len(scp.complaint("x" * 9000)) == scp.LONGEST_LINE
