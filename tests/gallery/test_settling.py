"""When a file is complete, in virtual time."""

from hypothesis import given
from hypothesis import strategies as st

from homebody.captions.rows import Stat
from homebody.gallery.settling import RETRY_AFTER_S, STILL_S, Settling

A, B = Stat(1, 1), Stat(2, 2)


def test_a_file_that_was_closed_is_complete_at_once():
    settling = Settling()
    settling.changed("a", 5.0, closed=False)
    settling.changed("a", 5.1, closed=True)
    assert settling.due(5.1) == ["a"]
    assert settling.looked("a", A, 5.1)
    assert settling.next_s is None


def test_a_file_nobody_closed_is_complete_when_it_stood_still_for_a_second():
    settling = Settling()
    settling.changed("a", 0.0, closed=False)
    assert not settling.looked("a", A, 0.0)
    assert settling.due(STILL_S - 0.01) == []
    assert not settling.looked("a", B, STILL_S)
    assert settling.looked("a", B, 2 * STILL_S)


def test_what_is_not_wanted_any_more_is_not_waited_for():
    settling = Settling()
    settling.changed("a", 0.0, closed=False)
    settling.unreadable("b", A, 0.0)
    settling.keep(lambda path: path == "a")
    assert settling.due(1000.0) == ["a"]


def test_a_file_that_is_written_to_after_it_was_closed_is_waited_for():
    settling = Settling()
    settling.changed("a", 0.0, closed=True)
    settling.changed("a", 0.0, closed=False)
    assert settling.due(0.0) == []


def test_a_file_that_went_away_is_forgotten():
    settling = Settling()
    settling.changed("a", 0.0, closed=True)
    assert not settling.looked("a", None, 0.0)
    assert len(settling) == 0


def test_an_unreadable_file_is_tried_again_later_and_later_and_then_given_up():
    settling, now_s = Settling(), 0.0
    for after_s in RETRY_AFTER_S:
        assert not settling.unreadable("a", A, now_s)
        assert settling.next_s == now_s + after_s
        now_s = settling.next_s
        assert settling.looked("a", A, now_s)
    assert settling.unreadable("a", A, now_s)
    assert len(settling) == 0


def test_an_unreadable_file_that_changes_gets_all_its_attempts_again():
    settling, now_s = Settling(), 0.0
    for after_s in RETRY_AFTER_S:
        settling.unreadable("a", A, now_s)
        now_s += after_s
    assert not settling.unreadable("a", B, now_s)


def test_what_is_tried_before_its_time_is_no_attempt():
    settling = Settling()
    for tenth in range(2 * len(RETRY_AFTER_S) + 2):  # somebody has the folders looked through, again and again
        assert not settling.unreadable("a", A, tenth / 10)
        assert settling.next_s == RETRY_AFTER_S[0]
        settling.changed("a", tenth / 10, closed=True)
        assert settling.looked("a", A, tenth / 10)


writes = st.lists(st.tuples(st.floats(0.01, 3.0), st.booleans(), st.booleans()), min_size=1, max_size=12)


@given(writes)
def test_no_file_is_complete_while_it_is_still_written_to_and_every_file_is_in_the_end(steps):
    """Each step: so much later the file grows; the system tells of it or not; it is closed after it or not."""
    settling, now_s, size, told_closed = Settling(), 0.0, 1, False
    settling.changed("a", now_s, closed=False)

    def look_until(until_s):
        while settling.next_s is not None and settling.next_s <= until_s:
            at_s = settling.next_s
            for path in settling.due(at_s):
                if settling.looked(path, Stat(size, size), at_s):
                    return at_s
        return None

    for after_s, told, closed in steps:
        done_s = look_until(now_s + after_s)
        if done_s is not None:
            assert told_closed or done_s >= now_s + STILL_S
            return
        now_s += after_s
        size += 1
        if told or closed:
            settling.changed("a", now_s, closed=closed)
        told_closed = closed
    done_s = look_until(now_s + 3 * STILL_S)
    assert done_s is not None
    assert told_closed or done_s >= now_s + STILL_S
