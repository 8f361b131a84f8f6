from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from homebody.router.session import Exchange, Sessions
from homebody.skill import SessionView


def test_a_conversation_that_nobody_knows_is_empty() -> None:
    sessions = Sessions()
    assert sessions.history("kitchen", now_s=0) == ()
    assert sessions.view("kitchen", now_s=0) == SessionView()


def test_a_conversation_keeps_its_exchanges_in_order_and_apart_from_others() -> None:
    sessions = Sessions()
    sessions.add("kitchen", "what time is it", "It is noon.", now_s=0)
    sessions.add("study", "who are you", "I am homebody.", now_s=1)
    sessions.add("kitchen", "and the date", "The first of May.", now_s=2)
    assert sessions.history("kitchen", now_s=3) == (
        Exchange("what time is it", "It is noon."),
        Exchange("and the date", "The first of May."),
    )
    assert sessions.view("kitchen", now_s=3) == SessionView("and the date", "The first of May.")
    assert sessions.view("study", now_s=3) == SessionView("who are you", "I am homebody.")


def test_an_exchange_without_a_reply_leaves_no_trace() -> None:
    sessions = Sessions()
    sessions.add("kitchen", "what time is it", "It is noon.", now_s=0)
    sessions.add("kitchen", "stop", " ", now_s=1)
    assert sessions.view("kitchen", now_s=2).last_reply == "It is noon."


def test_an_answer_is_cut_to_what_was_heard_of_it_and_gone_where_that_was_nothing() -> None:
    sessions = Sessions()
    sessions.add("kitchen", "tell me a story", "Once upon a time there was an owl.", now_s=0, asked="peer/1")
    sessions.add("study", "who are you", "I am homebody.", now_s=0, asked="peer/2")
    sessions.cut("peer/1", "Once upon a time")
    assert sessions.history("kitchen", now_s=1) == (Exchange("tell me a story", "Once upon a time"),)
    sessions.cut("peer/2", " ")
    assert sessions.history("study", now_s=1) == ()


def test_only_the_last_answer_is_cut_and_only_once() -> None:
    sessions = Sessions()
    sessions.add("kitchen", "one", "First.", now_s=0, asked="peer/1")
    sessions.add("kitchen", "two", "Second one.", now_s=0, asked="peer/2")
    for asked, heard in (("peer/1", ""), ("peer/2", "Second"), ("peer/2", ""), ("peer/9", "")):
        sessions.cut(asked, heard)
    assert sessions.history("kitchen", now_s=1) == (Exchange("one", "First."), Exchange("two", "Second"))


def test_a_conversation_that_was_idle_for_half_an_hour_has_ended() -> None:
    sessions = Sessions()
    sessions.add("kitchen", "hello", "Hello.", now_s=100)
    assert sessions.history("kitchen", now_s=100 + 30 * 60 - 1)
    assert sessions.history("kitchen", now_s=100 + 30 * 60) == ()
    assert len(sessions) == 0


def test_every_word_keeps_a_conversation_alive() -> None:
    sessions = Sessions(idle_s=10)
    sessions.add("kitchen", "hello", "Hello.", now_s=0)
    sessions.add("kitchen", "again", "Hello again.", now_s=9)
    assert len(sessions.history("kitchen", now_s=18)) == 2


def test_the_conversation_unused_for_longest_makes_room() -> None:
    sessions = Sessions(session_limit=2)
    for at, key in enumerate(["kitchen", "study", "kitchen", "attic"]):
        sessions.add(key, "hello", "Hello.", now_s=at)
    assert not sessions.history("study", now_s=5)
    assert sessions.history("kitchen", now_s=5)
    assert sessions.history("attic", now_s=5)


def test_a_forgotten_conversation_is_empty_and_forgetting_an_unknown_one_is_no_error() -> None:
    sessions = Sessions()
    sessions.add("kitchen", "hello", "Hello.", now_s=0)
    sessions.forget("kitchen")
    sessions.forget("kitchen")
    assert sessions.view("kitchen", now_s=0) == SessionView()


def test_a_full_conversation_drops_its_older_half_at_once_so_that_the_beginning_stays_for_a_while() -> None:
    sessions = Sessions(exchange_limit=4)
    firsts = []
    for n in range(10):
        sessions.add("kitchen", f"question {n}", "Yes.", now_s=n)
        firsts.append(sessions.history("kitchen", now_s=n)[0].heard)
    assert firsts == ["question 0"] * 4 + ["question 2"] * 2 + ["question 4"] * 2 + ["question 6"] * 2


@given(
    st.lists(st.tuples(st.integers(0, 9), st.floats(0, 60)), max_size=60),
    st.integers(1, 5),
    st.integers(1, 4),
)
def test_nothing_ever_grows_beyond_its_bounds_and_the_newest_exchange_is_always_kept(
    steps: list[tuple[int, float]], exchange_limit: int, session_limit: int
) -> None:
    sessions = Sessions(exchange_limit=exchange_limit, session_limit=session_limit, idle_s=90)
    now_s = 0.0
    for n, (key, wait_s) in enumerate(steps):
        now_s += wait_s
        sessions.add(str(key), f"question {n}", f"answer {n}", now_s=now_s)
        history = sessions.history(str(key), now_s=now_s)
        assert history[-1] == Exchange(f"question {n}", f"answer {n}")
        assert len(history) <= exchange_limit
        assert len(sessions) <= session_limit
