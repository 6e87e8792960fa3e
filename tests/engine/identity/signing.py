"""An issuer of the tests' own: it signs anything, also what no honest issuer would, and needs no network."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import Coroutine
from datetime import UTC, datetime
from functools import cache
from typing import Any

from joserfc.jwk import ECKey, OctKey, OKPKey, RSAKey
from joserfc.jws import JWSRegistry

from engine.config.revision import Issuer
from engine.errors import UpstreamError
from engine.identity.oidc import Issuers

ADDRESS = "https://idp.example"
CORP = Issuer("corp", ADDRESS, "hoopterm", groups=("groups",))
NOW = 1_800_000_000.0

Key = RSAKey | ECKey | OKPKey | OctKey


@cache
def rsa(name: str = "rsa-1", bits: int = 2048) -> RSAKey:
    """A key of that name; asked for again, the same."""
    return RSAKey.generate_key(bits, {"kid": name})


@cache
def ec(name: str = "ec-1", curve: Any = "P-256") -> ECKey:
    return ECKey.generate_key(curve, {"kid": name})


@cache
def okp(name: str = "okp-1", curve: Any = "Ed25519") -> OKPKey:
    return OKPKey.generate_key(curve, {"kid": name})


def encode(value: object) -> str:
    """One part of a token."""
    content = value if isinstance(value, bytes) else json.dumps(value).encode()
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


def claims(**changes: Any) -> dict[str, Any]:
    """Claims that let in, with these changed; None leaves one out."""
    found = {
        "iss": ADDRESS,
        "aud": "hoopterm",
        "sub": "00u1",
        "exp": NOW + 300,
        "iat": NOW,
        "jti": "t-1",
        "groups": ["staff"],
        **changes,
    }
    return {name: value for name, value in found.items() if value is not None}


def signed(content: object, key: Key | None = None, algorithm: str = "RS256", **header: Any) -> str:
    """A token over these claims, and a header with these parameters besides alg and kid."""
    key = key or rsa()
    said = {"alg": algorithm, "kid": key.kid, **header}
    head = encode({name: value for name, value in said.items() if value is not None})
    message = f"{head}.{encode(content)}"
    return f"{message}.{encode(JWSRegistry.algorithms[algorithm].sign(message.encode(), key))}"


class Network:
    """Stands for HTTP: answers for one issuer, counts, stalls, fails."""

    def __init__(self, *keys: Key) -> None:
        self.keys = keys or (rsa(), ec(), okp())
        self.asked = 0
        self.is_down = False
        self.is_asked = asyncio.Event()
        self.goes_on = asyncio.Event()
        self.goes_on.set()

    async def get(self, address: str) -> bytes:
        self.asked += 1
        self.is_asked.set()
        await self.goes_on.wait()
        if self.is_down:
            raise UpstreamError(f"{address} cannot be read")
        if address == f"{ADDRESS}/.well-known/openid-configuration":
            return json.dumps({"issuer": ADDRESS, "jwks_uri": f"{ADDRESS}/jwks"}).encode()
        return jwks(*self.keys)


def jwks(*keys: Key) -> bytes:
    """What an issuer with these keys publishes."""
    return json.dumps(
        {"keys": [{**key.as_dict(private=isinstance(key, OctKey)), "use": "sig"} for key in keys]}
    ).encode()


class Time:
    """A wall clock and a stopwatch that stand still until they are moved."""

    def __init__(self) -> None:
        self.passed = 0.0

    def now(self) -> datetime:
        return datetime.fromtimestamp(NOW + self.passed, UTC)

    def clock(self) -> float:
        return self.passed


class Tasks:
    """Starts what asks issuers; it is over with the test's loop."""

    def __init__(self) -> None:
        self.started: list[asyncio.Task[None]] = []

    def spawn(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = asyncio.get_running_loop().create_task(work)
        self.started.append(task)
        return task


def issuers(network: Network, time: Time | None = None, *trusted: Issuer) -> Issuers:
    """The issuers of a configuration, on that network."""
    time = time or Time()
    made = Issuers(spawn=Tasks().spawn, now=time.now, clock=time.clock, get=network.get)
    made.use({issuer.name: issuer for issuer in trusted or (CORP,)})
    return made
