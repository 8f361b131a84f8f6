"""The tape is read by counting samples."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from homebody.bench.tape import Command, exchanges

RATE_HZ = 16_000
NOISE = np.random.default_rng(7).integers(-9000, 9000, 8000).astype(np.int16)


@given(
    gaps=st.lists(st.integers(2_000, 30_000), min_size=1, max_size=4),
    waits=st.lists(st.integers(0, 12_000), min_size=4, max_size=4),
)
def test_the_wait_that_was_put_on_the_tape_is_the_wait_that_is_read_from_it(gaps, waits):
    room, speaker, commands, wanted = [], [], [], []
    for gap, wait in zip(gaps, waits, strict=False):
        command = Command(NOISE[: 4000 + gap % 3000], speech_ended=3500)
        reply = np.full(1600, 5000, np.int16)
        quiet = np.zeros(gap, np.int16)
        begin = command.speech_ended + wait
        length = max(len(command.samples), begin + len(reply)) + 500
        one, other = np.zeros(length, np.int16), np.zeros(length, np.int16)
        one[: len(command.samples)] = command.samples
        other[begin : begin + len(reply)] = reply
        room += [quiet, one]
        speaker += [quiet, other]
        commands.append(command)
        wanted.append(1000 * wait / RATE_HZ)
    found = exchanges(np.concatenate(room), np.concatenate(speaker), commands)
    assert [exchange.latency_ms(RATE_HZ) for exchange in found] == pytest.approx(wanted)


def test_a_command_without_a_reply_has_no_latency():
    command = Command(NOISE, speech_ended=7000)
    room = np.concatenate([np.zeros(4000, np.int16), NOISE, np.zeros(9000, np.int16)])
    (exchange,) = exchanges(room, np.zeros_like(room), [command])
    assert exchange.latency_ms(RATE_HZ) is None


def test_a_command_that_is_not_on_the_tape_is_an_error():
    with pytest.raises(ValueError, match="not on the tape"):
        exchanges(np.zeros(20_000, np.int16), np.zeros(20_000, np.int16), [Command(NOISE, 7000)])
