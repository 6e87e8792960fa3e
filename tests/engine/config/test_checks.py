import pytest

from tests.engine.config.writing import problems, revision
from tests.servers.sshkeys import sample

REVIEW = "review: {reviewers: {groups: [dba]}}"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "rules:\n  - {name: a, decide: deny}\n  - {name: a, decide: deny}\n",
            "3:12: another rule is named 'a'; the first is in hoopterm.yaml:15",
        ),
        (
            "engine: {free_space: {warn: 1GB, floor: 1000MB}}\n",
            "1:41: floor is not below warn; at the floor operations are refused: warn before that",
        ),
        (
            "engine: {free_space: {warn: 1%}}\n",
            "1:22: floor is not below warn; at the floor operations are refused: warn before that",
        ),
        (
            "notify: [{on: [space.low]}]\n",
            "1:15: a notification goes to one place; give `command` or `url`",
        ),
        (
            "notify: [{on: [space.low], command: [x], url: 'https://h/'}]\n",
            "1:15: a notification goes to one place; give `command` or `url`",
        ),
        (
            "notify: [{on: [space.low], command: [x], headers: {A: {env: B}}}]\n",
            "1:42: a command is given no headers; leave them out",
        ),
        (
            "notify: [{on: [space.low], url: 'https://h/', headers: {A: {}}}]\n",
            "1:60: a header's value lies in one place; give {env: NAME} or {file: PATH}",
        ),
        (
            "notify: [{name: a, on: [space.low], command: [x]}, {name: a, on: [space.low], command: [x]}]\n",
            "1:59: another notification is named 'a'",
        ),
        ("masking: [{name: m}]\n", "1:18: it masks nothing; name `columns`, or what to `detect`"),
        (
            "masking: [{name: m, detect: [email], where: {targets: [shp]}}]\n",
            "1:56: no target is named 'shp'; did you mean 'shop'?",
        ),
        (
            "rules: [{name: a, decide: review}]\n",
            "1:27: a review rule says who decides; for example review: {reviewers: {groups: [dba]}}",
        ),
        (
            f"rules: [{{name: a, decide: deny, {REVIEW}}}]\n",
            "1:33: a rule that says deny asks nobody; leave `review` out",
        ),
        (
            "rules: [{name: a, decide: review, review: {reviewers: {groups: [dba]}, hold: 1h, timeout: 5m}}]\n",
            "1:78: hold is longer than timeout; the review would end while it is held",
        ),
        (
            "rules: [{name: a, decide: deny, limit: {changed: 1}}]\n",
            "1:33: a rule that denies lets no rows through; leave `limit` out",
        ),
        (
            "rules: [{name: a, decide: deny, record_input: yes}]\n",
            "1:33: a rule that denies lets nothing run; leave `record_input` out",
        ),
        (
            "rules:\n  - {name: a, decide: allow, what: {commands: [uptime, 'cat ../x']}}\n",
            "2:56: 'cat ../x' has a `..`, which never matches; write the path it leads to",
        ),
        (
            "rules:\n  - {name: a, decide: allow, what: {hosts: ['db:5432', db.internal]}}\n",
            "2:56: 'db.internal' says no port; for example db.internal:5432, *.internal:*, [fd00::1]:22",
        ),
        (
            "rules:\n  - {name: a, decide: allow, record_input: maybe}\n",
            "2:44: 'maybe' is not possible here; known: masked, no, yes",
        ),
        (
            "rules: [{name: a, decide: allow, limit: {}}]\n",
            "1:34: it limits nothing; for example limit: {changed: 100}",
        ),
        (
            "rules: [{name: a, decide: deny, when: 'false'}]\n",
            "1:39: the condition is always false, so the rule can never match",
        ),
    ],
)
def test_what_only_shows_across_entries_is_told(text: str, expected: str) -> None:
    assert problems(text) == [expected]


