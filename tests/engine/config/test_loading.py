from pathlib import Path

import pytest

from engine.config.loading import json_schema, load, load_sources
from engine.errors import ConfigError
from engine.model import Mode
from tests.engine.config.writing import FILE, WHOLE, revision

REFERENCE = """\
engine:
  state: ./state
  socket: /run/hoopterm/control.sock
  store: sqlite
  audit: {durability: strict, checkpoints: [/mnt/elsewhere/checkpoints]}
listeners:
  postgres: {listen: 127.0.0.1:15432, tls: auto, names: [localhost]}
identity:
  tokens: {max_ttl: 12h}
  people:
    alice: {unix: alice, groups: [dev]}
    bob: {unix: bob, groups: [dba]}
    root: {unix: root, groups: [admins]}
permissions: {admin: [admins], approver: [dba], operator: [dba, dev], auditor: [audit]}
agents:
  - {name: report-bot, sponsor: alice, purpose: nightly reports, groups: [agents], expires: 2027-03-01}
targets:
  - name: shop
    protocol: postgres
    address: 127.0.0.1:5432
    database: shop
    credential: {user: app, password: {env: SHOP_PASSWORD}}
    labels: {env: prod}
    mode: enforce
    trusted: [reports.*]
    record: {answers: all}
rules:
  - {name: agents-read, decide: allow, who: {groups: [agents]}, where: {labels: {env: prod}}, what: {effects: [read]}}
  - name: deletes-need-a-human
    decide: review
    who: {groups: [agents]}
    what: {effects: [delete, write]}
    except: {what: {tables: [scratch.*]}}
    when: "operation.has_where"
    review: {reviewers: {groups: [dba]}, quorum: 1, hold: 60s, timeout: 15m, on_hold: wait}
  - {name: no-ddl, decide: deny, what: {effects: [schema, privilege, file, network]}, reason: "use a migration"}
masking:
  - name: pii
    where: {labels: {env: prod}}
    exempt: {groups: [privacy]}
    columns: [customers.email, "*.ssn"]
    detect: [credit_card, email, iban, us_ssn, phone, jwt, aws_access_key, private_key]
    with: redact
"""


def test_the_published_example_is_a_revision(tmp_path: Path) -> None:
    file = tmp_path / "hoopterm.yaml"
    file.write_text(REFERENCE)
    loaded = load(file)
    assert loaded.settings.engine.state == tmp_path / "state"
    assert loaded.settings.tokens.max_ttl == 12 * 3600
    assert loaded.settings.listeners["postgres"].listen == "127.0.0.1:15432"
    target = loaded.targets["shop"]
    assert (target.mode, target.answers, target.trusted) == (Mode.ENFORCE, "all", ("reports.*",))
    assert loaded.credentials["shop"].kind == "env"
    assert {rule.name for rule in loaded.policy.rules} == {"agents-read", "deletes-need-a-human", "no-ddl"}
    review = next(rule for rule in loaded.policy.rules if rule.terms)
    assert review.terms is not None
    assert (review.terms.hold, review.terms.timeout, review.terms.on_hold) == (60.0, 900.0, "wait")
    assert loaded.mask_rules[0].exempt_groups == {"privacy"}
    assert loaded.warnings == (f"{file}:14:81: nobody is in the group 'audit'; known: admins, agents, dba, dev",)


def test_without_an_engine_section_the_state_lies_beside_the_file() -> None:
    assert revision().settings.engine.state == FILE.parent / "state"


def test_a_folder_of_files_is_one_configuration(tmp_path: Path) -> None:
    first, second = REFERENCE.split("rules:\n")
    (tmp_path / "a.yaml").write_text(first)
    (tmp_path / "rules.yml").write_text("rules:\n" + second)
    (tmp_path / ".hidden.yaml").write_text("nonsense: 1\n")
    (tmp_path / "notes.txt").write_text("nothing\n")
    loaded = load(tmp_path)
    assert len(loaded.policy.rules) == 3
    assert [file.name for file in loaded.files] == ["a.yaml", "rules.yml"]


def test_the_same_entry_in_two_files_is_an_error_in_the_second() -> None:
    again = b"identity: {people: {alice: {}}}\nengine: {}\n"
    with pytest.raises(ConfigError) as caught:
        load_sources({Path("a.yaml"): f"engine: {{}}\n{WHOLE}".encode(), Path("b.yaml"): again})
    assert caught.value.problems == (
        "b.yaml:1:21: 'alice' is already in a.yaml; keep one of them",
        "b.yaml:2:1: engine is already set in a.yaml; keep it in one file",
    )


def test_the_digest_names_the_content_and_not_the_folder() -> None:
    one = load_sources({Path("/a/h.yaml"): WHOLE.encode()})
    assert one.digest == load_sources({Path("/b/h.yaml"): WHOLE.encode()}).digest
    assert one.digest != load_sources({Path("/a/h.yaml"): WHOLE.encode() + b"# more\n"}).digest
    assert one.digest != load_sources({Path("/a/i.yaml"): WHOLE.encode()}).digest


@pytest.mark.parametrize("name", ["missing.yaml", "missing/"])
def test_what_cannot_be_read_is_an_error_with_its_path(tmp_path: Path, name: str) -> None:
    with pytest.raises(ConfigError, match=r"missing.*cannot be read: No such file"):
        load(tmp_path / name)


def test_a_folder_without_yaml_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"no \*\.yaml here"):
        load(tmp_path)


def test_two_files_of_one_name_are_refused(tmp_path: Path) -> None:
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "h.yaml").write_text("")
    with pytest.raises(ConfigError, match="has the same name"):
        load([tmp_path / "a", tmp_path / "b"])


def test_the_schema_for_editors_knows_the_keys() -> None:
    schema = json_schema()
    assert schema["additionalProperties"] is False
    assert set(schema["properties"]) == {
        "engine",
        "listeners",
        "identity",
        "permissions",
        "agents",
        "targets",
        "rules",
        "masking",
        "notify",
    }
    assert "except" in schema["$defs"]["Rule"]["properties"]
    assert "with" in schema["$defs"]["Masking"]["properties"]


def test_a_secret_in_the_stores_url_is_in_no_message_and_no_repr() -> None:
    loaded = revision("engine: {store: 'postgresql://u:hunter2@db/x'}\n")
    assert "hunter2" not in repr(loaded)
    with pytest.raises(ConfigError) as caught:
        revision("engine: {store: 'mysql://u:hunter2@db/x'}\n")
    assert "hunter2" not in str(caught.value)
