"""What is told of a command line, in few words."""

from __future__ import annotations

from engine.protocols.ssh.commands.telling import tell


def said(line: str | bytes) -> list[str]:
    """`["execute command:ls", …]`, or `["opaque"]`."""
    told = tell(line)
    if told.why_opaque is not None:
        assert [(access.effect.value, str(access.resource)) for access in told.accesses] == [("opaque", "command")]
        assert not told.commands
        return ["opaque"]
    return [f"{access.effect.value} {access.resource}" for access in told.accesses]


def touched(line: str) -> list[str]:
    """What a single command does besides being run: `["read /x"]`, or `["opaque"]`."""
    all_said = said(line)
    if all_said == ["opaque"]:
        return all_said
    assert all_said[0].startswith("execute command:")
    return [each.replace("path:", "").replace("host:", "") for each in all_said[1:]]
