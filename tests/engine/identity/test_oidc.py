from __future__ import annotations

import hmac
from datetime import UTC, datetime
from typing import Any

import pytest

from engine.config.revision import Issuer
from engine.errors import SessionRefused
from engine.identity.keyring import PAUSE, REFRESH
from engine.identity.oidc import MAX_GROUPS, SKEW, Issuers
from engine.model import Vouched
from engine.secrets.secret import Secret
from tests.engine.identity.signing import (
    ADDRESS,
    CORP,
    NOW,
    Network,
    Tasks,
    Time,
    claims,
    ec,
    encode,
    issuers,
    okp,
    rsa,
    signed,
)
from tests.servers.issuer import OIDCProvider


async def refusal(trusted: Issuers, token: str) -> SessionRefused:
    with pytest.raises(SessionRefused) as caught:
        await trusted.verify(Secret(token))
    return caught.value


@pytest.mark.parametrize(("key", "algorithm"), [(rsa(), "RS256"), (rsa(), "PS256"), (ec(), "ES256"), (okp(), "EdDSA")])
async def test_a_token_that_its_issuer_signed_for_us_says_who_it_is(key: Any, algorithm: str) -> None:
    word, until = await issuers(Network()).verify(Secret(signed(claims(), key, algorithm)))
    assert word == Vouched("corp", "00u1", "t-1", frozenset({"corp/staff"}))
    assert word.login == "corp/00u1"
    assert until == datetime.fromtimestamp(NOW + 300, UTC)


def confused() -> str:
    """Signed by HMAC with the issuer's public key as the secret, which everybody can read."""
    message = f"{encode({'alg': 'HS256', 'kid': 'rsa-1'})}.{encode(claims())}"
    return f"{message}.{encode(hmac.digest(rsa().as_pem(private=False), message.encode(), 'sha256'))}"


def unsigned(algorithm: str) -> str:
    return f"{encode({'alg': algorithm, 'kid': 'rsa-1'})}.{encode(claims())}."


def tampered() -> str:
    header, _, signature = signed(claims()).split(".")
    return f"{header}.{encode(claims(sub='00u2'))}.{signature}"


@pytest.mark.parametrize(
    "token",
    [
        pytest.param(confused(), id="HMAC with the public key"),
        pytest.param(unsigned("none"), id="none"),
        pytest.param(unsigned("RS256"), id="no signature"),
        pytest.param(tampered(), id="tampered"),
        pytest.param(signed(claims(), rsa("mine"), kid="rsa-1"), id="a stranger's key under the issuer's name"),
        pytest.param(signed(claims(), rsa("mine"), jwk=rsa("mine").as_dict(private=False)), id="its own key"),
        pytest.param(signed(claims(), rsa("mine"), jku="https://evil.example/jwks"), id="keys elsewhere"),
        pytest.param(signed(claims(iss="https://evil.example")), id="another issuer"),
        pytest.param(signed(claims(iss=ADDRESS + "/")), id="nearly the issuer"),
        pytest.param(signed(claims(iss=[ADDRESS])), id="a list of issuers"),
        pytest.param(signed(claims(iss=None)), id="no issuer"),
        pytest.param("ey" + "a" * 20_000 + ".b.c", id="too long"),
        pytest.param("ey.b.c", id="nonsense"),
    ],
)
async def test_what_no_issuer_signed_is_refused_in_the_same_words(token: str) -> None:
    """RFC 8725; a stranger does not learn which issuers and keys there are."""
    refused = await refusal(issuers(Network()), token)
    assert str(refused) == str(await refusal(issuers(Network()), "ey.b.c"))


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"aud": "another"}, "audience"),
        ({"aud": None}, "audience"),
        ({"aud": []}, "audience"),
        ({"aud": {"hoopterm": 1}}, "audience"),
        ({"aud": "Hoopterm"}, "audience"),
        ({"aud": ["hoopterm", "other"]}, "another client"),
        ({"aud": ["hoopterm", "other"], "azp": "other"}, "another client"),
        ({"exp": None}, "never expires"),
        ({"exp": "soon"}, "no time"),
        ({"exp": True}, "no time"),
        ({"exp": -1}, "no time"),
        ({"exp": NOW - SKEW}, "expired"),
        ({"nbf": NOW + SKEW + 1}, "not valid yet"),
        ({"iat": NOW + SKEW + 1}, "not valid yet"),
        ({"nbf": "later"}, "no time"),
        ({"sub": None}, "no subject"),
        ({"sub": ""}, "no subject"),
        ({"sub": 17}, "no subject"),
        ({"sub": "a\nb"}, "no subject"),
        ({"sub": "x" * 256}, "no subject"),
        ({"jti": "x" * 256}, "identifier"),
        ({"jti": ["t"]}, "identifier"),
        ({"cnf": {"jkt": "x"}}, "cnf"),
        ({"act": {"sub": "x"}}, "act"),
        ({"groups": None}, "groups"),
        ({"groups": 7}, "groups"),
        ({"groups": ["staff", 7]}, "groups"),
        ({"groups": {"staff": 1}}, "groups"),
        ({"groups": ["g"] * (MAX_GROUPS + 1)}, "groups"),
    ],
)
async def test_a_token_that_is_not_for_us_or_not_for_now_says_why(change: dict[str, Any], why: str) -> None:
    refused = await refusal(issuers(Network()), signed(claims(**change)))
    assert why in refused.why


