"""Bytes both ways, between OpenSSH's client and server with the engine between them."""

from __future__ import annotations

import subprocess

from tests.servers.bastion import StartBastion

SLOWLY = "for c in 4 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1; do printf %s $c; sleep 0.05; done; echo ' end'"


def test_output_and_errors_come_back_apart_with_the_exit_status(start_bastion: StartBastion) -> None:
    done = start_bastion().ssh("echo out; echo err >&2; exit 7")
    assert (done.stdout, done.stderr, done.returncode) == (b"out\n", b"err\n", 7)


def test_input_reaches_the_command_up_to_its_end(start_bastion: StartBastion) -> None:
    done = start_bastion().ssh("cat", stdin=None, input=b"a line\n" * 100_000)
    assert done.stdout == b"a line\n" * 100_000
    assert done.returncode == 0


def test_a_client_that_reads_late_misses_nothing(start_bastion: StartBastion) -> None:
    bastion = start_bastion()
    line = ["ssh", *bastion.options(), "-p", str(bastion.port), "web1@127.0.0.1", "head -c 20000000 /dev/zero"]
    with subprocess.Popen(line, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE) as client:
        assert client.stdout is not None
        total = 0
        while chunk := client.stdout.read(8192):
            total += len(chunk)
    assert total == 20_000_000
    assert client.returncode == 0


def test_a_signal_that_ends_a_command_is_told(start_bastion: StartBastion) -> None:
    assert start_bastion().ssh("kill -TERM $$").returncode == 255  # as ssh has it for a command that a signal ended


def test_a_terminal_is_the_upstreams_with_the_clients_size(start_bastion: StartBastion) -> None:
    done = start_bastion().ssh("stty rows 33 columns 101; stty size; tty", options=["-tt"])
    assert done.stdout.startswith(b"33 101\r\n/dev/pts/")


STRICT = """
rules:
  - name: work
    decide: allow
    who: {groups: [agents]}
    what: {effects: [execute, opaque]}
    mask: strict
"""
CARDS = """
masking:
  - {name: cards, detect: [credit_card, private_key]}
"""


def test_a_value_that_a_terminal_shows_slowly_is_masked_where_a_rule_is_strict(start_bastion: StartBastion) -> None:
    bastion = start_bastion(STRICT, CARDS)
    done = bastion.ssh("printf '4111 1111'; sleep 0.2; printf ' 1111 1111'; echo; echo end", options=["-tt"])
    assert done.stdout == b"*" * 19 + b"\r\nend\r\n"


def test_a_value_that_a_pipe_carries_a_digit_at_a_time_is_masked(start_bastion: StartBastion) -> None:
    """SECURITY promise 2."""
    done = start_bastion(masking=CARDS).ssh(SLOWLY)
    assert done.stdout == b"*" * 16 + b" end\n"


def test_a_prompt_is_seen_where_output_is_masked_in_whole_lines(start_bastion: StartBastion) -> None:
    """The command goes on only once its prompt was answered."""
    bastion = start_bastion(STRICT, CARDS)
    line = ["ssh", "-tt", *bastion.options(), "-p", str(bastion.port), "web1@127.0.0.1", "read -p 'Go on? ' x; echo $x"]
    with subprocess.Popen(line, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as client:
        assert client.stdin is not None
        assert client.stdout is not None
        assert client.stdout.read(7) == b"Go on? "
        client.stdin.write(b"yes\n")
        client.stdin.flush()
        assert client.stdout.read().endswith(b"yes\r\n")


def test_a_private_key_is_stars_for_client_and_recording(start_bastion: StartBastion) -> None:
    """SECURITY promise 2."""
    bastion = start_bastion(masking=CARDS)
    key = bastion.key("bob")
    done = bastion.ssh(f"cat {key}; dd if={key} bs=1 status=none; sed 's/^/  /;s/$/\\r/' {key}; echo done")
    assert done.stdout.endswith(b"\ndone\n")
    assert set(done.stdout.removesuffix(b"done\n")) <= set(b"*\r\n ")
    assert key.read_bytes().splitlines()[2] not in done.stdout
