"""What the first day still has to do is decided without looking at anything."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from homebody import profile as profiles
from homebody.hardware import Choice
from homebody.setup import first_day, models
from homebody.setup.downloads import SPARE_BYTES
from homebody.setup.first_day import about_models, about_profile, about_server, sentence_for
from homebody.setup.models import Held, Model

GB = 10**9
HELD = (
    Held("small", "hears", here=False, named=True, size_bytes=GB // 2),
    Held("en_US-lessac-medium", "speaks", here=True, named=True, size_bytes=63_000_000),
    Held("qwen2.5:1.5b", "answers", here=False, named=True, size_bytes=GB),
    Held("qwen3-vl:4b-instruct", "answers", here=False, named=True, size_bytes=3 * GB),
    Held("owl:1b", "answers", here=True, named=False, size_bytes=GB),
)


def test_a_profile_that_fits_better_is_offered_and_one_that_was_named_is_kept() -> None:
    choice = Choice("cpu-16gb", "24 GiB of memory.", {})
    assert about_profile("embedded", choice, named=False).needed
    assert not about_profile("cpu-16gb", choice, named=False).needed
    assert about_profile("cpu-8gb", choice, named=True).lines == ("Profile cpu-8gb, as you asked.",)
    assert not about_profile(
        "embedded", Choice("", "No profile is for a machine like this one.", {}), named=False
    ).needed


@pytest.mark.parametrize(
    ("server", "system", "needed", "said"),
    [
        ("answers", "linux", False, "answers at"),
        ("unused", "linux", False, "need no Ollama"),
        ("elsewhere", "linux", False, "another machine"),
        ("installed", "linux", True, "systemctl start ollama"),
        ("installed", "darwin", True, "open -a Ollama"),
        ("absent", "linux", True, "install.sh"),
        ("absent", "darwin", True, "brew install ollama"),
        ("absent", "freebsd14", True, "ollama.com/download"),
    ],
)
def test_each_state_of_ollama_has_its_advice(server: first_day.Server, system: str, needed: bool, said: str) -> None:
    advice = about_server(server, system=system, base_url="http://127.0.0.1:11434")
    assert advice.needed == needed
    assert said in " ".join(advice.lines)


def test_what_is_missing_is_fetched_and_what_is_here_is_not() -> None:
    plan = about_models(HELD, server_answers=True, free_bytes=90 * GB, server_free_bytes=90 * GB)
    assert [model.name for model in plan.fetch] == ["small", "qwen2.5:1.5b", "qwen3-vl:4b-instruct"]
    assert plan.lines[0].startswith("3 models to fetch, about 4.5 GB; 90.0 GB of disk are free")
    assert not plan.too_large


def test_without_ollama_its_models_wait_and_the_others_are_fetched() -> None:
    plan = about_models(HELD, server_answers=False, free_bytes=90 * GB, server_free_bytes=90 * GB)
    assert plan.fetch == (Model("small", "hears"),)
    assert plan.lines[-1] == "Waiting for Ollama: qwen2.5:1.5b, qwen3-vl:4b-instruct."


def test_on_a_small_disk_what_is_most_wanted_is_fetched_and_the_rest_is_named() -> None:
    free = SPARE_BYTES + 2 * GB
    plan = about_models(HELD, server_answers=True, free_bytes=free, server_free_bytes=free)
    assert [model.name for model in plan.fetch] == ["small", "qwen2.5:1.5b"]
    assert plan.too_large == ("qwen3-vl:4b-instruct",)
    assert "no room for qwen3-vl:4b-instruct" in plan.lines[-1]


def test_two_disks_are_reckoned_apart() -> None:
    plan = about_models(HELD, server_answers=True, free_bytes=SPARE_BYTES, server_free_bytes=90 * GB)
    assert plan.too_large == ("small",)
    assert len(plan.fetch) == 2


def test_with_all_models_here_there_is_nothing_to_fetch() -> None:
    plan = about_models(HELD[1:2], server_answers=False, free_bytes=0, server_free_bytes=0)
    assert plan == first_day.Downloads((), (), ("All models of the profile are here.",))


@given(st.integers(0, 10 * GB), st.integers(0, 10 * GB), st.booleans())
def test_never_is_more_fetched_than_the_disks_hold(ours: int, theirs: int, answers: bool) -> None:
    plan = about_models(HELD, server_answers=answers, free_bytes=ours, server_free_bytes=theirs)
    sizes = {one.name: one.size_bytes for one in HELD}
    for kinds, free in ((("hears", "speaks"), ours), (("answers",), theirs)):
        fetched = [sizes[model.name] for model in plan.fetch if model.kind in kinds]
        assert not fetched or sum(fetched) + SPARE_BYTES <= free


@pytest.mark.parametrize("name", profiles.names())
def test_of_every_profile_hearing_and_speaking_come_before_what_answers_and_all_have_a_size(name: str) -> None:
    loaded = profiles.shipped_only(name)
    wanted = models.wanted(loaded)
    kinds = [model.kind for model in wanted]
    assert kinds == sorted(kinds, key=["hears", "speaks", "answers"].index)
    assert all(models.usual_bytes(loaded, model) > 10**7 for model in wanted)
    assert all(models.kind_of(model.name, loaded) == model.kind for model in wanted)


def test_the_last_word_is_in_the_persons_language_where_a_voice_of_it_speaks() -> None:
    assert sentence_for("de-AT", has_voice=True).startswith("Hallo")
    assert sentence_for("de", has_voice=False) == sentence_for("ja", has_voice=True) == first_day.SENTENCES["en"]
