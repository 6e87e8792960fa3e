"""What ordinary clients start at the other end: the halves of scp, rsync, git and sftp that serve.

Options: scp.c of OpenSSH, `rsync --server` as rsync's options.c writes it (server_options), git-upload-pack(1).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Final

from engine.model import Access
from engine.protocols.ssh.commands.lexing import Untold
from engine.protocols.ssh.commands.options import given, listed, options
from engine.protocols.ssh.commands.paths import deletes, reads, writes

SFTP_SERVERS: Final = re.compile(r"internal-sftp|(?:/[A-Za-z0-9._/-]+/)?sftp-server")
_SCP: Final = options("tfrpdvq")
_RSYNC_LETTERS: Final = re.compile(r"-[abcdgHhIijklLmnoOpqrRtuvwWxDEAXUKSyz0-9]*(?:e[0-9]*\.[A-Za-z]*)?")
_RSYNC_PLAIN: Final = listed(
    "delete delete-before delete-during delete-after delete-delay delete-excluded force numeric-ids size-only "
    "existing "
    "ignore-existing ignore-times inplace append append-verify partial safe-links munge-links copy-unsafe-links "
    "omit-dir-times no-implied-dirs stats progress no-r no-inc-recursive no-W no-whole-file prune-empty-dirs mkpath "
    "delay-updates fake-super checksum new-compress old-compress ignore-errors msgs2stderr no-msgs2stderr "
    "preallocate open-noatime"
)
_RSYNC_VALUED: Final = listed(
    "log-format out-format timeout bwlimit block-size max-size min-size modify-window compress-level compress-choice "
    "checksum-choice checksum-seed max-delete usermap groupmap chown suffix skip-compress info debug"
)
_RSYNC_READ: Final = frozenset({"link-dest", "copy-dest", "compare-dest"})
_RSYNC_WRITTEN: Final = frozenset({"backup-dir", "partial-dir", "temp-dir"})


def is_server(argv: Sequence[str]) -> bool:
    """Whether it is the serving half of scp or rsync; the programs of git and sftp have names of their own."""
    if argv[0] == "rsync":
        return "--server" in argv
    return argv[0] == "scp" and any(re.fullmatch(r"-[a-z]*[tf][a-z]*", word) for word in argv[1:])


def scp(argv: Sequence[str]) -> list[Access]:
    """`scp -t` takes files, `scp -f` gives them."""
    told = given(argv, _SCP)
    if len(told.operands) < 1 or told.has("t") == told.has("f"):
        raise Untold("it does not say what goes where")
    if told.has("f"):
        return reads(told.operands, is_tree=told.has("r"))
    return writes(told.operands, is_tree=True)  # the client names what it sends


def rsync(argv: Sequence[str]) -> list[Access]:
    """`rsync --server` takes files, with `--sender` it gives them; the paths come behind a lone `.`."""
    words = list(argv[1:])
    if "." not in words or words.count("--server") != 1:
        raise Untold("rsync asks for its paths in another way")
    dot = words.index(".")
    given_options, paths = words[:dot], words[dot + 1 :]
    if not paths:
        raise Untold("rsync gets its paths where they are not seen")
    is_sender = "--sender" in given_options
    found = reads(paths, is_tree=True) if is_sender else writes(paths, is_tree=True)
    removes = False
    for word in given_options:
        if word in ("--server", "--sender"):
            continue
        if word.startswith("--"):
            name, _, value = word[2:].partition("=")
            found += _rsync_option(name, value, is_sender=is_sender)
            removes |= name.startswith(("delete", "remove-"))
        elif not _RSYNC_LETTERS.fullmatch(word):
            raise Untold(f"the option {word} of rsync")
    return found + (deletes(paths, is_tree=True) if removes else [])


def _rsync_option(name: str, value: str, *, is_sender: bool) -> list[Access]:
    if name in _RSYNC_READ and value:
        return reads([value], is_tree=True)
    if name in _RSYNC_WRITTEN and value:
        return writes([value], is_tree=True)
    is_known = name in _RSYNC_PLAIN and not value
    if is_known or (name in _RSYNC_VALUED and value) or (name == "remove-source-files" and is_sender):
        return []
    raise Untold(f"the option --{name} of rsync")


def _git(argv: Sequence[str], *, takes: bool) -> list[Access]:
    told = given(argv, options(names="strict stateless-rpc advertise-refs", valued_names="timeout"))
    if len(told.operands) != 1:
        raise Untold("it does not say which repository")
    return writes(told.operands, is_tree=True) if takes else reads(told.operands, is_tree=True)


PROGRAMS: Final[Mapping[str, Callable[[Sequence[str]], list[Access]]]] = {
    "git-upload-pack": lambda argv: _git(argv, takes=False),
    "git-upload-archive": lambda argv: _git(argv, takes=False),
    "git-receive-pack": lambda argv: _git(argv, takes=True),
}
