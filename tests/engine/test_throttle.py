from engine.throttle import Throttle


def test_a_throttle_admits_so_many_in_each_stretch() -> None:
    now = [0.0]
    throttle = Throttle(2, 10, lambda: now[0])
    assert [throttle.admits() for _ in range(4)] == [True, True, False, False]
    now[0] = 9.9
    assert not throttle.admits()
    now[0] = 10
    assert throttle.admits()
