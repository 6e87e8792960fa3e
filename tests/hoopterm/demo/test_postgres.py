from pathlib import Path

import pytest

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


def test_a_server_starts_from_a_wheel_that_only_its_owner_can_reach(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = binaries().parent.parent
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    for folder in (package, package.with_name(f"{package.name}.libs")):
        (closed / folder.name).symlink_to(folder)
    monkeypatch.setattr("hoopterm.demo.postgres.binaries", lambda: closed / package.name / "pginstall18" / "bin")
    with EmbeddedPostgres() as server:
        assert server.psql("select 1").strip() == "1"


def test_a_server_that_does_not_start_leaves_nothing_behind() -> None:
    server = EmbeddedPostgres(settings={"shared_buffers": "nonsense"})
    with pytest.raises(RuntimeError, match="pg_ctl failed"), server:
        pass
    assert not server.directory.exists()
