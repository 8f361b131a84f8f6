from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plugin_house import house, say


def test_a_list_is_filled_read_and_emptied() -> None:
    ctx = house()
    assert ctx.call("list_add", item="milk and some eggs").text == "Added milk and eggs to the shopping list."
    assert ctx.call("list_add", item="milk").text == "That is on the shopping list already."
    assert ctx.call("list_read").text == "On the shopping list: milk and eggs."
    assert ctx.call("list_remove", item="egg").text == "Took eggs off the shopping list."
    assert ctx.call("list_clear").value["removed"] == ["milk"]
    assert ctx.call("list_read").text == "There is nothing on the shopping list."


def test_lists_have_names_and_are_the_same_in_every_language() -> None:
    ctx = house()
    ctx.call("list_add", item="tent", name="packing")
    assert ctx.call("list_read").value["items"] == []
    assert ctx.call("list_read", name="packing").value["items"] == ["tent"]
    ctx.language = "de"
    ctx.call("list_add", item="brot und butter")
    ctx.language = "es"
    assert ctx.call("list_read").text == "En la lista de la compra: brot y butter."


@given(st.lists(st.sampled_from(["milk", "red apples", "bread", "tea"]), min_size=1, max_size=6))
def test_what_is_put_on_a_list_is_on_it_once_and_in_order(items: list[str]) -> None:
    ctx = house()
    for item in items:
        ctx.call("list_add", item=item)
    assert ctx.call("list_read").value["items"] == list(dict.fromkeys(items))


def test_a_list_has_an_end() -> None:
    ctx = house()
    for at in range(0, 220, 20):
        ctx.call("list_add", item=" and ".join(f"thing {n}" for n in range(at, at + 20)))
    assert ctx.call("list_read").value["count"] == 200


@pytest.mark.parametrize(("said", "answer"), [
    ("is milk on my shopping list", "Yes. On the shopping list: milk."),
    ("is there any jam on the shopping list", "No. There is no jam on the shopping list."),
    ("do we have milk and jam on the list", "On the shopping list: milk. There is no jam on the shopping list."),
    ("is there a tent on the packing list", "No. There is no tent on the packing list."),
    ("is there anything on my shopping list", "On the shopping list: milk."),
    ("steht milch auf der einkaufsliste", "Nein. Auf der Einkaufsliste steht nicht: milch."),
])  # fmt: skip
def test_it_says_whether_something_is_on_a_list(said: str, answer: str) -> None:
    ctx = house()
    say(ctx, "add milk to the shopping list")
    assert say(ctx, said).text == answer


def test_nothing_is_on_an_empty_list() -> None:
    assert say(house(), "is milk on my shopping list").text == "No. There is no milk on the shopping list."
