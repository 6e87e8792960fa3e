"""Every target by its name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from tests.fuzz import keys, masks, record, settings, shell, streams, transfers, wire

Target = Callable[[bytes], None]

CORPUS = Path(__file__).parent / "corpus"

TARGETS: Mapping[str, Target] = {
    "client": wire.client,
    "server": wire.server,
    "opening": wire.opening,
    "login": wire.login,
    "scram": wire.scram,
    "password": wire.password,
    "rows": masks.rows,
    "torn-rows": masks.torn_rows,
    "copy-text": masks.copy_text,
    "copy-csv": masks.copy_csv,
    "copy-binary": masks.copy_binary,
    "torn-copy": masks.torn_copy,
    "stream": streams.stream,
    "tree": record.tree,
    "note": record.note,
    "journal": record.journal,
    "recording": record.recording,
    "header": record.header,
    "cells": record.cells,
    "yaml": settings.yaml,
    "cel": settings.cel,
    "line": shell.line,
    "certificate": keys.certificate,
    "revocations": keys.revocations,
    "transfer": transfers.requests,
    "transfer-answers": transfers.answers,
}
"""Those that need no server; `analysis` is made over a catalog (`sql`)."""

ANALYSIS = "analysis"
NAMES = (*TARGETS, ANALYSIS)


def seeds(name: str) -> list[bytes]:
    """The kept corpus of a target."""
    return [path.read_bytes() for path in sorted((CORPUS / name).iterdir())]
