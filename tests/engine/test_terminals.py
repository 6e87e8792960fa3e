"""Bytes between a program's terminal and a far end."""

from __future__ import annotations

import asyncio
import contextlib
import os
import tty

from engine.terminals import Terminal


class Far:
    """A far end that remembers."""

    def __init__(self) -> None:
        self.shown = b""
        self.came = asyncio.Event()
        self.holds = False
        self.took = asyncio.Event()

    def show(self, data: bytes) -> None:
        self.shown += data
        self.came.set()

    def hold_input(self) -> None:
        self.holds = True

    def take_input(self) -> None:
        self.holds = False
        self.took.set()


def opened() -> tuple[Terminal, Far, int]:
    far = Far()
    terminal = Terminal(far)
    program = os.dup(terminal.program_side)
    tty.setraw(program)
    terminal.begin()
    return terminal, far, program


async def test_output_is_shown_and_its_end_told() -> None:
    terminal, far, program = opened()
    os.write(program, b"hello")
    await far.came.wait()
    os.close(program)
    await terminal.over.wait()
    assert far.shown == b"hello"
    terminal.close()


async def test_the_program_sees_the_size_and_what_is_typed() -> None:
    terminal, _, program = opened()
    terminal.resize(132, 43)
    assert os.get_terminal_size(program) == (132, 43)
    terminal.type(b"keys")
    assert os.read(program, 64) == b"keys"
    terminal.close()
    os.close(program)


async def test_a_size_that_no_terminal_has_is_cut_and_an_unknown_one_the_usual() -> None:
    """SECURITY 6: bounded memory."""
    terminal, _, program = opened()
    terminal.resize(1 << 31, 0)
    assert os.get_terminal_size(program) == (1000, 24)
    terminal.close()
    os.close(program)


async def test_a_program_that_takes_nothing_holds_the_far_end() -> None:
    """SECURITY 6: bounded memory."""
    terminal, far, program = opened()
    terminal.type(b"x" * 200_000)
    assert far.holds
    os.set_blocking(program, False)
    arrived = asyncio.Event()
    asyncio.get_running_loop().add_reader(program, arrived.set)
    taken = 0
    while taken < 200_000:
        await arrived.wait()
        arrived.clear()
        with contextlib.suppress(BlockingIOError):
            taken += len(os.read(program, 65_536))
    asyncio.get_running_loop().remove_reader(program)
    await far.took.wait()
    assert not far.holds
    terminal.close()
    os.close(program)


async def test_a_far_end_that_does_not_keep_up_is_shown_nothing_meanwhile() -> None:
    terminal, far, program = opened()
    terminal.pause()
    os.write(program, b"later")
    await asyncio.sleep(0)
    assert far.shown == b""
    terminal.resume()
    await far.came.wait()
    assert far.shown == b"later"
    terminal.close()
    os.close(program)