def test_names_of_people_and_agents_mean_one_identity_each() -> None:
    text = """\
    identity:
      people:
        alice: {unix: root}
        bob: {unix: root}
    agents:
      - {name: alice, sponsor: bob}
      - {name: bot, sponsor: allice}
      - {name: bot, sponsor: bob}
    """
    assert problems(text, whole=False) == [
        "4:17: alice has the Unix name 'root' too; one login is one person",
        "6:12: 'alice' is a person too; a name means one identity",
        "7:26: the sponsor 'allice' is not among the people; did you mean 'alice'?",
        "8:12: another agent is named 'bot'; the first is in hoopterm.yaml:7",
    ]


@pytest.mark.parametrize("password", ["{}", "{env: A, file: b}"])
def test_a_password_lies_in_one_place(password: str) -> None:
    text = f"targets: [{{name: x, protocol: postgres, address: h, credential: {{user: u, password: {password}}}}}]\n"
    assert problems(text, whole=False) == ["1:85: a password lies in one place; give {env: NAME} or {file: PATH}"]


def test_what_refers_to_a_faulty_entry_is_not_called_wrong_as_well() -> None:
    text = """\
    identity: {people: {alice: {unixx: alice, groups: [dev]}}}
    agents: [{name: bot, sponsor: alice, groups: [agents]}]
    rules: [{name: a, decide: deny, who: {sponsors: [alice], groups: [dev]}}]
    """
    assert problems(text, whole=False) == ["1:29: unknown key 'unixx'; did you mean 'unix'?"]


def test_a_review_that_too_few_people_could_approve_is_a_warning() -> None:
    rule = "rules: [{name: a, decide: review, review: {reviewers: {groups: [dba]}, quorum: 2}}]\n"
    (warning,) = revision(rule).warnings
    assert "1 of the 2 people it needs could approve it" in warning
    assert "14:55" in warning


def test_a_notification_whose_program_is_not_there_is_a_warning() -> None:
    loaded = revision("notify: [{on: [space.low], command: [/nonexistent/pager]}, {on: [space.low], command: [sh]}]\n")
    (warning,) = loaded.warnings
    assert "there is no program /nonexistent/pager here" in warning


def test_a_host_whose_key_is_not_pinned_and_a_secret_that_is_not_there_are_warnings() -> None:
    host = "{name: web1, protocol: ssh, address: 'h:22', credential: {user: u, password: {file: /nonexistent/secret}}}"
    first, second = revision(f"targets: [{host}]\n", whole=False).warnings
    assert "its host key is not pinned: sessions are refused; `hoopterm target learn web1`" in first
    assert "there is no file /nonexistent/secret here: sessions are refused" in second


def test_a_permission_for_a_group_nobody_is_in_is_a_warning() -> None:
    (warning,) = revision(
        "permissions: {auditor: [audit]}\nidentity: {people: {a: {groups: [x]}}}\n", whole=False
    ).warnings
    assert "nobody is in the group 'audit'" in warning


_OIDC = """\
identity:
  oidc:
    - {name: corp, issuer: "https://idp.example", audience: hoopterm}
  people:
    alice: {groups: [dev], oidc: corp/00u1}
agents:
"""


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("  - {name: b, sponsor: alice, oidc: cop/x}\n", "7:37: no issuer is named 'cop'; did you mean 'corp'?"),
        (
            "  - {name: b, sponsor: alice, oidc: corp/00u1}\n",
            "7:37: alice is 'corp/00u1' too; one login is one identity",
        ),
        (
            "  - {name: b, sponsor: alice, oidc: corp/x}\n  - {name: c, sponsor: alice, oidc: corp/x}\n",
            "8:37: b is 'corp/x' too; one login is one identity",
        ),
    ],
)
def test_a_login_is_one_identitys_at_an_issuer_of_the_configuration(text: str, expected: str) -> None:
    assert problems(_OIDC + text, whole=False) == [expected]
    assert problems(_OIDC + "  - {name: b, sponsor: alice, oidc: CORP2/x}\n", whole=False) != []
    assert problems(_OIDC + "  - {name: b, sponsor: alice, oidc: corp/00U1}\n", whole=False) == []


