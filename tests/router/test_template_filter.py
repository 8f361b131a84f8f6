from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from homebody.router.template_filter import Whole
from plugin_house import intents
from unfiltered import only, sentences, unfiltered

pytestmark = pytest.mark.lengthy

LANGUAGES = ("en", "de", "fr", "es")


@pytest.mark.parametrize("language", LANGUAGES)
@given(data=st.data())
@settings(max_examples=60)
def test_no_sentence_of_a_shipped_template_is_lost(language: str, data: st.DataObject) -> None:
    here = intents().of(language)
    number = data.draw(st.integers(0, len(here._all) - 1))
    text = data.draw(sentences(here._all[number].intent.data[0]))
    said = here._wording.normalised(text)
    one = only(here, number)
    for way in {said, here._wording.without_polite_ends(said)}:
        assert [*one._matched(way, Whole(said))] == [*unfiltered(one)._matched(way, Whole(said))]


def test_a_question_for_the_model_reaches_no_template() -> None:
    here = intents().of("en")
    text = "tell me why owls turn their heads so far"
    possible = [here._all[at] for at in here._index.possible(text, Whole(text))]
    assert len(possible) < 5  # those of free text alone, which an outline must look at
    assert not [one.intent.name for one in possible if one.outline.accepts(text, Whole(text))]


def test_free_text_is_looked_for_in_whole_words() -> None:
    whole = Whole("call anna at 5")
    assert whole.holds("anna at")
    assert not whole.holds("nna at")
