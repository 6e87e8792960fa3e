from __future__ import annotations

from pathlib import Path

import pytest

from hoopterm.address import Address, Remote, find, settings
from hoopterm.errors import EngineUnreachable, Misused


def write(directory: Path, text: str) -> Path:
    path = directory / "hoopterm.yaml"
    path.write_text(text)
    return path


def test_the_option_wins_over_everything(tmp_path: Path) -> None:
    write(tmp_path, "engine: {socket: /elsewhere}\n")
    address = find("/run/a.sock", environ={"HOOPTERM_ENGINE": "/run/b.sock"}, directory=tmp_path)
    assert isinstance(address, Address)
    assert (str(address.socket), address.named_by) == ("/run/a.sock", "--engine")


def test_the_environment_wins_over_the_configuration(tmp_path: Path) -> None:
    write(tmp_path, "engine: {socket: /elsewhere}\n")
    address = find(environ={"HOOPTERM_ENGINE": "unix:///run/b.sock"}, directory=tmp_path)
    assert isinstance(address, Address)
    assert (str(address.socket), address.named_by) == ("/run/b.sock", "--engine or HOOPTERM_ENGINE")


def test_a_relative_socket_starts_at_the_configuration(tmp_path: Path) -> None:
    write(tmp_path, "engine:\n  socket: ./here/control.sock\n")
    assert find(environ={}, directory=tmp_path).socket == tmp_path / "here" / "control.sock"


@pytest.mark.parametrize("text", ["engine: {state: ./st}\n", "engine:\n  state: ./st\n", "targets: []\n"])
def test_without_a_socket_the_state_directory_is_looked_at(tmp_path: Path, text: str) -> None:
    write(tmp_path, text)
    state = tmp_path / ("st" if "engine" in text else "state")
    state.mkdir()
    (state / "control.sock").touch()
    assert find(environ={}, directory=tmp_path).socket == state / "control.sock"


def test_the_user_s_runtime_directory_is_looked_at(tmp_path: Path) -> None:
    (tmp_path / "hoopterm").mkdir()
    (tmp_path / "hoopterm" / "control.sock").touch()
    address = find(environ={"XDG_RUNTIME_DIR": str(tmp_path)}, directory=tmp_path)
    assert address.socket == tmp_path / "hoopterm" / "control.sock"


def test_where_nothing_names_an_engine_the_places_looked_at_are_told(tmp_path: Path) -> None:
    with pytest.raises(EngineUnreachable) as caught:
        find(environ={"XDG_RUNTIME_DIR": str(tmp_path)}, directory=tmp_path)
    assert "/run/hoopterm/control.sock" in caught.value.hint
    assert str(tmp_path) in caught.value.hint


def test_addresses_of_later_versions_are_told_apart_from_mistakes() -> None:
    with pytest.raises(Misused, match="does not speak yet"):
        find("https://gw.example")


@pytest.mark.parametrize(
    ("engine", "found"),
    [
        ("ssh://bastion", Remote("bastion", "/run/hoopterm/control.sock")),
        ("ssh://bob@gw.example:2222/", Remote("gw.example", "/run/hoopterm/control.sock", "bob", 2222)),
        ("ssh://bob@[fd00::1]/srv/a%20b/c.sock", Remote("fd00::1", "/srv/a b/c.sock", "bob")),
    ],
)
def test_an_engine_behind_openssh_has_a_host_and_may_have_the_rest(engine: str, found: Remote) -> None:
    assert find(engine) == found


def test_a_remote_engine_is_written_as_it_was_given_and_says_how_to_log_in_there() -> None:
    remote = Remote("fd00::1", "/c.sock", "bob", 2222)
    assert str(remote) == "ssh://bob@[fd00::1]:2222/c.sock"
    assert remote.command == "ssh -p 2222 bob@fd00::1"


@pytest.mark.parametrize(
    "engine",
    [
        "ssh://",
        "ssh:///c.sock",
        "ssh://bob:secret@gw",
        "ssh://gw:99999",
        "ssh://-oProxyCommand=x",
        "ssh://[gw",
        "ssh://gw?x",
    ],
)
def test_a_host_that_cannot_be_one_is_a_mistake(engine: str) -> None:
    with pytest.raises(Misused, match="names no engine"):
        find(engine)


@pytest.mark.parametrize("engine", ["ftp://x", "unix://relative", "://"])
def test_a_scheme_nobody_speaks_is_a_mistake(engine: str) -> None:
    with pytest.raises(Misused, match="names no engine"):
        find(engine)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("engine:\n  state: ./st # here\n  socket: '/a b/c.sock'\n", {"state": "./st", "socket": "/a b/c.sock"}),
        ('engine: {state: "./st", socket: /c.sock}\n', {"state": "./st", "socket": "/c.sock"}),
        ("engine: {\n  state: ./st,\n  socket: /c.sock\n}\n", {"state": "./st", "socket": "/c.sock"}),
        ("# engine: {state: no}\nlisteners:\n  x: 1\nengine:\n\n  # why\n  state: st\nrules: []\n", {"state": "st"}),
        ("engine:\n  audit:\n    socket: /no\n  state: st\n", {"state": "st"}),
        ("listeners:\n  socket: /no\n", {}),
        ("engine:\n", {}),
        ("", {}),
    ],
)
def test_the_settings_are_found_without_a_yaml_parser(tmp_path: Path, text: str, found: dict[str, str]) -> None:
    assert settings(write(tmp_path, text)) == found


def test_a_configuration_that_cannot_be_read_says_nothing(tmp_path: Path) -> None:
    assert settings(tmp_path / "absent.yaml") == {}
