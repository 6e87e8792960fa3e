"""All rows of one answer by number: what lies before a row is not read again, and few rows are in memory."""

from __future__ import annotations

from bisect import bisect_right
from collections import OrderedDict
from collections.abc import Callable, Sequence

from replay.cells import Rows, display
from replay.format import Frame, RowBatch

MOST = 500_000
"""Rows that can be reached; an export has them all."""
_KEPT = 8  # batches whose rows are in memory
_LONGEST = 1 << 20  # bytes kept of a row cut between two batches; behind a longer one none is reached

Row = list[str | None]


class Answer:
    """The rows of an operation, from its frame `begins` up to `stop`. Made in one pass; for a thread of its own."""

    def __init__(
        self,
        frames: Sequence[Frame],
        operation: str,
        begins: int,
        stop: int,
        is_wanted: Callable[[], bool] = lambda: True,
    ) -> None:
        self.columns: list[dict[str, object]] = []
        self.count = 0
        self.is_whole = True  # whether every row can be reached
        self._starts: list[int] = []  # the number of each batch's first row
        self._places: list[tuple[int, bytes]] = []  # where its frame lies, and what of a row the batch before left
        self._cache: OrderedDict[int, list[Row]] = OrderedDict()
        cells = Rows()
        for position in range(begins, stop + 1):
            data = frames[position].data
            if not isinstance(data, RowBatch):
                if frames[position].code == "c" and data.get("operation") == operation:
                    self.columns = [each for each in data.get("columns") or [] if isinstance(each, dict)]
            elif data.operation == operation and data.kind == "rows":
                if self.count >= MOST or len(cells.rest) > _LONGEST or not is_wanted():
                    self.is_whole = False
                    return
                self._starts.append(self.count)
                self._places.append((position, cells.rest))
                try:
                    self.count += sum(1 for _ in cells.feed(data.cells))
                except ValueError:
                    self.is_whole = False
                    return

    def row(self, frames: Sequence[Frame], number: int) -> Row:
        """One row, its masked values as they were sent; IndexError where there is none."""
        if not 0 <= number < self.count:
            raise IndexError(number)
        batch = bisect_right(self._starts, number) - 1
        rows = self._cache.get(batch)
        if rows is None:
            position, rest = self._places[batch]
            data = frames[position].data
            cells = data.cells if isinstance(data, RowBatch) else b""
            rows = self._cache[batch] = [display(row, self.columns) for row in Rows().feed(rest + cells)]
            if len(self._cache) > _KEPT:
                self._cache.popitem(last=False)
        else:
            self._cache.move_to_end(batch)
        return rows[number - self._starts[batch]]
