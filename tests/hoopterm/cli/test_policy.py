from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from engine.api.schema import AccessView, AppliedView, DecisionView, PolicyView
from tests.hoopterm.cli.conftest import Command, StubEngine

GOOD = """
identity: {people: {alice: {groups: [dev]}}}
agents: [{name: bot, sponsor: alice, groups: [agents]}]
targets: [{name: shop, protocol: postgres, address: "127.0.0.1:5432", credential: {user: app}}]
rules: [{name: reads, decide: allow, who: {groups: [agents]}, what: {effects: [read]}}]
"""


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "hoopterm.yaml"
    path.write_text(GOOD)
    return path


def test_a_configuration_that_holds_is_checked_without_an_engine(config: Path, hoopterm: Command) -> None:
    assert "the configuration holds" in hoopterm("policy", "check").out
    done = hoopterm("policy", "check", str(config), "--json")
    assert (done.json["ok"], done.json["problems"]) == (True, [])
    assert len(done.json["revision"]) == 64


def test_what_is_probably_not_meant_is_told_though_the_configuration_holds(config: Path, hoopterm: Command) -> None:
    config.write_text(GOOD + "notify: [{on: [space.low], command: [/nonexistent/pager]}]\n")
    done = hoopterm("policy", "check")
    assert done.status == 0
    assert "there is no program /nonexistent/pager here" in done.err
    assert len(hoopterm("policy", "check", "--json").json["warnings"]) == 1


def test_every_problem_has_its_place_and_the_status_is_1(config: Path, hoopterm: Command) -> None:
    config.write_text(GOOD + "nonsense: 1\nmore: 2\n")
    done = hoopterm("policy", "check")
    assert done.status == 1
    assert len([line for line in done.out.splitlines() if "hoopterm.yaml:" in line]) == 2
    assert "2 problems" in done.err
    assert hoopterm("policy", "check", "--json").json["ok"] is False


def test_the_schema_is_for_editors(hoopterm: Command) -> None:
    schema = hoopterm("policy", "check", "--schema").json
    assert schema["$schema"].startswith("https://json-schema.org/")
    assert "rules" in schema["properties"]


def test_without_the_engine_s_libraries_the_check_says_what_to_install() -> None:
    script = (
        "import sys; sys.modules['ruamel'] = sys.modules['cel_expr_python'] = None;"
        "from hoopterm.cli.root import run; sys.exit(run(['policy', 'check']))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "pip install 'hoopterm[engine]'" in done.stderr


def test_applying_files_compares_with_what_is_in_force(config: Path, engine: StubEngine, hoopterm: Command) -> None:
    engine.answers["GET", "/policy"] = PolicyView("r1", {})
    engine.answers["POST", "/policy/apply"] = AppliedView("r2", "r1", 3, "bob", ["hoopterm.yaml"], ["rule reads added"])
    done = hoopterm("policy", "apply", str(config))
    assert engine.asked[-1][3] == {"files": {"hoopterm.yaml": GOOD}, "expected": "r1", "reason": ""}
    assert "3 rules" in done.out
    assert "rule reads added" in done.out


def test_what_is_probably_not_meant_is_told_when_it_is_applied(engine: StubEngine, hoopterm: Command) -> None:
    applied = AppliedView("r2", "r1", 3, "bob", [], warnings=["a.yaml:3:5: nobody is in the group 'audit'"])
    engine.answers["POST", "/policy/apply"] = applied
    assert "nobody is in the group 'audit'" in hoopterm("policy", "apply").err


def test_applying_nothing_lets_the_engine_read_its_own(engine: StubEngine, hoopterm: Command) -> None:
    engine.answers["POST", "/policy/apply"] = AppliedView("r2", "r1", 3, "bob", [])
    assert hoopterm("policy", "apply", "--json").json["revision"] == "r2"
    assert engine.asked == [("POST", "/policy/apply", {}, {"files": {}, "expected": None, "reason": ""})]


def test_a_file_that_cannot_be_read_is_usage(tmp_path: Path, hoopterm: Command) -> None:
    assert hoopterm("policy", "apply", str(tmp_path / "absent.yaml")).status == 2


def test_explaining_shows_the_decision_and_every_rule(
    engine: StubEngine, hoopterm: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    rules = [
        {"rule": "reads", "decide": "allow", "matched": False, "why": "another effect"},
        {"rule": "no-ddl", "decide": "deny", "matched": True, "why": ""},
        {"rule": "all", "decide": "allow", "matched": True, "why": "", "limit": "at most 5 rows changed"},
    ]
    engine.answers["POST", "/policy/explain"] = DecisionView(
        "deny", "no-ddl", "use a migration", "DROP TABLE t", "DROP TABLE", [AccessView("schema", "table:t")], rules
    )
    out = hoopterm("policy", "explain", "DROP TABLE t", "--identity", "bot", "--target", "shop").out
    assert "✗ deny  by no-ddl: use a migration" in out
    assert "another effect" in out
    assert "matches, at most 5 rows changed" in out
    assert engine.asked[0][3] == {"identity": "bot", "target": "shop", "text": "DROP TABLE t", "database": None}
