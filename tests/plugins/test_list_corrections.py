"""What is said after something was put on a list, or taken off it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from homebody.skill import SessionView
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
        ("setz Milch auf die Einkaufsliste", "und Brot", "nein, lieber Butter", "brich das ab", "butter"),
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
    assert len(items(ctx)) == 2
    assert items(ctx)[-1] == last
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
    assert say(ctx, "cancel that").text.startswith("I don't know what to cancel.")
    assert items(ctx) == ["milk", "soap"]


@pytest.mark.parametrize("said", [
    "and you", "and then", "no problem", "no problem at all", "no worries", "and that's all", "no way", "and 5",
    "and me", "no it's fine", "and two more", "and times two", "plus three", "no good", "and so on", "thanks",
    "und dann", "und du", "kein Problem", "et toi", "et puis", "y tú", "no pasa nada",
])  # fmt: skip
def test_what_is_no_thing_is_put_on_no_list_and_takes_nothing_off(ctx: FakeContext, said: str) -> None:
    say(ctx, "add milk and eggs to the shopping list")
    say(ctx, said)
    assert items(ctx) == ["milk", "eggs"]


def test_what_follows_another_answer_is_about_that(ctx: FakeContext) -> None:
    say(ctx, MILK)
    say(ctx, "what is 5 plus 3")
    assert say(ctx, "and bread").text == "(no skill)"
    assert items(ctx) == ["milk"]


def test_what_follows_the_list_read_out_or_a_thing_that_was_there_goes_on_the_list(ctx: FakeContext) -> None:
    say(ctx, MILK)
    say(ctx, "what is on my shopping list")
    assert say(ctx, "and two packs of butter").text == "Added 2 packs of butter to the shopping list."
    assert say(ctx, "and milk").text == "That is on the shopping list already."
    assert say(ctx, "and mint").text == "Added mint to the shopping list."


def test_of_a_conversation_nobody_knows_nothing_is_put_on_a_list(ctx: FakeContext) -> None:
    say(ctx, MILK)
    ctx.session = SessionView()
    assert say(ctx, "and bread").text == "(no skill)"
    assert say(ctx, "no butter").text == "(no skill)"


def test_only_the_last_thing_is_replaced_and_that_is_told(ctx: FakeContext) -> None:
    say(ctx, "add milk and eggs to the shopping list")
    say(ctx, "and bread")
    assert say(ctx, "no, butter").text == "Butter instead of bread."
    assert ctx.published[-1] == (
        "list.changed", {"name": "shopping", "added": ["butter"], "removed": ["bread"], "count": 3},
    )  # fmt: skip
    assert items(ctx) == ["milk", "eggs", "butter"]
    assert say(ctx, "no, jam").text == "Jam instead of butter."
    assert say(ctx, "cancel that").text == "Took milk, eggs and jam off the shopping list."


def test_what_gives_way_to_a_thing_that_was_there_is_told_and_comes_back(ctx: FakeContext) -> None:
    say(ctx, "add butter to the shopping list")
    ctx.pass_time(100)
    say(ctx, "add bread to the shopping list")
    assert say(ctx, "no, butter").text == "Took bread off the shopping list. Already there: butter."
    assert ctx.published[-1][1]["removed"] == ["bread"]
    assert items(ctx) == ["butter"]
    assert say(ctx, "cancel that").text == "Back on the shopping list: bread."


def test_what_was_there_before_is_not_replaced(ctx: FakeContext) -> None:
    say(ctx, MILK)
    say(ctx, "add bread to the shopping list")
    say(ctx, MILK)
    assert say(ctx, "no, butter").text == "Added butter to the shopping list."
    assert items(ctx) == ["milk", "bread", "butter"]


def test_whoever_says_that_it_is_wrong_takes_it_back(ctx: FakeContext) -> None:
    say(ctx, MILK)
    assert say(ctx, "no that's wrong").text == "Took milk off the shopping list."


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


@pytest.mark.parametrize(
    ("said", "more", "thing"),
    [
        (MILK, "add a toothbrush too", "toothbrush"), (MILK, "add some tea as well", "tea"),
        (MILK, "also add tea", "tea"), (MILK, "put tea on there as well", "tea"),
        ("setz Milch auf die Einkaufsliste", "pack noch Käse drauf", "käse"),
        ("ajoute du lait à la liste de courses", "ajoute aussi des pommes", "pommes"),
        ("añade leche a la lista de la compra", "añade también manzanas", "manzanas"),
    ],
)  # fmt: skip
def test_also_is_no_part_of_a_thing(ctx: FakeContext, said: str, more: str, thing: str) -> None:
    say(ctx, said)
    say(ctx, more)
    assert items(ctx)[1:] == [thing]


def test_a_list_that_was_read_out_is_the_one_that_more_is_put_on(ctx: FakeContext) -> None:
    assert say(ctx, "add tea").text == "(no skill)"
    say(ctx, "add a tent to the packing list")
    say(ctx, MILK)
    ctx.pass_time(3600)
    say(ctx, "what's on the packing list")
    say(ctx, "add socks")
    assert (items(ctx), items(ctx, "packing")) == (["milk"], ["tent", "socks"])
    say(ctx, "undo that")
    say(ctx, "add shoes")
    assert items(ctx, "packing") == ["tent", "shoes"]


@pytest.mark.parametrize(
    ("said", "off"),
    [(MILK, "remove the milk"), (MILK, "take the milk off"), (MILK, "cross off the milk"),
     ("setz Milch auf die Einkaufsliste", "streich die Milch"),
     ("setz Milch auf die Einkaufsliste", "nimm die Milch wieder runter"),
     ("ajoute du lait à la liste de courses", "retire le lait"),
     ("añade leche a la lista de la compra", "quita la leche")],
)  # fmt: skip
def test_what_is_taken_off_needs_no_list_named_after_one(ctx: FakeContext, said: str, off: str) -> None:
    assert say(ctx, off).text == "(no skill)"
    say(ctx, said)
    say(ctx, off)
    assert items(ctx) == []


def test_a_thing_is_put_on_two_lists_at_once(ctx: FakeContext) -> None:
    say(ctx, "add milk to the shopping list and to the packing list")
    assert (items(ctx), items(ctx, "packing")) == (["milk"], ["milk"])


@pytest.mark.parametrize(
    ("asked", "none", "some"),
    [("which lists are there", "There are no lists.", "Your lists: shopping list and packing list."),
     ("welche listen gibt es", "Es gibt keine Listen.", "Deine Listen: Einkaufsliste und Liste packing."),
     ("quelles listes y a-t-il", "Il n'y a pas de liste.", "Tes listes : liste de courses et liste packing."),
     ("qué listas hay", "No hay ninguna lista.", "Tus listas: lista de la compra y lista packing.")],
)  # fmt: skip
def test_which_lists_there_are_is_told(ctx: FakeContext, asked: str, none: str, some: str) -> None:
    assert say(ctx, asked).text == none
    say(ctx, MILK)
    say(ctx, "add a tent to the packing list")
    assert say(ctx, asked).text == some
