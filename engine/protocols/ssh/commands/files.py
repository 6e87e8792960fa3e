"""Programs that read, write and remove files: which paths their words name.

Options: GNU coreutils, findutils, grep, sed and diffutils. A path below another one counts by it: see `paths.path`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Final

from engine.model import Access, Effect
from engine.protocols.ssh.commands.lexing import Untold
from engine.protocols.ssh.commands.options import Given, Options, given, listed, options
from engine.protocols.ssh.commands.paths import deletes, into, path, reads, writes

_DIGESTS: Final = options("btz", names="binary text tag zero")
_READERS: Final[Mapping[str, Options]] = {
    "cat": options("AbeEnstTuv", names="show-all number number-nonblank show-ends show-tabs squeeze-blank"),
    "head": options("qvz0123456789", "nc", "quiet silent verbose zero-terminated", "lines bytes"),
    "tail": options("fFqvz0123456789", "ncs", "retry quiet silent verbose", "lines bytes pid", "follow"),
    "wc": options("clmLw", names="bytes chars lines words max-line-length"),
    "stat": options("Lft", "c", "dereference file-system terse", "format printf"),
    "file": options("bhiLNnprskz0", names="brief mime mime-type mime-encoding dereference no-dereference"),
    "cut": options("nsz", "bcdf", "only-delimited complement", "bytes characters delimiter fields output-delimiter"),
    "tac": options("br", "s", "before regex", "separator"),
    "nl": options("p", "bdfhilnsvw"),
    "base64": options("di", "w", "decode ignore-garbage", "wrap"),
    "comm": options("123z"),
    "cmp": options("bls", "in", "silent quiet verbose print-bytes"),
    "readlink": options("efmnqsvz"),
    "realpath": options("eLmPqsz"),
    "cksum": options(),
    "sum": options("rs"),
    **dict.fromkeys(("md5sum", "sha1sum", "sha224sum", "sha256sum", "sha384sum", "sha512sum", "b2sum"), _DIGESTS),
}
_LS: Final = options(
    "aAbBcCdfFgGhHiklLmnNopqQrRsStuUvxXZ1",
    "ITw",
    "all almost-all author directory full-time human-readable si inode numeric-uid-gid no-group recursive reverse size",
    "ignore sort time time-style format width block-size",
    "color classify",
)
_DU: Final = options(
    "0abcDhHklLmPsSx",
    "dtB",
    "all apparent-size bytes total human-readable summarize one-file-system",
    "max-depth threshold block-size",
)
_GREP: Final = options(
    "abcEFGhHiIlLnopPqrRsTUvVwxyzZ0123456789",
    "efABCmdD",
    "ignore-case no-ignore-case invert-match word-regexp line-regexp count files-with-matches files-without-match "
    "only-matching quiet silent no-messages byte-offset line-number with-filename no-filename text recursive "
    "dereference-recursive extended-regexp fixed-strings basic-regexp perl-regexp null line-buffered",
    "regexp file max-count after-context before-context context include exclude exclude-dir label binary-files",
    "color colour",
)
_SORT: Final = options(
    "bdfghiMnRrVcCmsuz",
    "ktSo",
    "reverse numeric-sort unique stable human-numeric-sort version-sort ignore-case",
    "key field-separator output buffer-size",
)
_DIFF: Final = options(
    "abBcdefiNpqrstTuwy", "CUW", "brief recursive new-file side-by-side text", "width", "unified context color"
)
_CP: Final = options(
    "adfHiLnPprRTuvx",
    "t",
    "recursive archive force interactive no-clobber no-target-directory update verbose dereference no-dereference",
    "target-directory",
    "preserve no-preserve reflink sparse",
)
_MV: Final = options("finuvT", "t", "force interactive no-clobber update verbose", "target-directory")
_RM: Final = options(
    "dfiIrRv", names="force recursive verbose dir one-file-system preserve-root", optional="interactive"
)
_CH: Final = options("RcfhvHLP", names="recursive changes silent quiet verbose no-dereference dereference")
_LN: Final = options("finrsvTLP", "", "symbolic force interactive relative verbose no-dereference")
_INSTALL: Final = options("cdDpvCT", "mogt", "directory preserve-timestamps verbose", "mode owner group")
_SED: Final = options(
    "nrEsuz",
    "el",
    "quiet silent regexp-extended separate unbuffered null-data posix sandbox",
    "expression line-length",
    "in-place",
)
_ADDRESS: Final = r"(?:[0-9]+|\$|/(?:[^/\\\n]|\\.)*/)"
_SAFE_SED: Final = re.compile(
    rf"(?:{_ADDRESS}(?:,{_ADDRESS})?!?)?(?:[pdq=]|s([/|,#@:])(?:(?!\1)[^\\\n]|\\[^\n])*\1(?:(?!\1)[^\\\n]|\\[^\n])*\1[gpI0-9]*)"
)
_FIND_ALONE: Final = listed(
    "( ) ! , -not -a -and -o -or -true -false -depth -d -mount -xdev -daystart -follow -empty -nouser -nogroup "
    "-readable -writable -executable -print -print0 -ls -prune -quit"
)
_FIND_VALUED: Final = listed(
    "-name -iname -path -ipath -wholename -iwholename -lname -ilname -regex -iregex -regextype -type -xtype "
    "-maxdepth "
    "-mindepth -mtime -mmin -atime -amin -ctime -cmin -size -user -group -uid -gid -perm -links -inum -fstype "
    "-used -printf"
)
_DD: Final = listed("bs cbs ibs obs count skip seek conv iflag oflag status iseek oseek")


def _list(argv: Sequence[str]) -> list[Access]:
    told = given(argv, _LS)
    return reads(told.operands or ["."], is_tree=told.has("R", "recursive"))


def _usage(argv: Sequence[str]) -> list[Access]:
    return reads(given(argv, _DU).operands or ["."], is_tree=True)


def _grep(argv: Sequence[str]) -> list[Access]:
    told = given(argv, _GREP)
    is_tree = told.has("r", "R", "recursive", "dereference-recursive") or "recurse" in told.values("d")
    patterns, operands = told.values("f", "file"), list(told.operands)
    if not (patterns or told.has("e", "regexp")):
        operands = operands[1:]
    return reads(patterns) + reads(operands or (["."] if is_tree else []), is_tree=is_tree)


def _sort(argv: Sequence[str]) -> list[Access]:
    told = given(argv, _SORT)
    return reads(told.operands) + writes(told.values("o", "output"))


def _uniq(argv: Sequence[str]) -> list[Access]:
    operands = given(argv, options("cdDiuz", "fsw")).operands
    return reads(operands[:1]) + writes(name for name in operands[1:] if name != "-")


def _diff(argv: Sequence[str]) -> list[Access]:
    return reads(given(argv, _DIFF).operands, is_tree=True)


def _copy(argv: Sequence[str]) -> list[Access]:
    told = given(argv, _CP)
    is_tree = told.has("r", "R", "a", "recursive", "archive")
    sources, destination = _ends(told)
    return reads(sources, is_tree=is_tree) + into(destination, sources, is_tree=is_tree)


def _move(argv: Sequence[str]) -> list[Access]:
    sources, destination = _ends(given(argv, _MV))
    moved = reads(sources, is_tree=True) + deletes(sources, is_tree=True)
    return moved + into(destination, sources, is_tree=True)


def _ends(told: Given) -> tuple[tuple[str, ...], str]:
    """What is copied, and where to."""
    folders = told.values("t", "target-directory")
    if len(folders) > 1 or len(told.operands) < (1 if folders else 2):
        raise Untold("it does not say what goes where")
    return (told.operands, folders[0]) if folders else (told.operands[:-1], told.operands[-1])


def _install(argv: Sequence[str]) -> list[Access]:
    told = given(argv, _INSTALL)
    if told.has("d", "directory"):
        return writes(told.operands)
    sources, destination = _ends(told)
    return reads(sources) + into(destination, sources)


def _link(argv: Sequence[str]) -> list[Access]:
    """A link is another name for its target: whoever may use the one reads and writes the other."""
    operands = given(argv, _LN).operands
    if not operands:
        raise Untold("it does not say what goes where")
    targets, destination = (operands[:-1], operands[-1]) if len(operands) > 1 else (operands, ".")
    return (
        reads(targets, is_tree=True)
        + [path(Effect.WRITE, name, is_tree=True) for name in targets]
        + into(destination, targets)
    )


def _remove(argv: Sequence[str]) -> list[Access]:
    told = given(argv, _RM)
    return deletes(told.operands, is_tree=told.has("r", "R", "recursive"))


def _change(argv: Sequence[str]) -> list[Access]:
    told = given(argv, _CH)
    if len(told.operands) < 2:
        raise Untold("it does not say what is changed")
    return writes(told.operands[1:], is_tree=told.has("R", "recursive"))


def _touch(argv: Sequence[str]) -> list[Access]:
    told = given(argv, options("acmfh", "dtr", "no-create", "date reference"))
    return writes(told.operands) + reads(told.values("r", "reference"))


def _dump(argv: Sequence[str]) -> list[Access]:
    found: list[Access] = []
    for word in argv[1:]:
        name, equals, value = word.partition("=")
        if name in ("if", "of") and equals:
            found.append(path(Effect.READ if name == "if" else Effect.WRITE, value))
        elif name not in _DD or not equals:
            raise Untold(f"the operand {name} of dd")
    return found


def _find(argv: Sequence[str]) -> list[Access]:
    words = list(argv[1:])
    while words and words[0] in ("-H", "-L", "-P"):
        words.pop(0)
    roots = []
    while words and words[0] not in ("(", "!", ",", ")") and not words[0].startswith("-"):
        roots.append(words.pop(0))
    roots = roots or ["."]
    found = reads(roots, is_tree=True)
    rest = iter(words)
    for word in rest:
        if word == "-delete":
            found += deletes(roots, is_tree=True)
        elif word in ("-newer", "-samefile"):
            found += reads([next(rest, "")])
        elif word in _FIND_VALUED:
            next(rest, None)
        elif word not in _FIND_ALONE:
            raise Untold(f"{word} of find")
    return found


def _sed(argv: Sequence[str]) -> list[Access]:
    words = list(argv)
    suffixes = [word[2:] for word in words[1:] if re.fullmatch(r"-i[^/*]*", word)]
    told = given([word for word in words if not re.fullmatch(r"-i[^/*]*", word)], _SED)
    suffixes += told.values("in-place")
    scripts, operands = told.values("e", "expression"), list(told.operands)
    if not scripts and operands:
        scripts = [operands.pop(0)]
    for script in scripts:
        if len(script) > 4096 or not _SAFE_SED.fullmatch(script):
            raise Untold("a script of sed")  # `w` writes files, `e` runs commands
    if any("/" in suffix or "*" in suffix for suffix in suffixes):
        raise Untold("the suffix of a backup in another folder")
    written = operands if suffixes else []
    return reads(operands) + writes(
        [*written, *(f"{name}{suffix}" for name in written for suffix in suffixes if suffix)]
    )


def _reader(known: Options) -> Callable[[Sequence[str]], list[Access]]:
    return lambda argv: reads(given(argv, known).operands)


def _writer(known: Options) -> Callable[[Sequence[str]], list[Access]]:
    return lambda argv: writes(name for name in given(argv, known).operands if name != "-")


def _deleter(known: Options) -> Callable[[Sequence[str]], list[Access]]:
    return lambda argv: deletes(given(argv, known).operands)


PROGRAMS: Final[Mapping[str, Callable[[Sequence[str]], list[Access]]]] = {
    **{name: _reader(known) for name, known in _READERS.items()},
    **dict.fromkeys(("grep", "egrep", "fgrep"), _grep),
    **dict.fromkeys(("chmod", "chown", "chgrp"), _change),
    "ls": _list,
    "dir": _list,
    "du": _usage,
    "sort": _sort,
    "uniq": _uniq,
    "diff": _diff,
    "cp": _copy,
    "mv": _move,
    "install": _install,
    "ln": _link,
    "rm": _remove,
    "touch": _touch,
    "dd": _dump,
    "find": _find,
    "sed": _sed,
    "tee": _writer(options("aip", names="append ignore-interrupts")),
    "mkdir": _writer(options("pv", "m", "parents verbose", "mode")),
    "truncate": _writer(options("co", "s", "no-create", "size")),
    "rmdir": _deleter(options("pv", names="parents verbose ignore-fail-on-non-empty")),
    "unlink": _deleter(options()),
}
