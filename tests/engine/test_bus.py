from engine.bus import Bus, Subscription


async def items(subscription: Subscription) -> list[tuple[str, object]]:
    return [entry async for entry in subscription]


async def test_watchers_receive_what_is_published_on_their_topics() -> None:
    bus = Bus()
    watcher = bus.subscribe("reviews", "sessions")
    bus.publish("reviews", 1)
    bus.publish("sessions", 2)
    bus.publish("events", 3)
    bus.close()
    assert await items(watcher) == [("reviews", 1), ("sessions", 2)]


async def test_a_slow_watcher_is_dropped_and_the_others_are_not() -> None:
    bus = Bus()
    slow, quick = bus.subscribe("t", capacity=2), bus.subscribe("t", capacity=10)
    for number in range(5):
        bus.publish("t", number)
    bus.close()
    assert slow.dropped
    assert not quick.dropped
    assert [item for _, item in await items(slow)] == [0, 1]
    assert [item for _, item in await items(quick)] == [0, 1, 2, 3, 4]


def test_a_topic_without_watchers_says_so() -> None:
    bus = Bus()
    assert not bus.has_watchers("t")
    watcher = bus.subscribe("t")
    assert bus.has_watchers("t")
    watcher.close()
    watcher.close()
    assert not bus.has_watchers("t")
