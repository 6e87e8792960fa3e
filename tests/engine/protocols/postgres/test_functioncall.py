"""FunctionCall: see also the conversations in tests/dsl/test_session.py and the real calls in test_adapter.py."""

from __future__ import annotations

from engine.model import Effect, Verdict
from engine.protocols.postgres.answers import ErrorResponse, FunctionCallResponse
from engine.protocols.postgres.requests import FunctionCall
from tests.dsl.conversation import IDLE, Conversation, Report, Told
from tests.dsl.wire import whole

CALL = FunctionCall(1397, b"\0\0\0\0\0\0")


async def test_it_executes_a_function_and_is_opaque_besides() -> None:
    async with Conversation(whole) as x:
        x.world.session.use(type(x.world.revision)(x.world.policy, ()))  # type: ignore[arg-type]
        x.client_sends(CALL)
        await x.expect_upstream(CALL)
        x.upstream_sends(FunctionCallResponse(b"\0\0\0\7"), IDLE)
        await x.expect_client(FunctionCallResponse(b"\0\0\0\7"), IDLE)
        intended = x.world.log.of("operation.intended")[0]
        assert intended["effects"] == [Effect.EXECUTE.value, Effect.OPAQUE.value]
        assert intended["resources"] == ["function:oid.1397", "function:oid.1397"]


async def test_it_may_be_held_and_may_fail() -> None:
    async with Conversation(whole) as x:
        x.world.session.use(type(x.world.revision)(x.world.policy, ()))  # type: ignore[arg-type]
        x.decides(**{"FUNCTION CALL": Verdict.REVIEW})
        x.client_sends(CALL)
        await x.expect_client(Told("00000", "review r-1"))
        x.approve(by="bob")
        await x.expect_upstream(CALL)
        x.upstream_sends(ErrorResponse({"S": "ERROR", "V": "ERROR", "C": "42883", "M": "no such function"}), IDLE)
        await x.expect_client(Report("42883"), IDLE)
        assert x.world.recorder.ended() == [("FUNCTION CALL", "failed")]
