"""Recorded operations decided by other rules: what would change, and what cannot be told."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Final

from engine.api.schema import BacktestView, ChangedDecisionView, UndecidableView
from engine.hindsight.recall import Gone, Lost, Memory
from engine.model import Mode
from engine.policy.backtest import Judgement
from engine.search.operations import RecordedOperation

EVERY: Final = 250  # operations from one line of progress to the next
MOST_TOLD: Final = 5000  # changed decisions, and undecidable operations likewise; all are counted
_LONGEST: Final = 2000  # characters of a text


def retry(memory: Memory, recorded: Iterable[RecordedOperation], most: int) -> Iterator[BacktestView]:
    """One view after so many operations, with what was found since the one before; the last one is `done`.

    What is compared is what comes of it: on an observed target everything is allowed, then and under these rules.
    """
    retrial = _Retrial(memory, most)
    for operation in recorded:
        retrial.try_again(operation)
        if retrial.examined % EVERY == 0:
            yield retrial.view()
    yield retrial.view(done=True)


class _Retrial:
    def __init__(self, memory: Memory, most: int) -> None:
        self._memory = memory
        self._most = most
        self._turned: Counter[str] = Counter()
        self._undecidable = 0
        self._changes: list[ChangedDecisionView] = []
        self._undecided: list[UndecidableView] = []
        self._told = 0
        self._told_undecided = 0
        self.examined = 0

    def view(self, *, done: bool = False) -> BacktestView:
        changes, undecided = self._changes, self._undecided
        self._changes, self._undecided = [], []
        changed = self._turned.total()
        return BacktestView(
            self.examined, self._most, changed, self._undecidable, dict(self._turned), changes, undecided, done
        )

    def try_again(self, recorded: RecordedOperation) -> None:
        self.examined += 1
        try:
            judgement = self._memory.judge(recorded)
        except Gone as gone:
            self._change(recorded, "deny", Judgement(None, None, str(gone)))
            return
        except Lost as lost:
            self._leave(recorded, str(lost))
            return
        if self._memory.revision.targets[recorded.target].mode is Mode.OBSERVE:
            self._change(recorded, "allow", judgement)
        elif judgement.verdict is None:
            self._leave(recorded, judgement.reason)
        else:
            self._change(recorded, judgement.verdict.value, judgement)

    def _change(self, recorded: RecordedOperation, verdict: str, judgement: Judgement) -> None:
        if verdict == recorded.verdict:
            return
        self._turned[f"{recorded.verdict}→{verdict}"] += 1
        if self._told < MOST_TOLD:
            self._told += 1
            self._changes.append(_changed(recorded, verdict, judgement))

    def _leave(self, recorded: RecordedOperation, why: str) -> None:
        self._undecidable += 1
        if self._told_undecided < MOST_TOLD:
            self._told_undecided += 1
            self._undecided.append(
                UndecidableView(
                    recorded.sequence,
                    time_of(recorded),
                    recorded.operation,
                    recorded.identity,
                    recorded.target,
                    recorded.verb,
                    why,
                )
            )


def _changed(recorded: RecordedOperation, verdict: str, judgement: Judgement) -> ChangedDecisionView:
    return ChangedDecisionView(
        sequence=recorded.sequence,
        time=time_of(recorded),
        session=recorded.session,
        operation=recorded.operation,
        identity=recorded.identity,
        target=recorded.target,
        verb=recorded.verb,
        effects=[effect for effect, _ in recorded.accesses],
        resources=[name[:_LONGEST] for _, name in recorded.accesses[:64]],
        old=recorded.verdict,
        old_rule=recorded.rule,
        new=verdict,
        new_rule=judgement.rule,
        reason=judgement.reason,
        text=shown(recorded),
    )


def time_of(recorded: RecordedOperation) -> str:
    """RFC 3339 in UTC."""
    return recorded.time.isoformat().replace("+00:00", "Z")


def shown(recorded: RecordedOperation) -> str | None:
    """The beginning of its masked text."""
    return recorded.text[:_LONGEST] if recorded.text is not None else None
