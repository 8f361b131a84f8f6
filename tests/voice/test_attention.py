"""Until when somebody is listened to."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from homebody.voice.attention import AGAIN_S, Attention, Why


def test_it_is_open_for_its_time_and_then_too_late():
    attention = Attention()
    assert (attention.closed, attention.open(1.0), attention.too_late(1.0)) == (True, False, False)
    attention.listen(8.0, Why())
    assert (attention.closed, attention.open(8.0), attention.too_late(8.0)) == (False, True, False)
    assert (attention.open(8.1), attention.too_late(8.1)) == (False, True)


def test_whoever_has_begun_is_heard_to_their_end():
    attention = Attention()
    attention.listen(8.0, Why(woken=True))
    attention.hear_out()
    assert (attention.speaks, attention.open(1000.0), attention.too_late(1000.0)) == (True, True, False)
    assert attention.close().woken
    assert (attention.closed, attention.speaks, attention.close().woken) == (True, False, False)


def test_what_was_no_answer_to_a_question_leaves_it_open_as_long_as_before():
    attention = Attention()
    attention.listen(8.0, Why(question_until_s=8.0))
    attention.again(attention.close(), 3.0)
    assert (attention.open(8.0), attention.too_late(8.1)) == (True, True)


def test_what_was_nothing_does_not_open_what_was_no_question_nor_take_the_place_of_a_call():
    attention = Attention()
    attention.listen(8.0, Why(woken=True))
    attention.again(attention.close(), 3.0)
    assert attention.closed
    attention.listen(8.0, Why(woken=True))
    attention.again(Why(question_until_s=20.0), 3.0)
    assert attention.too_late(9.0)


@given(st.lists(st.floats(0.0, 5.0), max_size=30))
def test_however_many_coughs_come_a_question_is_open_only_a_little_longer(gaps_s):
    attention, now_s = Attention(), 0.0
    attention.listen(8.0, Why(question_until_s=8.0))
    for gap_s in gaps_s:
        now_s += gap_s
        if attention.open(now_s):
            attention.again(attention.close(), now_s)
    assert not attention.open(8.0 + 2 * AGAIN_S + 0.001)
