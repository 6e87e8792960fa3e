"""Rules drafted from what was observed."""

from __future__ import annotations

from engine.api.schema import ExampleView, SuggestedRuleView, SuggestionView
from hoopterm.console.screens.policy import Policy
from tests.hoopterm.console.policies import POLICY
from tests.hoopterm.console.scenes import FakeEngine, stamp
from tests.hoopterm.console.screens.test_policy import on_stage, opened
from tests.hoopterm.console.stage import picture, until

RULE = "- name: etl-reads\n  decide: allow\n  who: {groups: [agents]}\n  what: {effects: [read]}\n"
EXAMPLE = ExampleView(stamp(-90), "op_1", "etl-bot", "SELECT", "select \x1b[31m 1")


async def test_a_drafted_rule_is_shown_with_its_evidence_and_inserted() -> None:
    engine = FakeEngine()
    drafted = SuggestedRuleView("etl-reads", RULE, 412, stamp(-900), stamp(-60), [EXAMPLE])
    engine.drafted = SuggestionView(RULE, 1000, [drafted], {"opaque": 3})
    async with on_stage(engine) as pilot:
        await opened(pilot)
        await pilot.press("s")
        await until(pilot, lambda: "would let run 412 observed operations" in picture(pilot))
        assert "select ␛[31m 1" in picture(pilot)
        assert "left out: opaque 3" in picture(pilot)
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(pilot.app.screen, Policy))
        screen = pilot.app.screen
        assert isinstance(screen, Policy)
        assert screen.editor.text == POLICY + "".join(f"  {row}\n" for row in RULE.splitlines())
        await until(pilot, lambda: "✓ holds" in picture(pilot))


async def test_nothing_observed_says_what_to_do() -> None:
    async with on_stage(FakeEngine()) as pilot:
        await opened(pilot)
        await pilot.press("s")
        await until(pilot, lambda: "Nothing was observed" in picture(pilot))
