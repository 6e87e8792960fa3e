"""An OpenID provider under test: the npm package oidc-provider on loopback, in a process of its own."""

from __future__ import annotations

import base64
import json
import subprocess
import urllib.request
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest

from tests.servers.npm import installed

SECRET = "client-secret-2b9d"
CLIENTS = ("report-client", "other-client")
GROUPS = {
    "report-client": {"groups": ["reports"]},
    "other-client": {"groups": []},
    "00u1": {"groups": ["staff", "oncall"]},
}

_SOURCE = Path(__file__).parent / "oidc"


class OIDCProvider:
    """A running provider. `issuer` is its address, `keys` the names of its keys by algorithm."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self._process = process
        assert process.stdout is not None
        ready = json.loads(process.stdout.readline())
        self.issuer: str = ready["issuer"]
        self.keys: dict[str, str] = ready["keys"]

    def token(self, client: str = "report-client", **resource: object) -> str:
        """An access token of a client itself; `audience`, `ttl` in seconds and `alg` say of what sort."""
        return self._grant(client, "client_credentials", resource)["access_token"]

    def person(self, subject: str = "00u1", client: str = "report-client", **resource: object) -> dict[str, str]:
        """A person's `access_token`, and `id_token` for the client."""
        return self._grant(client, "urn:test:person", resource, subject=subject)

    def renew(self, *add: str, keep: Iterable[str] = ()) -> None:
        """Replace the keys: new ones for these algorithms, and those kept by name."""
        self.keys = self._ask("/test/keys", json.dumps({"add": add, "keep": [*keep]}).encode())

    def asked(self, path: str) -> int:
        """How often a path was asked for."""
        return int(self._ask("/test/asked").get(path, 0))

    def stop(self) -> None:
        """End it, as an outage would."""
        self._process.kill()
        self._process.wait()
        assert self._process.stdout is not None
        self._process.stdout.close()

    def _grant(self, client: str, kind: str, resource: Mapping[str, object], **more: str) -> dict[str, str]:
        wanted = f"urn:hoopterm?{urlencode(resource)}"
        content = urlencode({"grant_type": kind, "resource": wanted, **more}).encode()
        login = base64.b64encode(f"{client}:{SECRET}".encode()).decode()
        given: dict[str, str] = self._ask("/token", content, Authorization=f"Basic {login}")
        return given

    def _ask(self, path: str, content: bytes | None = None, **headers: str) -> Any:
        with urllib.request.urlopen(urllib.request.Request(f"{self.issuer}{path}", content, headers)) as response:
            return json.load(response)


@contextmanager
def oidc_provider() -> Iterator[OIDCProvider]:
    """A provider, stopped at the end."""
    command = ["node", "provider.mjs", json.dumps({"clients": dict.fromkeys(CLIENTS, SECRET), "groups": GROUPS})]
    folder = installed(_SOURCE)
    with (folder / "errors.log").open("ab") as errors:
        provider = OIDCProvider(subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, stderr=errors))
    try:
        yield provider
    finally:
        provider.stop()


@pytest.fixture
def provider() -> Iterator[OIDCProvider]:
    """A provider of one test's own."""
    with oidc_provider() as started:
        yield started
