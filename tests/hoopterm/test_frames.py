from __future__ import annotations

import pytest

from engine.api.schema import FrameView
from hoopterm.errors import EngineUnreachable
from hoopterm.frames import recorded
from replay.format import Frame, RowBatch


def test_an_event_keeps_its_data() -> None:
    assert recorded(FrameView(1.5, "q", {"verb": "SELECT"})) == Frame(1.5, "q", {"verb": "SELECT"})


def test_rows_get_their_bytes_back() -> None:
    view = FrameView(2.0, "R", {"operation": "op", "rows": 1, "cells": "RAAB", "kind": "copy", "before": 3})
    assert recorded(view) == Frame(2.0, "R", RowBatch("op", 1, b"D\0\1", "copy", 3))


@pytest.mark.parametrize("data", [{}, None, {"operation": "op", "rows": 1, "cells": "no base64!"}])
def test_rows_that_do_not_read_are_the_engine_s_fault(data: object) -> None:
    with pytest.raises(EngineUnreachable, match="cannot read"):
        recorded(FrameView(2.0, "R", data))
