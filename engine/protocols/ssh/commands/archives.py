"""tar and git: programs whose options can run others, so only the plain forms are told."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from engine.model import Access
from engine.protocols.ssh.commands.lexing import Untold
from engine.protocols.ssh.commands.options import given, listed, options
from engine.protocols.ssh.commands.paths import reads, writes

_TAR: Final = options(
    "cxtzjJvkmpOahP",
    "fC",
    "create extract get list gzip bzip2 xz zstd verbose keep-old-files numeric-owner no-same-owner to-stdout "
    "auto-compress",
    "file directory exclude strip-components",
)
_GIT_COMMANDS: Final = listed(
    "add blame branch cat-file checkout cherry-pick clean clone commit count-objects describe diff fetch "
    "for-each-ref fsck "
    "gc init log ls-files ls-remote ls-tree merge merge-base mv name-rev pull push reflog remote reset restore "
    "rev-list "
    "rev-parse revert rm shortlog show show-ref stash status switch symbolic-ref tag version worktree"
)
# Beginnings of options that run a program, set a configuration or write a file; git takes abbreviations.
_GIT_DANGEROUS: Final = re.compile(r"--(?:u|rec|e|op|ou|conf|t|sep|gp|sign|w|s[ht]).*|-[a-zA-Z]*[cOxSu].*")
_GIT_HARMLESS: Final = listed(
    "-u -sb -uno --untracked-files=no --stat --shortstat --short --staged --show-current --tags --set-upstream "
    "--sort "
    "--summary --topo-order --track --text --word-diff"
)


def tar(argv: Sequence[str]) -> list[Access]:
    """Only plain archives in files: other options run programs, and a colon in the name means another host."""
    words = list(argv)
    if len(words) > 1 and words[1][:1].isalpha():
        words[1] = f"-{words[1]}"  # the oldest form: `tar xzf file`
        if not re.fullmatch(r"-[a-zA-Z]*f?", words[1]) or "C" in words[1] or "f" in words[1][:-1]:
            raise Untold("the old form of options of tar")
    told = given(words, _TAR)
    files, folders = told.values("f", "file"), told.values("C", "directory")
    if len(files) != 1 or len(folders) > 1 or ":" in files[0] or any(word.startswith("@") for word in told.operands):
        raise Untold("an archive that is not one plain file")
    modes = [name for name, _ in told.options if name in _TAR_MODES]
    if len(modes) != 1:
        raise Untold("it does not say what tar does")
    folder = folders or ["."]
    if _TAR_MODES[modes[0]] == "create":
        # A member that is named by a relative path lies below the folder, and any may be named by an absolute one.
        return reads(told.operands, is_tree=True) + reads(folder, is_tree=True) + _file(files[0], is_read=False)
    if _TAR_MODES[modes[0]] == "list" or told.has("O", "to-stdout"):
        return _file(files[0], is_read=True)
    if told.has("P"):
        raise Untold("an archive that says itself where it goes")
    return _file(files[0], is_read=True) + writes(folder, is_tree=True)


_TAR_MODES: Final = {"c": "create", "create": "create", "t": "list", "list": "list"} | dict.fromkeys(
    ("x", "extract", "get"), "extract"
)


def _file(name: str, *, is_read: bool) -> list[Access]:
    if name == "-":
        return []
    return reads([name]) if is_read else writes([name])


def git(argv: Sequence[str]) -> list[Access]:
    """Nothing but that it runs: which files a command of git touches, its repository says."""
    words = list(argv[1:])
    while words and words[0] in ("-C", "--no-pager", "-P"):
        words = words[2:] if words[0] == "-C" else words[1:]
    if words and words[0] in ("upload-pack", "receive-pack", "upload-archive"):
        raise Untold(f"git {words[0]}")
    if not words or words[0] not in _GIT_COMMANDS:
        raise Untold("a command of git that may run another")  # an alias, a hook of its own, a filter
    for word in words[1:]:
        if "::" in word or (_GIT_DANGEROUS.fullmatch(word) and word not in _GIT_HARMLESS):
            raise Untold(f"{word} of git")
    if words[0] in ("clone", "fetch", "ls-remote") and any(re.match(r"-[a-zA-Z]*u", word) for word in words[1:]):
        raise Untold(f"-u of git {words[0]}")
    return []
