"""The conversation's table, with both ends over a fake wire."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import ProtocolViolation
from engine.protocols.postgres import answers as a
from engine.protocols.postgres import requests as r
from engine.protocols.postgres.codec import ASYNCHRONOUS, OPENS, TRANSITIONS, Codec, Role, State
from engine.protocols.postgres.messages import Message

IDLE = a.ReadyForQuery("I")
ERROR = a.ErrorResponse({"S": "ERROR", "C": "42601", "M": "no"})
NAMES = a.RowDescription((a.Field("name"),))


def pair() -> tuple[Codec[str], Codec[str]]:
    return Codec(Role.FRONTEND), Codec(Role.BACKEND)


def carry(
    sender: Codec[str], receiver: Codec[str], *messages: tuple[Message, str | None]
) -> list[tuple[int, str | None]]:
    """Send messages from one end to the other; what arrives: types, and what they are about."""
    for message, about in messages:
        receiver.receive_data(sender.send(message, about))
    arrived = []
    while (event := receiver.next_event()) is not None:
        arrived.append((event[0], event[2]))
    return arrived


def answer(server: Codec[str], client: Codec[str], *messages: Message) -> list[tuple[int, str | None]]:
    return carry(server, client, *((message, None) for message in messages))


def test_an_answer_brings_back_what_its_request_was_about() -> None:
    client, server = pair()
    carry(client, server, (r.Parse("", "select 1"), "parse"), (r.Bind("", ""), "bind"), (r.Sync(), "sync"))
    arrived = answer(server, client, a.ParseComplete(), a.BindComplete(), IDLE)
    assert [about for _, about in arrived] == ["parse", "bind", "sync"]
    assert client.is_idle
    assert server.is_idle


def test_an_error_skips_everything_up_to_sync() -> None:
    client, server = pair()
    carry(
        client,
        server,
        *((r.Parse("", "x"), "parse"), (r.Bind("", ""), "bind"), (r.Query("q"), "query"), (r.Sync(), "sync")),
        (r.Query("later"), "later"),
    )
    assert answer(server, client, ERROR, IDLE)[-1] == (IDLE.kind, "sync")
    assert client.take_skipped() == ["bind", "query"]
    assert client.about == "later"


def test_what_follows_an_error_before_sync_is_not_even_looked_at() -> None:
    client, server = pair()
    carry(client, server, (r.Parse("", "x"), "parse"))
    answer(server, client, ERROR)
    assert client.is_skipping
    assert server.is_skipping
    assert carry(client, server, (r.Bind("", ""), "bind"), (r.Query("q"), "query")) == []
    assert carry(client, server, (r.Sync(), "sync")) == [(r.Sync.kind, None)]
    assert answer(server, client, IDLE) == [(IDLE.kind, "sync")]


def test_statements_of_one_query_are_answered_one_after_another() -> None:
    client, server = pair()
    carry(client, server, (r.Query("select 1; insert …; copy … to stdout"), "query"))
    answer(server, client, NAMES, a.DataRow((b"1",)), a.CommandComplete("SELECT 1"), a.CommandComplete("INSERT 0 1"))
    answer(server, client, a.CopyOutResponse(), a.CopyData(b"1\n"), a.CopyDone(), a.CommandComplete("COPY 1"), IDLE)
    assert client.is_idle


def test_a_commit_may_fail_at_sync() -> None:
    client, server = pair()
    carry(client, server, (r.Sync(), "sync"))
    assert answer(server, client, ERROR, IDLE) == [(ERROR.kind, "sync"), (IDLE.kind, "sync")]


def test_sync_is_passed_over_while_a_copy_is_read() -> None:
    client, server = pair()
    carry(client, server, (r.Query("copy t from stdin"), "copy"))
    answer(server, client, a.CopyInResponse())
    server.receive_data(r.Sync().encode() + r.CopyData(b"1\n").encode() + r.CopyDone().encode())
    kinds = []
    while (event := server.next_event()) is not None:
        kinds.append(event[0])
    assert kinds == [r.CopyData.kind, r.CopyDone.kind]


@pytest.mark.parametrize(
    "answers",
    [
        (a.ParseComplete(),),
        (NAMES, IDLE),
        (a.DataRow((b"1",)),),
        (a.CopyData(b"1"),),
        (a.CopyInResponse(), NAMES),
        (a.CommandComplete("X"), a.PortalSuspended()),
        (ERROR, a.CommandComplete("X")),
    ],
)
def test_an_answer_out_of_order_is_refused(answers: tuple[Message, ...]) -> None:
    client: Codec[str] = Codec(Role.FRONTEND)
    client.send(r.Query("select 1"), "query")
    client.receive_data(b"".join(message.encode() for message in answers))
    with pytest.raises(ProtocolViolation, match="out of order"):
        while client.next_event() is not None:
            pass


def test_an_idle_server_may_only_speak_of_settings_notices_and_its_end() -> None:
    client: Codec[str] = Codec(Role.FRONTEND)
    client.receive_data(a.NoticeResponse({}).encode() + a.ParameterStatus("a", "b").encode() + ERROR.encode())
    assert [client.next_event() is not None for _ in range(3)] == [True] * 3
    client.receive_data(a.CommandComplete("X").encode())
    with pytest.raises(ProtocolViolation):
        client.next_event()


def test_every_state_is_in_the_table_and_every_answer_somewhere_in_it() -> None:
    assert set(TRANSITIONS) | {State.DONE, State.FAILED} == set(State)
    answered = {kind for following in TRANSITIONS.values() for kind in following} | ASYNCHRONOUS
    assert set(a.ANSWERS) - answered == {a.BackendKeyData.kind}  # which comes before there is anything to answer
    assert set(OPENS) == set(r.REQUESTS)


def test_it_shows_its_state() -> None:
    client: Codec[str] = Codec(Role.FRONTEND)
    client.send(r.Parse("", "x"), "parse")
    assert repr(client) == "<Codec frontend parsing, 1 open>"


REQUESTS: list[Message] = [
    r.Query("select 1"),
    r.Parse("s", "select $1", (23,)),
    r.Bind("", "s", (b"1", None), (0, 1)),
    r.Describe("S", "s"),
    r.Execute("", 10),
    r.Close("P", ""),
    r.Flush(),
    r.Sync(),
    r.CopyData(b"1"),
    r.CopyDone(),
]


@given(st.lists(st.sampled_from(REQUESTS), max_size=12), st.data())
def test_requests_are_the_same_whole_byte_by_byte_and_cut_anywhere(
    messages: list[Message], data: st.DataObject
) -> None:
    stream = b"".join(message.encode() for message in messages)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=9)))
    pieces = [stream[start:end] for start, end in zip([0, *cuts], [*cuts, len(stream)], strict=True)]
    for chunks in ([stream], pieces, [stream[i : i + 1] for i in range(len(stream))]):
        server: Codec[str] = Codec(Role.BACKEND)
        heard = b""
        for chunk in chunks:
            server.receive_data(chunk)
            while (event := server.next_event()) is not None:
                heard += event[1]
        assert heard == stream


@given(st.binary(max_size=200))
def test_no_bytes_do_more_than_break_the_protocol(data: bytes) -> None:
    for role in Role:
        codec: Codec[str] = Codec(role)
        codec.receive_data(data)
        try:
            while codec.next_event() is not None:
                pass
        except ProtocolViolation:
            pass
