"""What is said after something was put on a list, or taken off it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plugin_fakes import FakeContext
from plugin_house import house, intents, say

MILK = "add milk to the shopping list"


@pytest.fixture
def ctx() -> FakeContext:
    return house()


def items(ctx: FakeContext, name: str = "shopping") -> list[str]:
    found: list[str] = ctx.call("list_read", name=name).value["items"]
    return found


@pytest.mark.parametrize(
    ("said", "more", "rather", "undo", "last"),
    [
        (MILK, "and bread", "no, butter", "cancel that", "butter"),
        ("setz Milch auf die Einkaufsliste", "und Brot", "nein, lieber Butter", "mach das rückgängig", "lieber butter"),
        ("ajoute du lait à la liste de courses", "et du pain", "non, du beurre", "annule ça", "beurre"),
        ("añade leche a la lista de la compra", "y pan", "mejor mantequilla", "deshaz eso", "mantequilla"),
    ],
)
def test_what_follows_goes_on_the_same_list_or_instead_and_all_is_taken_back(
    ctx: FakeContext, said: str, more: str, rather: str, undo: str, last: str
) -> None:
    say(ctx, said)
    say(ctx, more)
    assert len(items(ctx)) == 2
    say(ctx, rather)
    assert items(ctx)[0] in last
    say(ctx, undo)
    assert items(ctx) == []


def test_what_follows_a_removal_is_removed_too(ctx: FakeContext) -> None:
    say(ctx, "add milk and bread and eggs to the shopping list")
    say(ctx, "remove the milk from the list")
    assert say(ctx, "and the eggs").text == "Took eggs off the shopping list."
    assert say(ctx, "undo that").text == "Back on the shopping list: milk and eggs."
    assert items(ctx) == ["milk", "bread", "eggs"]


def test_what_follows_may_go_on_another_list(ctx: FakeContext) -> None:
    say(ctx, MILK)
    say(ctx, "and a tent to the packing list")
    assert (items(ctx), items(ctx, "packing")) == (["milk"], ["tent"])
    assert say(ctx, "cancel that").text == "Took tent off the packing list."


def test_what_may_be_no_list_at_all_is_waited_for() -> None:
    assert not any(match.complete for said in ("and bread", "no butter") for match in intents().match(said))


def test_an_emptied_list_is_filled_again(ctx: FakeContext) -> None:
    say(ctx, "add socks and a tent to the packing list")
    say(ctx, "clear the packing list")
    say(ctx, "undo that")
    assert items(ctx, "packing") == ["socks", "tent"]


def test_one_of_several_is_replaced_where_it_is_named(ctx: FakeContext) -> None:
    say(ctx, "add milk and bread to the shopping list")
    say(ctx, "no not bread but butter")
    assert items(ctx) == ["milk", "butter"]


def test_what_is_a_length_or_a_question_is_put_on_no_list(ctx: FakeContext) -> None:
    say(ctx, MILK)
    assert say(ctx, "and thirty seconds").text == "(no skill)"
    assert say(ctx, "and in berlin").text == "(no skill)"
    assert say(ctx, "and what time is it").text.startswith("It's")
    assert items(ctx) == ["milk"]


def test_commas_part_things_as_they_were_heard(ctx: FakeContext) -> None:
    say(ctx, "Add socks, shirts and a tent to the packing list.")
    assert items(ctx, "packing") == ["socks", "shirts", "tent"]


def test_a_list_that_somebody_else_has_changed_since_is_not_taken_back(ctx: FakeContext) -> None:
    say(ctx, MILK)
    ctx.stores["lists"].set("list:shopping", ["milk", "soap"])
    assert say(ctx, "cancel that").text == "Okay."
    assert items(ctx) == ["milk", "soap"]


@given(st.lists(st.sampled_from([MILK, "and bread", "no butter", "remove milk from the list", "clear the list"]),
                max_size=6))  # fmt: skip
def test_undoing_brings_back_what_was_there_before(words: list[str]) -> None:
    ctx = house()
    for one in words:
        say(ctx, one)
    before = items(ctx)
    say(ctx, "add soap to the list")
    say(ctx, "undo that")
    assert items(ctx) == before
