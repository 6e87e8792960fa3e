import gc
import resource

from engine.process import calm_collector, raise_descriptor_limit


def test_the_process_takes_the_descriptors_it_may_have() -> None:
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (before[1] // 2, before[1]))
    try:
        assert raise_descriptor_limit() == before[1]
        assert resource.getrlimit(resource.RLIMIT_NOFILE) == (before[1], before[1])
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, before)


def test_garbage_is_looked_for_seldom() -> None:
    before = gc.get_threshold()
    try:
        calm_collector()
        assert gc.get_threshold()[0] >= 10_000
    finally:
        gc.set_threshold(*before)
