from __future__ import annotations

from engine.api.schema import DoneView, TokenCreatedView
from tests.hoopterm.cli.conftest import Command, StubEngine
from tests.hoopterm.samples import token


def test_creating_prints_the_token_and_nothing_else(engine: StubEngine, hoopterm: Command) -> None:
    engine.answers["POST", "/tokens"] = TokenCreatedView(token(), "ht_abcd_secret")
    done = hoopterm("token", "create", "report-bot", "--ttl", "1h30m", "--on-behalf-of", "carol")
    assert (done.status, done.out, done.err) == (0, "ht_abcd_secret\n", "")
    assert engine.asked[0][3] == {"subject": "report-bot", "ttl": 5400.0, "on_behalf_of": "carol"}


def test_the_list_tells_what_still_lets_in(engine: StubEngine, hoopterm: Command) -> None:
    engine.answers["GET", "/tokens"] = [
        token(),
        token(id="old", expires="2020-01-01T00:00:00Z"),
        token(id="bad", revoked="2026-01-01T00:00:00Z"),
    ]
    out = hoopterm("token", "list").out
    assert [line.split()[2] for line in out.splitlines()[1:]] == ["valid", "expired", "revoked"]
    assert len(hoopterm("token", "list", "--json").json) == 3


def test_revoking_says_so(engine: StubEngine, hoopterm: Command) -> None:
    engine.answers["POST", "/tokens/abcd/revoke"] = DoneView()
    assert hoopterm("token", "revoke", "abcd").out == "✗ revoked  abcd\n"
