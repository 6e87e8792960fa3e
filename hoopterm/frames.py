"""A frame off the control API as the frame a recording holds: one way to play both."""

from __future__ import annotations

import base64
import binascii

import msgspec

from engine.api.schema import FrameView
from hoopterm.errors import EngineUnreachable
from replay.format import Frame, RowBatch


def recorded(view: FrameView) -> Frame:
    """The frame that a view shows; raises EngineUnreachable for one this version cannot read."""
    if view.code != "R":
        return Frame(view.at, view.code, view.data)
    try:
        rows = msgspec.convert(view.data, _Rows)
        cells = base64.b64decode(rows.cells, validate=True)
    except (msgspec.ValidationError, binascii.Error) as error:
        raise EngineUnreachable("the engine sent rows this version cannot read", "compare their versions") from error
    return Frame(
        view.at,
        view.code,
        RowBatch(rows.operation, rows.rows, cells, rows.kind, rows.before, rows.continues),
    )


class _Rows(msgspec.Struct, frozen=True):
    operation: str
    rows: int
    cells: str
    kind: str = "rows"
    before: int = 0
    continues: bool = False
