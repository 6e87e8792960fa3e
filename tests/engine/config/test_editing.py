import pytest

from engine.config.editing import with_host_key
from engine.config.loading import load_sources
from tests.engine.config.writing import FILE
from tests.servers.sshkeys import sample

BLOCK = """\
# our hosts
targets:
  - address: web0:22  # the first
    name: web0
    protocol: ssh
    credential: {user: deploy}
  - name: web1   # the second
    protocol: ssh
    address: "web1:22"   # behind the wall
    credential: {user: deploy}  # nobody else
"""
FLOW = """\
targets: [{name: web0, protocol: ssh, address: web0, credential: {user: a}},
          {name: web1, protocol: ssh, credential: {user: a}, address: "web1"}]  # all
"""
AT_THE_END = "targets:\n- name: web1\n  protocol: ssh\n  credential: {user: a}\n  address: web1"


@pytest.mark.parametrize("text", [BLOCK, FLOW, AT_THE_END])
def test_a_host_key_is_set_and_nothing_else_changes(text: str) -> None:
    changed = with_host_key(text, "web1", sample(1))
    assert changed is not None
    before, after = (load_sources({FILE: each.encode()}) for each in (text, changed))
    assert after.targets["web1"].host_keys == (sample(1),)
    assert {name: each for name, each in after.targets.items() if name != "web1"} == {
        name: each for name, each in before.targets.items() if name != "web1"
    }
    added = f'host_key: "{sample(1)}"'
    assert changed.replace(f", {added}", "").replace(f"    {added}\n", "").replace(f"\n  {added}\n", "") == text


@pytest.mark.parametrize(
    ("text", "target"),
    [
        (BLOCK, "web2"),
        ("", "web1"),
        ("targets: []\n", "web1"),
        ("rules: []\n", "web1"),
        (AT_THE_END.replace("protocol", "host_key: x\n  protocol"), "web1"),
        ("targets: [{name: web1}]", "web1"),
    ],
)
def test_where_there_is_no_place_nothing_is_made_up(text: str, target: str) -> None:
    assert with_host_key(text, target, sample(1)) is None
