from __future__ import annotations

import pytest

from engine.policy.globs import BadGlob
from engine.policy.hosts import host_glob
from tests.engine.policy.making import access, rule, verdict


@pytest.mark.parametrize(
    ("pattern", "name"),
    [
        ("db.internal:5432", "db.internal:5432"),
        ("db.internal:5432", "DB.Internal:5432"),
        ("*.internal:*", "db.internal:22"),
        ("**.internal:*", "a.b.internal:22"),
        ("10.0.*.*:5432", "10.0.3.4:5432"),
        ("[FD00:0::1]:22", "[fd00::1]:22"),
        ("[*]:22", "[fd00::1]:22"),
        ("**:*", "[fd00::1]:22"),
        ("**:*", "a.b:1"),
        ("*:22", "web1:22"),
    ],
)
def test_a_pattern_means_these(pattern: str, name: str) -> None:
    assert host_glob(pattern).matches(name, broadly=False)
    assert host_glob(pattern).matches(name, broadly=True)


@pytest.mark.parametrize(
    ("pattern", "name"),
    [
        ("db.internal:5432", "db.internal:5433"),
        ("db.internal:5432", "xdb.internal:5432"),
        ("db.internal:5432", "db-internal:5432"),
        ("*.internal:*", "a.b.internal:22"),
        ("*.internal:*", "internal:22"),
        ("*:22", "a.b:22"),
        ("*:22", "[fd00::1]:22"),
        ("[*]:22", "web1:22"),
        ("10.0.0.1:22", "10.0.0.2:22"),
    ],
)
def test_a_pattern_means_none_of_these(pattern: str, name: str) -> None:
    assert not host_glob(pattern).matches(name, broadly=False)
    assert not host_glob(pattern).matches(name, broadly=True)


@pytest.mark.parametrize(
    ("pattern", "name"),
    [
        ("db.internal:*", "db.internal.:22"),
        ("127.0.0.1:22", "127.1:22"),
        ("127.0.0.1:22", "2130706433:22"),
        ("127.0.0.1:22", "0x7f.1:22"),
        ("127.0.0.1:22", "[::ffff:127.0.0.1]:22"),
        ("127.0.0.1:22", "localhost:22"),
        ("localhost:22", "[::1]:22"),
        ("localhost:22", "127.9.9.9:22"),
        ("localhost:22", "0:22"),
        ("localhost:22", "x.localhost:22"),
        ("169.254.169.254:80", "0xa9fea9fe:80"),
        ("[fe80::1]:22", "[fe80::1%eth0]:22"),
    ],
)
def test_a_deny_sees_through_spellings_that_an_allow_does_not_take(pattern: str, name: str) -> None:
    """SECURITY: rules must not be dodged by another spelling of the same thing."""
    assert host_glob(pattern).matches(name, broadly=True)
    assert not host_glob(pattern).matches(name, broadly=False)


@pytest.mark.parametrize("name", ["", "db", "db:x", "a/b:1", "x" * 400 + ":1", "db:\u0661"])
def test_what_is_no_host_may_be_any_and_is_covered_by_nothing(name: str) -> None:
    assert host_glob("other:1").matches(name, broadly=True)
    assert not host_glob("**:*").matches(name, broadly=False)


@pytest.mark.parametrize(
    "pattern", ["", "db", "db:", "db:x", "db:70000", ":22", "a b:1", "a/b:1", "[x]:1", "::1:22", "a..b:1", "[::1]"]
)
def test_what_no_host_can_be_is_no_pattern(pattern: str) -> None:
    with pytest.raises(BadGlob):
        host_glob(pattern)


def test_a_name_made_to_cost_much_does_not() -> None:
    """SECURITY promise 6. Tried in all the ways there are, it would not come to an end."""
    glob = host_glob("*a*a*a*a*a*a*a*a*b.**a**a**a**a**x:1")
    assert not glob.matches(f"{'a' * 140}.{'a' * 150}:1", broadly=True)


def test_rules_name_hosts_and_are_then_about_no_other_resource() -> None:
    allow = rule("a", "allow", hosts=["*.internal:5432"])
    assert verdict([allow], access("network", "host:db.internal:5432")) == "allow"
    assert verdict([allow], access("network", "host:db.internal:22")) == "deny"
    assert verdict([allow], access("network", "path:/run/x.sock")) == "deny"
    assert verdict([allow], access("execute", "command:ls")) == "deny"


def test_a_deny_by_host_hits_a_host_and_a_command_that_were_not_told() -> None:
    rules = [rule("all", "allow", effects=["network", "opaque"]), rule("d", "deny", hosts=["db.internal:*"])]
    assert verdict(rules, access("network", "host:other:1")) == "allow"
    assert verdict(rules, access("network", "host")) == "deny"
    assert verdict(rules, access("opaque", "command")) == "deny"
