"""The files of a running engine: replaced whole or not at all, and kept with their author."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from pathlib import Path

import pytest

from engine import policy_files
from engine.errors import ConfigError, Conflict
from tests.engine.api.conftest import Serving, config, place, serving

__all__ = ["config", "place", "serving"]

RULE = "  - {{name: {name}, decide: deny, who: {{groups: [agents]}}, what: {{effects: [schema]}}}}\n"


async def test_every_revision_in_force_is_kept_with_its_author(serving: Serving) -> None:
    files, state = serving.gateway.policy_files, serving.gateway.state
    await files.keep("the engine's start")
    text = serving.config.read_text() + RULE.format(name="no-ddl")
    applied = await files.replace({"hoopterm.yaml": text}, None, "bob")
    history = [json.loads(line) for line in (state / "policy" / "history.jsonl").read_text().splitlines()]
    assert [(entry["author"], entry["revision"]) for entry in history] == [
        ("the engine's start", applied.previous.digest),
        ("bob", applied.revision.digest),
    ]
    assert (state / "policy" / applied.revision.digest / "hoopterm.yaml").read_text() == text


async def test_a_kept_revision_is_on_disk_whole_before_it_has_its_name(
    serving: Serving, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was in force when the power went must not be an empty file."""
    synced: list[str] = []
    sync = os.fsync

    def noting(descriptor: int) -> None:
        synced.append(os.readlink(f"/proc/self/fd/{descriptor}"))
        sync(descriptor)

    monkeypatch.setattr(os, "fsync", noting)
    revision = replace(serving.gateway.revision, digest="d" * 64)
    serving.gateway.revision = revision
    await serving.gateway.policy_files.keep("bob")
    folder = serving.gateway.state.resolve() / "policy"
    (name,) = (path.name for path in revision.sources)
    staged = [path for path in synced if Path(path).parent.name.startswith(f".{revision.digest}")]
    assert any(Path(path).name.startswith(name) for path in staged)
    assert synced.index(staged[0]) < synced.index(str(folder))
    assert (folder / revision.digest / name).read_bytes() == next(iter(revision.sources.values()))


async def test_a_file_changed_on_disk_is_not_overwritten(serving: Serving) -> None:
    theirs = serving.config.read_text() + "# edited by hand\n"
    serving.config.write_text(theirs)
    with pytest.raises(Conflict, match="changed on disk"):
        await serving.gateway.policy_files.replace({"hoopterm.yaml": theirs + RULE.format(name="no-ddl")}, None, "bob")
    assert serving.config.read_text() == theirs


async def test_a_replacement_of_another_revision_is_refused(serving: Serving) -> None:
    before = serving.config.read_text()
    with pytest.raises(Conflict, match="another revision"):
        await serving.gateway.policy_files.replace({"hoopterm.yaml": before + "# mine\n"}, "0" * 64, "bob")
    assert serving.config.read_text() == before


async def test_where_the_engine_may_not_write_it_hands_out_a_patch(
    serving: Serving, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> Path:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(policy_files, "_stage", fail)
    text = serving.config.read_text() + RULE.format(name="no-ddl")
    with pytest.raises(Conflict, match="may not write") as caught:
        await serving.gateway.policy_files.replace({"hoopterm.yaml": text}, None, "bob")
    assert "+++ b/hoopterm.yaml" in caught.value.hint
    assert "+" + RULE.format(name="no-ddl").rstrip() in caught.value.hint


async def test_a_replacement_leaves_nothing_behind_and_keeps_the_mode(serving: Serving) -> None:
    serving.config.chmod(0o640)
    text = serving.config.read_text() + RULE.format(name="no-ddl")
    await serving.gateway.policy_files.replace({"hoopterm.yaml": text}, None, "bob")
    assert serving.config.stat().st_mode & 0o777 == 0o640
    assert [path.name for path in serving.config.parent.glob(".*")] == []


async def test_a_new_file_joins_the_others(serving: Serving) -> None:
    extra = "rules:\n" + RULE.format(name="no-ddl")
    applied = await serving.gateway.policy_files.replace({"more.yaml": extra}, None, "bob")
    assert len(applied.revision.files) == 2
    again = await serving.gateway.policy_files.reload("bob")
    assert again.revision.digest == applied.revision.digest


async def test_a_file_of_another_name_that_says_it_all_again_is_refused_in_one_sentence(serving: Serving) -> None:
    text = serving.config.read_text()
    with pytest.raises(Conflict, match=r"other\.yaml would stand beside hoopterm\.yaml, and together they do not hold"):
        await serving.gateway.policy_files.replace({"other.yaml": text}, None, "bob")
    assert not serving.config.with_name("other.yaml").exists()


async def test_reloading_a_file_that_does_not_hold_changes_nothing(serving: Serving) -> None:
    before = serving.gateway.revision
    serving.config.write_text("nonsense: 1\n")
    with pytest.raises(ConfigError):
        await serving.gateway.policy_files.reload("SIGHUP")
    assert serving.gateway.revision is before
    (refused,) = await serving.events("policy.refused")
    assert refused["data"]["author"] == "SIGHUP"


async def test_changes_of_different_rules_by_two_people_are_merged(serving: Serving) -> None:
    files = serving.gateway.policy_files
    base = serving.config.read_text() + RULE.format(name="one") + RULE.format(name="two")
    began = (await files.replace({"hoopterm.yaml": base}, None, "bob")).revision.digest
    await files.replace({"hoopterm.yaml": base.replace("name: one", "name: first")}, began, "bob")
    applied = await files.replace({"hoopterm.yaml": base.replace("name: two", "name: second")}, began, "ana")
    assert applied.merged
    assert {"first", "second"} <= {rule.name for rule in applied.revision.policy.rules}
    assert serving.config.read_text() == base.replace("name: one", "name: first").replace("name: two", "name: second")


async def test_two_changes_of_one_rule_are_refused_on_whichever_lines(serving: Serving) -> None:
    files = serving.gateway.policy_files
    rule = "  - name: one\n    decide: deny\n    who: {groups: [agents]}\n    what: {effects: [schema]}\n"
    base = serving.config.read_text() + rule
    began = (await files.replace({"hoopterm.yaml": base}, None, "bob")).revision.digest
    theirs = base.replace("who: {groups: [agents]}", "who: {kinds: [agent]}")
    await files.replace({"hoopterm.yaml": theirs}, began, "bob")
    with pytest.raises(Conflict, match="both change the rule one"):
        await files.replace({"hoopterm.yaml": base.replace("[schema]", "[schema, privilege]")}, began, "ana")
    assert serving.config.read_text() == theirs
