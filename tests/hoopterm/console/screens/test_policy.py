"""The policy in an editor."""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager
from pathlib import Path

from textual.pilot import Pilot

from engine.api.schema import LiveView
from hoopterm.console.drafts import Drafts
from hoopterm.console.screens.policy import Policy
from hoopterm.errors import Refused
from tests.hoopterm.console.policies import POLICY, revision
from tests.hoopterm.console.scenes import FakeEngine, status
from tests.hoopterm.console.stage import LARGE, SMALL, app_of, picture, running, toasts, until


async def opened(pilot: Pilot[None]) -> Policy:
    """The screen, with the policy checked."""
    await pilot.press("4")
    await until(pilot, lambda: "✓ holds" in picture(pilot))
    screen = pilot.app.screen
    assert isinstance(screen, Policy)
    return screen


def on_stage(engine: FakeEngine, size: tuple[int, int] = SMALL) -> AbstractAsyncContextManager[Pilot[None]]:
    """The engine runs on the policy that it says it runs on."""
    engine.view = status(policy=revision(engine.in_force), permissions=["admin"])
    return running(engine, size)


async def test_a_rule_is_written_with_the_words_that_fit() -> None:
    engine = FakeEngine()
    async with on_stage(engine) as pilot:
        screen = await opened(pilot)
        await pilot.press("G", "i", *"  - name: more", "enter", *"dec", "tab", *"al", "enter", "enter", *"wh")
        await until(pilot, lambda: "where" in picture(pilot))
        await pilot.press("enter", *"{gr", "tab", *"[ag", "enter", *"]}", "enter", *"wha", "tab")
        await pilot.press(*"{effects: [wri", "tab", *"]}", "escape")
        written = screen.editor.text.removeprefix(POLICY)
        assert written == (
            "  - name: more\n    decide: allow\n    who: {groups: [agents]}\n    what: {effects: [write]}"
        )
        await until(pilot, lambda: "✓ holds" in picture(pilot))
        assert engine.checked[-1] == {"hoopterm.yaml": POLICY + written}


async def test_a_problem_is_listed_and_a_key_goes_there() -> None:
    async with on_stage(FakeEngine()) as pilot:
        screen = await opened(pilot)
        await pilot.press("i", *"x: 1", "enter", "escape")
        await until(pilot, lambda: "✗ 1 problem" in picture(pilot))
        assert "1:1" in picture(pilot)
        await pilot.press("G", "right_square_bracket")
        await pilot.pause()
        assert screen.editor.cursor_location == (0, 0)
        await pilot.press("a")
        assert any("has problems" in told for told in toasts(pilot))


async def test_typing_does_not_wait_for_the_engine() -> None:
    engine = FakeEngine()
    async with on_stage(engine) as pilot:
        screen = await opened(pilot)
        engine.refuses_check = Refused("forbidden", "you may not check policy", "")
        await pilot.press("i", *"# abc", "enter", "escape")
        await until(pilot, lambda: "not checked: you may not check policy" in picture(pilot))
        assert screen.editor.text.startswith("# abc\n")


async def test_what_was_written_is_applied_after_a_question() -> None:
    engine = FakeEngine()
    async with on_stage(engine) as pilot:
        await opened(pilot)
        await pilot.press("i", *"# more", "enter", "escape")
        await until(pilot, lambda: "✓ holds" in picture(pilot))
        await pilot.press("a")
        await until(pilot, lambda: "Put this policy in force?" in picture(pilot))
        assert "+1 −0 lines" in picture(pilot)
        await pilot.press("enter")  # the focus is on Cancel
        await pilot.pause()
        assert engine.applied == []
        await pilot.press("a", *"because", "enter", "enter")
        await until(pilot, lambda: bool(engine.applied))
        assert engine.applied == [
            ({"hoopterm.yaml": "# more\n" + POLICY}, revision({"hoopterm.yaml": POLICY}), "because")
        ]
        await until(pilot, lambda: "as in force" in picture(pilot))


async def test_a_refusal_keeps_the_draft_and_says_why() -> None:
    engine = FakeEngine()
    engine.refuses = Refused("conflict", "another revision is in force by now", "look at what changed")
    async with on_stage(engine) as pilot:
        screen = await opened(pilot)
        await pilot.press("i", *"# mine", "enter", "escape")
        await until(pilot, lambda: "✓ holds" in picture(pilot))
        await pilot.press("a", *"r", "enter", "enter")
        await until(pilot, lambda: any("Your draft is kept" in told for told in toasts(pilot)))
        assert screen.editor.text.startswith("# mine\n")


async def test_where_the_engine_may_not_write_there_is_a_patch() -> None:
    engine = FakeEngine()
    engine.refuses = Refused("conflict", "the engine may not write", "bring this patch:\n--- a\n")
    async with on_stage(engine) as pilot:
        await opened(pilot)
        await pilot.press("i", *"# mine", "enter", "escape")
        await until(pilot, lambda: "✓ holds" in picture(pilot))
        await pilot.press("a", *"r", "enter", "enter")
        await until(pilot, lambda: "+# mine" in picture(pilot))
        assert "+++ b/hoopterm.yaml" in picture(pilot)


async def test_another_revision_does_not_take_the_draft() -> None:
    engine = FakeEngine()
    async with on_stage(engine) as pilot:
        screen = await opened(pilot)
        await pilot.press("i", *"# mine", "enter", "escape")
        engine.in_force = {"hoopterm.yaml": POLICY + "# theirs\n"}
        engine.feed.put_nowait(LiveView(status=status(policy=revision(engine.in_force))))
        await until(pilot, lambda: "another revision is in force" in picture(pilot))
        assert screen.editor.text == "# mine\n" + POLICY


