import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.approvals.request import OPEN, TRANSITIONS, Move, State, after
from engine.errors import Conflict


def test_every_state_has_its_line_in_the_table() -> None:
    assert set(TRANSITIONS) == set(State)
    assert {State.PENDING, State.APPROVED} == OPEN


@given(st.lists(st.sampled_from(Move), max_size=12))
def test_whatever_happens_it_is_decided_once_and_used_only_after_an_approval(moves: list[Move]) -> None:
    state, path = State.PENDING, []
    for move in moves:
        try:
            state = after(state, move)
        except Conflict:
            continue
        path.append(state)
    assert len(path) <= 2
    assert path.count(State.USED) <= 1
    if State.USED in path:
        assert path == [State.APPROVED, State.USED]
    if path and path[-1] not in OPEN:
        assert TRANSITIONS[path[-1]] == {}


@pytest.mark.parametrize("state", [State.DENIED, State.EXPIRED, State.WITHDRAWN, State.USED, State.REVOKED])
@pytest.mark.parametrize("move", Move)
def test_what_ended_stays_ended(state: State, move: Move) -> None:
    with pytest.raises(Conflict, match=state.value):
        after(state, move)