def test_an_issuer_is_named_once_and_trusted_once() -> None:
    issuers = """\
    identity:
      oidc:
        - {name: corp, issuer: "https://idp.example", audience: a}
        - {name: corp, issuer: "https://idp2.example", audience: a}
        - {name: other, issuer: "https://idp.example", audience: b}
    """
    assert problems(issuers, whole=False) == [
        "4:14: another issuer is named 'corp'; the first is in hoopterm.yaml:3",
        "5:29: corp is that issuer too; keep one of them",
    ]


def test_a_login_is_not_called_wrong_where_its_issuer_is() -> None:
    text = _OIDC.replace("audience", "audeince") + "  - {name: b, sponsor: alice, oidc: corp/x}\n"
    found = problems(text, whole=False)
    assert len(found) == 2
    assert not any("no issuer" in problem for problem in found)


WEB = """\
agents:
  - name: bot
    sponsor: alice
    ssh: ["{0}"]
identity:
  people:
    alice: {{ssh: ["{1} ada at her desk"]}}
  ssh:
    cas:
      - "{2}"
      - key: "{3}"
        name: corp
targets:
  - name: web1
    protocol: ssh
    address: web1:22
    host_key: "{4}"
    credential:
      user: deploy
      {5}
    {6}
listeners:
  ssh:
    listen: 127.0.0.1:2222
    {7}
"""


def web(*keys: int, credential: str = "", target: str = "", listener: str = "") -> list[str]:
    """What is wrong where the agent, the person, two authorities and the target have these keys."""
    return problems(WEB.format(*(sample(key) for key in keys), credential, target, listener), whole=False)


def test_keys_and_targets_of_ssh_hold_together() -> None:
    assert web(1, 2, 3, 4, 5) == []
    assert web(1, 2, 3, 4, 1, credential="private_key: {file: keys/web1}") == []
    assert web(1, 2, 3, 4, 1, credential="certificate: {principal: ops, ttl: 1m}") == []


@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        ((1, 1, 3, 4), "4:11: alice has this key too; one key is one identity"),
        ((3, 2, 3, 4), "4:11: an authority of identity.ssh.cas has this key too; one key is one identity"),
        ((1, 2, 3, 3), "11:14: this authority is listed already; keep one of them"),
    ],
)
def test_a_key_is_one_identitys(keys: tuple[int, ...], expected: str) -> None:
    assert web(*keys, 5) == [expected]


@pytest.mark.parametrize(
    ("where", "text", "expected"),
    [
        ("listener", "tls: off", "25:5: `tls` means nothing to ssh; leave it out"),
        ("listener", "allow_plaintext: true", "25:5: `allow_plaintext` means nothing to ssh; leave it out"),
        ("target", "database: x", "21:5: `database` means nothing to ssh; leave it out"),
        ("target", "tls: {mode: require}", "21:5: `tls` means nothing to ssh; leave it out"),
        ("target", "trusted: [f]", "21:5: `trusted` means nothing to ssh; leave it out"),
        (
            "credential",
            "private_key: {env: A}\n      certificate: {}",
            "20:7: a certificate is for a key that the engine makes anew; leave `private_key` out, or `certificate`",
        ),
        ("credential", "private_key: {}", "20:20: a private key lies in one place; give {env: NAME} or {file: PATH}"),
        ("credential", "certificate: {ttl: 1s}", "20:26: ttl: Input should be greater than or equal to 10"),
    ],
)
def test_what_means_nothing_to_ssh_is_refused(where: str, text: str, expected: str) -> None:
    assert web(1, 2, 3, 4, 5, **{where: text}) == [expected]


def test_what_means_nothing_to_postgres_is_refused() -> None:
    text = (
        "targets: [{name: a, protocol: postgres, address: h, credential: {user: u, certificate: {}}, host_key: '%s'}]\n"
    )
    assert problems(text % sample(1), whole=False) == [
        "1:75: `certificate` means nothing to postgres; leave it out",
        "1:93: `host_key` means nothing to postgres; leave it out",
    ]
