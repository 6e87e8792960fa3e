from hoopterm.demo.postgres import EmbeddedPostgres, binaries, free_port


def test_the_wheel_has_the_programs_that_the_demo_runs() -> None:
    assert all((binaries() / name).exists() for name in ("postgres", "initdb", "pg_ctl", "psql", "pgbench", "pg_dump"))


def test_a_free_port_can_be_listened_on() -> None:
    assert 0 < free_port() < 65536


def test_a_server_starts_serves_and_leaves_nothing_behind() -> None:
    with EmbeddedPostgres() as server:
        assert server.psql("show server_version_num").startswith("18")
        server.stop()
        server.start()
        assert server.psql("select 1").strip() == "1"
    assert not server.directory.exists()