@pytest.mark.parametrize(
    "change",
    [
        {"aud": ["hoopterm"]},
        {"aud": ["hoopterm", "other"], "azp": "hoopterm"},
        {"azp": "other"},
        {"nbf": NOW + SKEW},
        {"iat": NOW + SKEW},
        {"iat": None},
        {"jti": None},
        {"exp": NOW + 0.5},
        {"groups": []},
        {"groups": "staff"},
        {"exp": 1e300},
        {"exp": 10**400},
    ],
)
async def test_a_token_that_is_right_lets_in(change: dict[str, Any]) -> None:
    word, _ = await issuers(Network()).verify(Secret(signed(claims(**change))))
    assert word.subject == "00u1"


@pytest.mark.parametrize(
    ("before", "ends"),
    [(300.0, NOW + 300), (0.0, NOW + SKEW), (-SKEW + 1, NOW + 1)],
)
async def test_what_it_opens_ends_with_it_or_with_the_skew_where_it_opens_within_that(
    before: float, ends: float
) -> None:
    _, until = await issuers(Network()).verify(Secret(signed(claims(exp=NOW + before))))
    assert until == datetime.fromtimestamp(ends, UTC)


@pytest.mark.parametrize(
    ("clients", "change", "lets_in"),
    [
        ({"report"}, {"azp": "report"}, True),
        ({"report"}, {"azp": "other"}, False),
        ({"report"}, {"client_id": "report"}, True),
        ({"report"}, {"client_id": "other"}, False),
        ({"report"}, {"azp": "other", "client_id": "report"}, False),
        ({"report"}, {}, True),
        ({"report"}, {"aud": ["hoopterm", "account"], "azp": "report"}, True),
        ({"report"}, {"aud": ["hoopterm", "account"]}, False),
        ({"report"}, {"aud": ["hoopterm", "account"], "azp": "hoopterm"}, False),
        ({"report"}, {"azp": ["report"]}, False),
    ],
)
async def test_tokens_made_for_another_client_are_refused(
    clients: set[str], change: dict[str, Any], lets_in: bool
) -> None:
    trusted = issuers(Network(), None, Issuer("corp", ADDRESS, "hoopterm", clients=frozenset(clients)))
    if lets_in:
        await trusted.verify(Secret(signed(claims(**change))))
    else:
        assert "another client" in (await refusal(trusted, signed(claims(**change)))).why


@pytest.mark.parametrize(
    ("path", "value", "groups"),
    [
        (("groups",), ["a", "b"], {"corp/a", "corp/b"}),
        (("realm_access", "roles"), {"roles": ["a"]}, {"corp/a"}),
        (("realm_access", "roles"), {"roles": "a"}, {"corp/a"}),
        (("https://claims.example/groups",), ["dba"], {"corp/dba"}),
        (None, ["a"], set()),
    ],
)
async def test_groups_count_only_where_the_configuration_says_and_as_the_issuers(
    path: tuple[str, ...] | None, value: object, groups: set[str]
) -> None:
    trusted = issuers(Network(), None, Issuer("corp", ADDRESS, "hoopterm", groups=path))
    said = {"groups": None, (path or ("groups",))[0]: value}
    word, _ = await trusted.verify(Secret(signed(claims(**said))))
    assert word.groups == groups


@pytest.mark.parametrize("value", [None, {}, {"roles": None}, {"roles": {"a": 1}}, ["a"], "a"])
async def test_a_nested_claim_that_is_not_there_is_not_no_groups(value: object) -> None:
    """Without its groups a token would be free of every rule that denies them something."""
    trusted = issuers(Network(), None, Issuer("corp", ADDRESS, "hoopterm", groups=("realm_access", "roles")))
    refused = await refusal(trusted, signed(claims(realm_access=value)))
    assert "groups" in refused.why


