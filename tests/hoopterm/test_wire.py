"""The wire says what became of a request, whatever came back."""

from __future__ import annotations

import pytest

from hoopterm.address import find
from hoopterm.wire import Wire


async def test_a_wire_outside_its_block_says_so() -> None:
    wire = Wire(find("/nonexistent/control.sock"))
    with pytest.raises(RuntimeError, match="outside its `async with`"):
        wire._open()
    assert "closed" in repr(wire)
