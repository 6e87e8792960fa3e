from engine.loopback import is_loopback


def test_this_machine_goes_by_its_name_and_by_any_address_of_loopback() -> None:
    hosts = ("localhost", "127.0.0.1", "127.9.9.9", "::1", "localhost.example", "128.0.0.1", "")
    assert [host for host in hosts if is_loopback(host)] == ["localhost", "127.0.0.1", "127.9.9.9", "::1"]
