from __future__ import annotations

from pathlib import Path

from ruamel.yaml import YAML

from engine.config.loading import load
from tests.bench.policy import TARGETS, configuration


def written(directory: Path) -> Path:
    path = directory / "hoopterm.yaml"
    path.write_text(configuration("strict", host="127.0.0.1", port=5432, database="bench", role="postgres"))
    return path


def test_the_published_policy_holds_and_has_twenty_rules(tmp_path: Path) -> None:
    assert len(load(written(tmp_path)).policy.rules) == 20


def test_one_condition_is_asked_of_what_an_agent_reads(tmp_path: Path) -> None:
    content = YAML(typ="safe").load(written(tmp_path))
    asked = [
        rule["name"]
        for rule in content["rules"]
        if "when" in rule
        and "agents" in rule.get("who", {}).get("groups", ["agents"])
        and "read" in rule.get("what", {}).get("effects", ["read"])
    ]
    assert asked == ["accounts-by-key"]


def test_only_the_first_target_has_detectors_and_only_the_last_has_no_mask(tmp_path: Path) -> None:
    content = YAML(typ="safe").load(written(tmp_path))
    masks = {rule["where"]["labels"]["masked"]: bool(rule.get("detect")) for rule in content["masking"]}
    assert [masks.get(label) for label in TARGETS.values()] == [True, False, None]
    assert all(target["record"] == {"answers": "all"} for target in content["targets"])
