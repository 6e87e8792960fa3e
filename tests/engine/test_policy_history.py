"""Revisions are kept with who, when and why, and come back as they were written."""

from __future__ import annotations

import pytest

from engine.errors import Conflict, NotFound
from tests.engine.api.conftest import Serving, config, place, serving

__all__ = ["config", "place", "serving"]

RULE = "  - {{name: {name}, decide: deny, who: {{groups: [agents]}}, what: {{effects: [schema]}}}} # mine\n"


async def test_a_revision_comes_back_with_its_comments(serving: Serving) -> None:
    files = serving.gateway.policy_files
    await files.keep("start")
    first, text = serving.gateway.revision.digest, serving.config.read_text()
    await files.replace({"hoopterm.yaml": text + RULE.format(name="one")}, first, "bob", "a try")
    second = serving.gateway.revision.digest
    await files.roll_back(first[:10], second, "ana", "it was wrong")
    assert serving.config.read_text() == text
    told = [(step.kept.author, step.kept.reason, step.kept.revision) for step in files.history.steps()]
    assert told == [("ana", "it was wrong", first), ("bob", "a try", second), ("start", "", first)]
    assert files.history.files(second)["hoopterm.yaml"].endswith("# mine\n")


async def test_kept_files_that_were_edited_are_not_put_in_force(serving: Serving) -> None:
    await serving.gateway.policy_files.keep("start")
    digest = serving.gateway.revision.digest
    kept = serving.gateway.state / "policy" / digest / "hoopterm.yaml"
    kept.write_text(kept.read_text() + "# slipped in\n")
    with pytest.raises(Conflict, match="not what they were"):
        await serving.gateway.policy_files.roll_back(digest, None, "ana", "why")


@pytest.mark.parametrize("digest", ["abcdef", "../../etc", "", "*"])
async def test_what_is_no_revision_is_not_found(serving: Serving, digest: str) -> None:
    await serving.gateway.policy_files.keep("start")
    with pytest.raises(NotFound):
        serving.gateway.policy_files.history.files(digest)
