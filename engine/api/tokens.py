"""Tokens: minted, listed, revoked."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from engine.api.call import Call
from engine.api.schema import DoneView, TokenCreatedView, TokenRequest, TokenView
from engine.api.views import token_view
from engine.audit.events import EventName
from engine.errors import Forbidden, NotFound, RecordError
from engine.identity.tokens import Token
from engine.secrets.secret import Secret

_LONGEST = 1e9  # seconds, far beyond any max_ttl


async def list_tokens(call: Call) -> list[TokenView]:
    """Every token, newest first."""
    return [token_view(token) for token in reversed(call.gateway.tokens.list())]


async def create_token(call: Call) -> TokenCreatedView:
    """Mint a token for an agent, or for the caller: nobody can make themselves another person."""
    asked = await call.body(TokenRequest)
    revision = call.gateway.revision
    if asked.subject not in revision.agents and asked.subject != call.caller.name:
        if asked.subject in revision.people:
            raise Forbidden(
                f"{call.caller.name} may not mint a token for {asked.subject}",
                "a person's token is minted by that person",
                f"let {asked.subject} run `hoopterm connect TARGET`",
            )
        raise NotFound(
            f"there is no agent {asked.subject!r}", hint="agents are listed under `agents` in the configuration"
        )
    if asked.on_behalf_of is not None and asked.on_behalf_of not in revision.people:
        raise NotFound(f"there is no person {asked.on_behalf_of!r}", hint="people are listed under identity.people")
    token, secret = await mint(call, asked.subject, asked.ttl, asked.on_behalf_of)
    return TokenCreatedView(token_view(token), secret.reveal())


async def revoke_token(call: Call) -> DoneView:
    """End a token and every session it opened."""
    token = await call.gateway.tokens.revoke(call.id, call.caller.name)
    await call.gateway.log.wait(
        call.gateway.log.append(
            EventName.TOKEN_REVOKED,
            identity=token.subject,
            data={"token": token.id, "by": call.caller.name},
        )
    )
    return DoneView()


async def mint(call: Call, subject: str, ttl: float, on_behalf_of: str | None = None) -> tuple[Token, Secret]:
    """A token the caller answers for; it leaves only once its event is on stable storage."""
    gateway, by = call.gateway, call.caller.name
    life = timedelta(seconds=min(max(ttl, 0), _LONGEST))  # a number that no timedelta holds is refused like any other
    _require_welcome(call, subject, on_behalf_of)
    token, secret = await gateway.tokens.create(subject, life, by, on_behalf_of)
    data = {"token": token.id, "by": by, "expires": token.expires, "on_behalf_of": on_behalf_of}
    try:
        await gateway.log.wait(gateway.log.append(EventName.TOKEN_CREATED, identity=subject, data=data))
        _require_welcome(call, subject, on_behalf_of)  # it may have been locked meanwhile
    except (RecordError, Forbidden):
        await gateway.tokens.revoke(token.id, by)
        raise
    return token, secret


def _require_welcome(call: Call, subject: str, on_behalf_of: str | None) -> None:
    known = call.gateway.revision.identity_of(subject)
    if known.expires is not None and known.expires <= call.gateway.now():
        ended = f"it may come no more since {known.expires:%Y-%m-%d %H:%M} UTC: the token would let nobody in"
        raise Forbidden(f"no token is minted for {subject}", ended, "give it another `expires` in the configuration")
    identity = replace(known, on_behalf_of=on_behalf_of, token_minted_by=call.caller.name)
    if (why := call.gateway.locks.why_not(identity)) is not None:
        raise Forbidden(f"no token is minted for {subject}", why, "hoopterm lock list")
