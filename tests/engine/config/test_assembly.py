from pathlib import Path

from engine.config.publickeys import fingerprint
from engine.config.revision import Authority, Issuer, Revision, SecretReference
from engine.model import Effect, Limit, Verdict
from engine.secrets.resolve import CertificateTerms
from engine.tls import ClientTLS, TLSMode
from tests.engine.config.writing import FILE, revision
from tests.servers.sshkeys import sample


def digest(rule: str) -> str:
    return revision(f"rules: [{rule}]\n").policy.rules[0].digest


def test_a_rule_is_compiled_whole() -> None:
    (rule,) = revision(
        """\
        rules:
          - name: r
            decide: review
            who: {groups: [agents], sponsors: [alice]}
            where: {targets: [shop], databases: [shop]}
            what: {effects: [write], tables: [public.*], columns: [a.b], functions: [f], paths: [/x/*], verbs: [COPY]}
            except: [{what: {tables: [scratch.*]}}, {who: {kinds: [human]}}]
            when: operation.has_where
            reason: because
            review: {reviewers: {groups: [dba]}, on_hold: reject}
            limit: {changed: 100}
        """
    ).policy.rules
    assert rule.decide is Verdict.REVIEW
    assert rule.scope.who.sponsors == {"alice"}
    assert rule.scope.what.effects == {Effect.WRITE}
    assert [len(glob) for glob in (*rule.scope.what.tables, *rule.scope.what.columns)] == [2, 3]
    assert len(rule.exceptions) == 2
    assert rule.condition is not None
    assert rule.terms is not None
    assert (rule.terms.on_hold, rule.reason) == ("reject", "because")
    assert rule.limit == Limit(changed=100, changed_by="r")


def test_the_digest_of_a_rule_is_that_of_its_meaning() -> None:
    one = digest("{name: a, decide: deny, what: {effects: [read, write]}}")
    assert one == digest("{decide: deny, what: {effects: [write, read]}, name: a}")
    assert one != digest("{name: b, decide: deny, what: {effects: [read, write]}}")
    assert one != digest("{name: a, decide: deny, what: {effects: [read]}}")
    assert one != digest("{name: a, decide: deny, what: {effects: [read, write]}, when: operation.has_where}")


def test_the_digest_of_a_rule_changes_with_its_limit() -> None:
    """An approval binds to it."""
    digests = {digest(f"{{name: a, decide: allow{limit}}}") for limit in ("", *_LIMITS)}
    assert len(digests) == 1 + len(_LIMITS)


_LIMITS = (", limit: {changed: 5}", ", limit: {changed: 6}", ", limit: {returned: 5}")


TARGETS = """\
targets:
  - name: x
    protocol: postgres
    address: "[::1]:5432"
    mode: observe
    credential: {user: app, password: {file: secrets/shop}}
    record: {answers: {rows: 10}}
    tls: {mode: verify-ca, ca: ca.pem}
"""


def target() -> Revision:
    return revision(TARGETS, whole=False)


def test_relative_paths_start_at_the_files_folder() -> None:
    credential = target().credentials["x"]
    assert credential.password == SecretReference(file=FILE.parent / "secrets/shop")
    assert credential.tls == ClientTLS(TLSMode.VERIFY_CA, FILE.parent / "ca.pem")
    absolute = revision("engine: {state: /var/lib/hoopterm, socket: run/s.sock}\n").settings.engine
    assert (absolute.state, absolute.socket) == (Path("/var/lib/hoopterm"), FILE.parent / "run/s.sock")


def test_a_target_is_what_the_engine_needs_without_its_credential() -> None:
    x = target().targets["x"]
    assert (x.mode.value, x.answers, x.address) == ("observe", 10, "[::1]:5432")
    assert "app" not in repr(x)


def test_a_masking_rule_is_handed_on_as_masking_reads_it() -> None:
    (mask,) = revision(
        """\
        masking:
          - name: m
            where: {labels: {env: prod}, targets: [shop]}
            exempt: {groups: [privacy]}
            columns: ["*.ssn"]
            detect: [email]
            with: token
            inference: allow
        """
    ).mask_rules
    assert mask.labels == {"env": "prod"}
    assert mask.targets == ("shop",)
    assert mask.exempt_groups == {"privacy"}
    assert (mask.columns, mask.detect, mask.strategy, mask.inference) == (("*.ssn",), ("email",), "token", "allow")


def test_an_issuer_is_assembled_with_its_claims() -> None:
    loaded = revision(
        """\
        identity:
          oidc:
            - name: corp
              issuer: https://idp.example/realms/corp
              audience: hoopterm
              claims: {subject: preferred_username, groups: [realm_access, roles]}
              clients: [report]
            - {name: local, issuer: "http://127.0.0.1:8080", audience: h}
        """,
        whole=False,
    )
    assert loaded.issuers == {
        "corp": Issuer(
            "corp",
            "https://idp.example/realms/corp",
            "hoopterm",
            ("preferred_username",),
            ("realm_access", "roles"),
            frozenset({"report"}),
        ),
        "local": Issuer("local", "http://127.0.0.1:8080", "h"),
    }


def test_what_a_rule_says_of_handling_and_commands_is_compiled() -> None:
    rules = revision(
        """\
        rules:
          - {name: a, decide: allow, what: {commands: ["cat /etc/*"]}, record_input: yes, mask: strict, principal: web}
          - {name: b, decide: allow, record_input: true}
          - {name: c, decide: allow, record_input: No}
          - {name: d, decide: allow, record_input: masked}
          - {name: e, decide: allow, what: {hosts: ["db:1"]}}
        """
    ).policy.rules
    assert [rule.record_input for rule in rules] == ["yes", "yes", "no", "masked", ""]
    assert (rules[0].mask, rules[0].principal) == ("strict", "web")
    assert [glob.text for glob in rules[0].scope.what.commands] == ["cat /etc/*"]
    assert [glob.text for glob in rules[4].scope.what.hosts] == ["db:1"]
    assert (rules[4].mask, rules[4].principal) == ("", None)


def test_ssh_keys_authorities_and_credentials_are_assembled() -> None:
    loaded = revision(
        f"""\
        agents: [{{name: bot, sponsor: alice, ssh: ["{sample(1)} a comment", "{sample(2)}"]}}]
        identity:
          people: {{alice: {{ssh: ["{sample(3)}"]}}}}
          ssh:
            cas:
              - "{sample(4)}"
              - {{name: corp, key: "{sample(5)}", revoked: {{keys: ["{sample(1)}"], serials: [7, "10-12"]}}}}
        targets:
          - name: web1
            protocol: ssh
            address: web1
            host_key: ["{sample(6)}", "{sample(7)}"]
            credential: {{user: deploy, private_key: {{file: keys/web1}}}}
          - {{name: web2, protocol: ssh, address: web2, credential: {{user: deploy, certificate: {{}}}}}}
        """,
        whole=False,
    )
    assert loaded.ssh_keys == {sample(1): "bot", sample(2): "bot", sample(3): "alice"}
    assert loaded.ssh_authorities == (
        Authority(fingerprint(sample(4)), sample(4)),
        Authority("corp", sample(5), frozenset({sample(1)}), ((7, 7), (10, 12))),
    )
    assert loaded.targets["web1"].host_keys == (sample(6), sample(7))
    assert loaded.targets["web2"].host_keys == ()
    assert loaded.credentials["web1"].private_key == SecretReference(file=FILE.parent / "keys/web1")
    assert loaded.credentials["web2"].certificate == CertificateTerms("deploy", 300.0)
    assert [loaded.credentials[name].kind for name in ("web1", "web2")] == ["file", "certificate"]