async def test_each_token_is_judged_by_its_own_issuer_alone() -> None:
    other = Issuer("other", "https://other.example", "warehouse")
    trusted = issuers(Network(), None, CORP, other)
    await trusted.verify(Secret(signed(claims())))
    assert "audience" in (await refusal(trusted, signed(claims(aud="warehouse")))).why


async def test_an_issuer_that_is_trusted_no_more_lets_nobody_in_even_while_it_is_asked() -> None:
    network = Network()
    trusted = issuers(network)

    async def get(address: str) -> bytes:
        trusted.use({})
        return await network.get(address)

    trusted._issuers[ADDRESS][1]._get = get
    await refusal(trusted, signed(claims()))


async def test_keys_are_kept_when_other_parts_of_the_configuration_change() -> None:
    network = Network()
    trusted = issuers(network)
    await trusted.verify(Secret(signed(claims())))
    trusted.use({"corp": Issuer("corp", ADDRESS, "another")})
    assert "audience" in (await refusal(trusted, signed(claims()))).why
    assert network.asked == 2


async def test_no_token_is_in_an_error_or_a_repr(capsys: pytest.CaptureFixture[str]) -> None:
    trusted = issuers(Network())
    for token in (signed(claims(aud="another")), tampered(), confused()):
        refused = await refusal(trusted, token)
        shown = f"{refused!r} {refused} {refused.hint} {refused.__cause__!r} {trusted!r} {capsys.readouterr()}"
        assert not any(part in shown for part in token.split("."))


async def test_a_crowd_of_bad_tokens_does_not_fill_the_engines_log(capsys: pytest.CaptureFixture[str]) -> None:
    trusted = issuers(Network())
    for _ in range(1000):
        await refusal(trusted, "ey.b.c")
    assert 0 < capsys.readouterr().out.count("was refused") <= 100


# against a real provider: the npm package oidc-provider


class Real:
    """The issuers of a configuration that trusts a real provider; the stopwatch is the test's."""

    def __init__(self, provider: OIDCProvider, **settings: Any) -> None:
        self.time = Time()
        self.issuers = Issuers(spawn=Tasks().spawn, now=lambda: datetime.now(UTC), clock=self.time.clock)
        self.issuers.use({"corp": Issuer("corp", provider.issuer, "hoopterm", **settings)})

    async def lets_in(self, token: str) -> bool:
        try:
            await self.issuers.verify(Secret(token))
        except SessionRefused:
            return False
        return True


@pytest.mark.parametrize("algorithm", ["RS256", "PS256", "ES256", "EdDSA"])
async def test_a_real_providers_access_token_lets_in(provider: OIDCProvider, algorithm: str) -> None:
    trusted = Real(provider, groups=("groups",))
    word, _ = await trusted.issuers.verify(Secret(provider.token(alg=algorithm)))
    assert (word.subject, word.groups) == ("report-client", frozenset({"corp/reports"}))
    assert word.id is not None
    person, _ = await trusted.issuers.verify(Secret(provider.person("00u1", alg=algorithm)["access_token"]))
    assert (person.subject, person.groups) == ("00u1", frozenset({"corp/staff", "corp/oncall"}))


async def test_a_real_providers_id_token_lets_in_where_its_client_is_the_audience(provider: OIDCProvider) -> None:
    token = provider.person()["id_token"]
    trusted = Real(provider)
    assert not await trusted.lets_in(token)
    trusted.issuers.use({"corp": Issuer("corp", provider.issuer, "report-client")})
    assert await trusted.lets_in(token)


async def test_a_real_token_for_somebody_else_does_not_let_in(provider: OIDCProvider) -> None:
    assert not await Real(provider).lets_in(provider.token(audience="another"))


async def test_a_real_providers_keys_rotate(provider: OIDCProvider) -> None:
    trusted = Real(provider)
    before = provider.token()
    assert await trusted.lets_in(before)
    provider.renew("RS256", keep=[provider.keys["RS256"]])
    after = provider.token()
    trusted.time.passed = PAUSE
    assert await trusted.lets_in(after)
    assert await trusted.lets_in(before)
    provider.renew(keep=[provider.keys["RS256"]])
    trusted.time.passed = PAUSE + REFRESH
    assert await trusted.lets_in(after) != await trusted.lets_in(before)
    assert provider.asked("/jwks") == 3


async def test_a_real_providers_outage_does_not_keep_out_who_it_vouched_for(provider: OIDCProvider) -> None:
    trusted = Real(provider)
    token = provider.token()
    assert await trusted.lets_in(token)
    provider.stop()
    trusted.time.passed = REFRESH
    assert await trusted.lets_in(token)
    assert not await Real(provider).lets_in(token)