async def test_another_revision_is_shown_where_nothing_is_written() -> None:
    engine = FakeEngine()
    async with on_stage(engine) as pilot:
        screen = await opened(pilot)
        engine.in_force = {"hoopterm.yaml": "# theirs\n" + POLICY}
        engine.feed.put_nowait(LiveView(status=status(policy=revision(engine.in_force))))
        await until(pilot, lambda: screen.editor.text.startswith("# theirs"))


async def test_a_draft_is_there_again_in_another_console(tmp_path: Path) -> None:
    engine = FakeEngine()
    async with on_stage(engine) as pilot:
        app_of(pilot).drafts = Drafts(tmp_path)
        await opened(pilot)
        await pilot.press("i", *"# mine", "enter", "escape")
        await until(pilot, lambda: any(tmp_path.iterdir()))
    async with on_stage(engine) as pilot:
        app_of(pilot).drafts = Drafts(tmp_path)
        screen = await opened(pilot)
        assert screen.editor.text == "# mine\n" + POLICY
        await pilot.press("D", "tab", "enter")
        await until(pilot, lambda: "as in force" in picture(pilot))
        assert Drafts(tmp_path).load(screen._key) is None


async def test_the_engine_going_away_takes_nothing() -> None:
    engine = FakeEngine()
    async with on_stage(engine) as pilot:
        screen = await opened(pilot)
        await pilot.press("i", *"# mi")
        engine.away = True
        engine.feed.put_nowait(None)
        await until(pilot, lambda: "trying again" in picture(pilot))
        await pilot.press(*"ne", "enter", "escape")
        await until(pilot, lambda: "not checked" in picture(pilot))
        assert screen.editor.text.startswith("# mine\n")
        engine.away = False
        await pilot.press("ctrl+r")
        await until(pilot, lambda: "✓ holds" in picture(pilot))
        assert screen.editor.text.startswith("# mine\n")


async def test_an_engine_that_is_away_from_the_start_is_a_cause_and_a_retry() -> None:
    engine = FakeEngine()
    engine.away = True
    async with on_stage(engine) as pilot:
        await pilot.press("4")
        await until(pilot, lambda: "The policy cannot be read" in picture(pilot))
        engine.away = False
        await pilot.press("ctrl+r")
        await until(pilot, lambda: "✓ holds" in picture(pilot))


async def test_several_files_are_listed_and_each_has_its_problems() -> None:
    engine = FakeEngine()
    head, rules = POLICY.split("rules:\n")
    engine.in_force = {"hoopterm.yaml": head, "rules.yaml": "rules:\n" + rules}
    async with on_stage(engine, LARGE) as pilot:
        screen = await opened(pilot)
        await pilot.press("f")
        await pilot.pause()
        assert screen.editor.text.startswith("rules:")
        await pilot.press("i", *"x: 1", "enter", "escape", "f")
        await until(pilot, lambda: "rules.yaml  unknown key" in picture(pilot))
        await pilot.press("right_square_bracket")
        await pilot.pause()
        assert screen.editor.text.startswith("x: 1")


async def test_what_would_change_is_beside_the_text_where_there_is_room() -> None:
    async with on_stage(FakeEngine(), LARGE) as pilot:
        await opened(pilot)
        assert "Nothing is changed" in picture(pilot)
        await pilot.press("i", *"# more", "enter", "escape")
        await until(pilot, lambda: "│ +# more" in picture(pilot))


async def test_escape_never_leaves_the_screen() -> None:
    async with on_stage(FakeEngine()) as pilot:
        screen = await opened(pilot)
        await pilot.press("i", "escape", "escape", "escape")
        assert pilot.app.screen is screen


DENY = "  - {name: no-reads, decide: deny, who: {groups: [agents]}, what: {effects: [read]}}"


async def test_who_loses_what_is_said_beside_the_text_behind_a_key_and_in_the_question() -> None:
    engine = FakeEngine()
    async with on_stage(engine) as pilot:
        screen = await opened(pilot)
        await pilot.press("G", "i")
        screen.editor.insert(DENY)
        await pilot.press("enter", "escape")
        await until(pilot, lambda: screen.difference is not None and bool(screen.difference.shifts))
        await pilot.press("d")
        await until(pilot, lambda: "+ rule no-reads (deny)" in picture(pilot))
        assert "report-bot" in picture(pilot)
        assert "loses read on shop" in picture(pilot)
        await pilot.press("q", "a")
        await until(pilot, lambda: "Put this policy in force?" in picture(pilot))
        assert "+ rule no-reads (deny)" in picture(pilot)
        assert "loses read on shop" in picture(pilot)


async def test_what_was_merged_is_said_and_shown() -> None:
    engine = FakeEngine()
    engine.merges = True
    async with on_stage(engine) as pilot:
        screen = await opened(pilot)
        await pilot.press("i", *"# mine", "enter", "escape")
        await until(pilot, lambda: "✓ holds" in picture(pilot))
        await pilot.press("a", *"r", "enter", "enter")
        await until(pilot, lambda: any("merged with what somebody else" in told for told in toasts(pilot)))
        await until(pilot, lambda: screen.editor.text == "# mine\n" + POLICY + "# theirs\n")
