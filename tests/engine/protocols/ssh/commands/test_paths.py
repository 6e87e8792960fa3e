import pytest

from engine.model import Effect
from engine.protocols.ssh.commands.lexing import Untold
from engine.protocols.ssh.commands.paths import into, path, plain_path, reads


@pytest.mark.parametrize(
    ("name", "plain"),
    [
        ("/a//b/./c/", "/a/b/c"),
        ("./a", "a"),
        ("a/.", "a"),
        (".", "."),
        ("./", "."),
        ("/", "/"),
        ("//", "/"),
        ("/a/../b", "/a/../b"),
        ("/.a", "/.a"),
        ("..", ".."),
    ],
)
def test_a_path_is_written_one_way_and_keeps_what_leads_upwards(name: str, plain: str) -> None:
    assert plain_path(name) == plain


def test_an_empty_path_is_untold() -> None:
    with pytest.raises(Untold):
        plain_path("")


def test_a_tree_ends_in_a_slash() -> None:
    assert path(Effect.READ, "/a", is_tree=True).resource.name == "/a/"
    assert path(Effect.READ, "/", is_tree=True).resource.name == "/"
    assert reads(["-"]) == []


def test_what_is_copied_may_land_inside_the_destination() -> None:
    names = [access.resource.name for access in into("/d/", ["/a/b", "c/", ".."])]
    assert names == ["/d", "/d/b", "/d/c"]
