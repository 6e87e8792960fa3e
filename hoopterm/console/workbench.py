"""A policy that is being written, beside the one in force: no screen, no sockets."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable
from difflib import unified_diff

from engine.api.schema import PolicyView
from hoopterm.console.drafts import Draft
from hoopterm.console.yaml import parts


class Workbench:
    """The revision in force, and what is written on top of the revision that the writing began from."""

    def __init__(self) -> None:
        self.live: PolicyView | None = None
        self._draft: Draft | None = None

    @property
    def draft(self) -> Draft | None:
        """What was written; None while it says nothing else than what is in force."""
        return self._draft

    @property
    def files(self) -> dict[str, str]:
        """The text of each file as it is written now."""
        if self._draft is not None:
            return self._draft.files
        return self.live.files if self.live is not None else {}

    @property
    def base(self) -> dict[str, str]:
        """The files that the writing began from."""
        if self._draft is not None:
            return self._draft.base
        return self.live.files if self.live is not None else {}

    @property
    def revision(self) -> str:
        """The revision that the writing began from."""
        if self._draft is not None:
            return self._draft.revision
        return self.live.revision if self.live is not None else ""

    @property
    def is_overtaken(self) -> bool:
        """Whether another revision is in force than the one the writing began from."""
        return self._draft is not None and self.live is not None and self._draft.revision != self.live.revision

    def load(self, live: PolicyView) -> None:
        """This is in force now. What was written stays, unless it says just that."""
        self.live = live
        if self._draft is not None and self._draft.files == live.files:
            self._draft = None

    def take(self, draft: Draft | None) -> None:
        """Go on with a draft from elsewhere, if it says anything."""
        self._draft = draft if draft is None or self.live is None or draft.files != self.live.files else None

    def write(self, name: str, text: str) -> None:
        """A file's text is this now."""
        files = {**self.files, name: text}
        if self.live is not None and files == self.live.files:
            self._draft = None
        else:
            self._draft = Draft(self.revision, dict(self.base), files)

    def discard(self) -> None:
        """Back to what is in force."""
        self._draft = None

    def changed(self) -> dict[str, str]:
        """The files that are not as in force, or new, by name."""
        live = self.live.files if self.live is not None else {}
        return {name: text for name, text in self.files.items() if live.get(name) != text}

    def patch(self) -> str:
        """What would change of what is in force, for `git apply`; empty where nothing would."""
        live = self.live.files if self.live is not None else {}
        return "".join(_patch(name, live.get(name), text) for name, text in sorted(self.changed().items()))

    def counts(self) -> tuple[int, int]:
        """Lines added and lines removed."""
        body = [line for line in self.patch().splitlines() if not line.startswith(("+++ ", "--- "))]
        return sum(line.startswith("+") for line in body), sum(line.startswith("-") for line in body)


def _patch(name: str, before: str | None, after: str) -> str:
    old = "/dev/null" if before is None else f"a/{name}"
    lines = unified_diff(_lines(before or ""), _lines(after), old, f"b/{name}", n=3)
    return "".join(_ended(lines))


def _lines(text: str) -> list[str]:
    """Lines as git counts them: only a line feed ends one."""
    return [line + "\n" for line in text.split("\n")[:-1]] + ([last] if (last := text.rpartition("\n")[2]) else [])


def _ended(lines: Iterable[str]) -> Iterable[str]:
    for line in lines:
        yield line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n"


def with_rules(text: str, drafted: str) -> str:
    """A configuration's text with drafted rules at the end of its own, as deep as those are."""
    lines = text.split("\n")
    ends = [part.row for part in parts(lines) if part.path[:1] == ("rules",)]
    fresh = [row for row in textwrap.dedent(drafted).rstrip("\n").split("\n") if row.strip() != "rules:"]
    fresh = textwrap.dedent("\n".join(fresh)).split("\n")
    if not ends:
        return "\n".join([text.rstrip("\n"), "rules:", *(f"  {row}" for row in fresh), ""]).lstrip("\n")
    dashes = (line for line in lines[min(ends) :] if line.lstrip().startswith("- "))
    first = next(dashes, "  ")
    depth = first[: len(first) - len(first.lstrip(" "))]
    at = max(ends) + 1
    return "\n".join([*lines[:at], *(depth + row if row else row for row in fresh), *(lines[at:] or [""])])
