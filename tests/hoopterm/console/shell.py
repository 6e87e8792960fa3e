"""A shell as its recording has it: files listed, one edited with vim, a restart that waited for people, a denial.

What the terminal was sent was recorded once from real programs (`python -m tests.screenshots --record`).
"""

from __future__ import annotations

import base64
import json
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from replay.format import Frame, RowBatch, encode_block, encode_header
from tests.servers.performance import Piece, perform

SIZE = (80, 24)
OPERATION = "op_shell"
_PIECES = Path(__file__).with_name("shell.json")
_SETTINGS = '''\
"""Settings of the shop's API."""

import os

DEBUG = False
WORKERS = 4
TIMEOUT = 30  # seconds
DATABASE = {
    "host": os.environ["DB_HOST"],
    "name": "shop",
    "pool": 16,
}
FEATURES = ["checkout", "search", "reviews"]


def is_enabled(feature: str) -> bool:
    """Whether a feature is on."""
    return feature in FEATURES
'''
_VIMRC = "syntax on\nset number hlsearch laststatus=2 background=dark\n"
_BASHRC = r"cd; PS1='\[\e[32m\]deploy@web1\[\e[0m\]:\[\e[34m\]~\[\e[0m\]$ '" "\n"
_HELD, _DENIED = "sudo systemctl restart api", "sudo rm -rf /var/log/api"


def _typed(script: Sequence[tuple[float, str]]) -> Iterator[tuple[float, str]]:
    """Each character of each text by itself, some time after the one before."""
    at = 0.8
    for pace, text in script:
        for key in text:
            yield at, key
            at += pace
        at += 0.6


_SCRIPT = (
    (0.07, "ls -l --color\r"),
    (0.07, "vim settings.py\r"),
    (0.15, "/TIMEOUT\r"),
    (0.12, "$F3cw60\x1b"),
    (0.12, "/FEATURES\r"),
    (0.09, 'f]i, "refunds"\x1b'),
    (0.15, ":wq\r"),
    (0.07, f"{_HELD}\r"),
    (0.07, f"{_DENIED}\r"),
)


def record() -> None:
    """Perform it, and keep what was written and typed."""
    with TemporaryDirectory(prefix="hoopterm-") as directory:
        home = Path(directory) / "deploy"
        (home / "bin").mkdir(parents=True)
        (home / "settings.py").write_text(_SETTINGS)
        for name in ("deploy.sh", "README.md"):
            (home / name).write_text("#!/bin/sh\n" * 40)
        (home / "deploy.sh").chmod(0o755)
        (home / ".vimrc").write_text(_VIMRC)
        (home / "bin" / "sudo").write_text('#!/bin/sh\necho "api.service: restarted"\n')
        (home / "bin" / "sudo").chmod(0o755)
        for path in sorted(home.iterdir()):
            os.utime(path, (1_772_000_000, 1_772_000_000))
        environment = {
            "TERM": "xterm-256color", "LANG": "C.UTF-8", "HOME": str(home), "TZ": "UTC",
            "PATH": f"{home}/bin:/usr/bin:/bin",
        }  # fmt: skip
        (home / ".bashrc").write_text(_BASHRC)
        command = ["bash", "--rcfile", str(home / ".bashrc"), "-i"]
        pieces = list(perform(command, list(_typed(_SCRIPT)), SIZE, environment))
    kept = [[round(piece.at, 3), base64.b64encode(piece.data).decode(), piece.is_typed] for piece in pieces]
    _PIECES.write_text("[\n" + ",\n".join(json.dumps(each) for each in kept) + "\n]\n")


def pieces() -> list[Piece]:
    """What was recorded."""
    return [Piece(at, base64.b64decode(data), is_typed) for at, data, is_typed in json.loads(_PIECES.read_text())]


def frames() -> list[Frame]:
    """The whole session, in its order; its people took 41 seconds to approve."""
    out = [
        Frame(0.0, "s", {"state": "opened", "reason": ""}),
        _began(0.2, OPERATION, "SHELL", "", "shells", [["execute", "shell"]]),
        Frame(0.2, "t", {"operation": OPERATION, "cols": SIZE[0], "rows": SIZE[1], "term": "xterm-256color"}),
    ]
    line, number, late, in_vim = "", 0, 0.3, False
    for at, data, is_typed in pieces():
        if not is_typed:
            out.append(Frame(at + late, "R", RowBatch(OPERATION, data.count(b"\n"), data, "stdout")))
            continue
        out.append(Frame(at + late, "R", RowBatch(OPERATION, 0, data, "input")))
        if data == b"\r" and not in_vim and line:
            number += 1
            late += 41.0 if line == _HELD else 0.0
            out += _line(at + late, f"op_line{number}", line)
        if data == b"\r":
            if line == _DENIED:
                break
            in_vim = line.startswith("vim") or (in_vim and not line.endswith(":wq"))
            line = ""
        else:
            line += data.decode()
    last = out[-1].at
    ended = {"status": "cancelled", "error": "a line was denied: logs are kept", "tag": ""}
    end = _ended(last + 0.1, OPERATION, "")
    return [
        *out,
        Frame(end.at, "e", {**end.data, **ended}) if isinstance(end.data, dict) else end,
        Frame(last + 0.2, "s", {"state": "closed", "reason": "a line was denied"}),
    ]


def _line(at: float, operation: str, text: str) -> list[Frame]:
    effects = [["execute", f"command:{text}"]]
    if text == _HELD:
        asked = {"operation": operation, "review": "rv_81", "reviewers": ["dba"], "deadline": ""}
        return [
            _began(at - 41, operation, "LINE", text, "restarts", effects, verdict="review"),
            Frame(at - 41, "w", {**asked, "state": "pending", "by": [], "reason": ""}),
            Frame(at, "w", {**asked, "state": "approved", "by": ["bob"], "reason": "agreed in OPS-120"}),
            _ended(at, operation, ""),
        ]
    if text == _DENIED:
        why = {"operation": operation, "status": "denied", "error": "denied by no-removals: logs are kept"}
        return [
            _began(at, operation, "LINE", text, "no-removals", effects, verdict="deny", reason="logs are kept"),
            Frame(at, "e", {**why, "rows": 0, "changed": None, "masked": 0}),
        ]
    return [_began(at, operation, "LINE", text, "shells", effects), _ended(at, operation, "")]


def _began(
    at: float, operation: str, verb: str, text: str, rule: str, effects: list[list[str]], **more: object
) -> Frame:
    data = {"operation": operation, "verb": verb, "text": text, "effects": effects, "rule": rule, "reason": ""}
    inferred = {"inferred": True} if verb == "LINE" else {}
    return Frame(at, "q", {**data, "verdict": "allow", "parameters": [], **inferred, **more})


def _ended(at: float, operation: str, tag: str) -> Frame:
    data = {"operation": operation, "status": "completed", "tag": tag, "rows": 0, "changed": None, "masked": 0}
    return Frame(at, "e", {**data, "error": None})


def recording() -> bytes:
    """It as a file's content."""
    header = {"session": "se_ssh1", "identity": "report-bot", "target": "web1", "opened": "2026-11-22T20:50:00+00:00"}
    return encode_header({**header, "timestamp": 1_772_000_000}) + encode_block(frames())


def write(folder: Path) -> Path:
    """It as a file."""
    path = folder / "se_ssh1.hoop"
    path.write_bytes(recording())
    return path
