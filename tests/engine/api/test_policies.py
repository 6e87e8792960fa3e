"""Policy over the wire: shown, checked, applied, explained."""

from __future__ import annotations

import pytest

from hoopterm.errors import Refused
from tests.engine.api.conftest import Serving

NEW_RULE = "  - {name: no-ddl, decide: deny, who: {groups: [agents]}, what: {effects: [schema]}}\n"


async def test_the_policy_in_force_is_shown_as_it_was_written(serving: Serving) -> None:
    policy = await serving.client.policy()
    assert policy.files == {"hoopterm.yaml": serving.config.read_text()}
    assert policy.revision == serving.gateway.revision.digest


async def test_checking_changes_nothing(serving: Serving) -> None:
    text = serving.config.read_text()
    good = await serving.client.check_policy({"hoopterm.yaml": text + NEW_RULE})
    bad = await serving.client.check_policy({"hoopterm.yaml": text + "nonsense: 1\n"})
    assert good.ok
    assert not bad.ok
    assert "hoopterm.yaml:" in str(bad.problems[0])
    assert serving.config.read_text() == text
    assert (await serving.client.policy()).revision not in (good.revision, bad.revision)


async def test_applying_writes_and_puts_in_force(serving: Serving) -> None:
    before = await serving.client.policy()
    text = before.files["hoopterm.yaml"] + NEW_RULE
    applied = await serving.client.apply_policy({"hoopterm.yaml": text}, before.revision)
    assert (applied.previous, applied.rules, applied.author) == (before.revision, 2, "root")
    assert serving.config.read_text() == text
    assert (await serving.client.policy()).revision == applied.revision


async def test_applying_over_somebody_else_s_change_is_a_conflict(serving: Serving) -> None:
    text = serving.config.read_text()
    with pytest.raises(Refused, match="another revision") as caught:
        await serving.client.apply_policy({"hoopterm.yaml": text + NEW_RULE}, "0" * 64)
    assert caught.value.code == "conflict"
    assert serving.config.read_text() == text


async def test_applying_nothing_reads_the_files_again(serving: Serving) -> None:
    serving.config.write_text(serving.config.read_text() + NEW_RULE)
    assert (await serving.client.apply_policy()).rules == 2


async def test_a_file_that_does_not_hold_changes_nothing_and_is_an_event(serving: Serving) -> None:
    text, before = serving.config.read_text(), serving.gateway.revision
    with pytest.raises(Refused) as caught:
        await serving.client.apply_policy({"hoopterm.yaml": text + "nonsense: 1\n"})
    assert caught.value.code == "config"
    assert "hoopterm.yaml:" in caught.value.message
    assert (serving.config.read_text(), serving.gateway.revision) == (text, before)
    (refused,) = await serving.events("policy.refused")
    assert refused["data"]["author"] == "root"


@pytest.mark.parametrize("name", ["../escape.yaml", "/etc/x.yaml", ".hidden.yaml", "notes.txt", ""])
async def test_a_file_cannot_be_named_out_of_its_folder(serving: Serving, name: str) -> None:
    with pytest.raises(Refused, match="no name for a configuration file"):
        await serving.client.apply_policy({name: "rules: []\n"})


async def test_explaining_for_an_unknown_target_is_not_found(serving: Serving) -> None:
    with pytest.raises(Refused, match="no target 'elsewhere'"):
        await serving.client.explain("report-bot", "elsewhere", "SELECT 1")


async def test_a_diff_says_who_loses_what_and_changes_nothing(serving: Serving) -> None:
    before = serving.config.read_text()
    found = await serving.client.policy_diff({"hoopterm.yaml": before.partition("rules:")[0]})
    assert found.changes
    assert {shift.direction for shift in found.shifts} == {"loses"}
    assert found.patch.startswith("--- a/hoopterm.yaml\n+++ b/hoopterm.yaml\n")
    assert serving.config.read_text() == before


async def test_a_rollback_is_an_applied_revision_with_a_reason(serving: Serving) -> None:
    await serving.gateway.policy_files.keep("start")
    first = await serving.client.policy()
    await serving.client.apply_policy({"hoopterm.yaml": first.files["hoopterm.yaml"] + NEW_RULE}, reason="a try")
    applied = await serving.client.rollback(first.revision, "it was wrong")
    assert applied.revision == first.revision
    told = [(each.author, each.reason, each.is_in_force) for each in await serving.client.policy_history()]
    assert told == [("root", "it was wrong", True), ("root", "a try", False), ("start", "", False)]
    detail = await serving.client.policy_revision(first.revision[:12])
    assert (detail.changes, detail.files) == (["- rule no-ddl (deny)"], first.files)
    with pytest.raises(Refused, match="says why"):
        await serving.client.rollback(first.revision, " ")


async def test_a_backtest_of_what_does_not_hold_is_refused(serving: Serving) -> None:
    with pytest.raises(Refused, match="does not hold"):
        async for _ in serving.client.backtest({"hoopterm.yaml": "nonsense: 1\n"}):
            pass
