from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.dialects import sqlite

from engine.store.tables import Moment

DIALECT = sqlite.dialect()


@given(st.datetimes(min_value=datetime(1900, 1, 1), timezones=st.just(UTC)))
def test_a_time_comes_back_to_the_microsecond(time: datetime) -> None:
    moment = Moment()
    assert moment.process_result_value(moment.process_bind_param(time, DIALECT), DIALECT) == time


def test_times_of_other_zones_are_the_same_moment() -> None:
    time = datetime(2026, 1, 1, tzinfo=timezone(timedelta(hours=5)))
    moment = Moment()
    assert moment.process_bind_param(time, DIALECT) == moment.process_bind_param(time.astimezone(UTC), DIALECT)


def test_a_time_without_a_zone_is_refused() -> None:
    with pytest.raises(TypeError):
        Moment().process_bind_param(datetime(2026, 1, 1), DIALECT)
