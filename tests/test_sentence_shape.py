"""Whether words look like a whole sentence."""

from __future__ import annotations

import functools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from homebody.options import CommitOptions
from homebody.router.polyglot import Polyglot
from homebody.sentence_shape import (
    HANGING,
    PLAIN,
    POLITE_ENDS,
    SCRAP,
    UNFINISHED,
    WHOLE,
    completeness,
    looks_complete,
)
from homebody.voice.commit_gate import Words, required_silence_ms
from plugin_house import registry

USUAL_MS = 640.0
QUICK_MS = 400.0
LANGUAGES = ("en", "de", "fr", "es")
# Nobody ends so, though the reminders' and the sums' matchers take most of them for whole commands.
BEGINNINGS = [
    ("remind me", "en"), ("remind me to", "en"), ("remind me to call", "en"), ("remind me to call anna", "en"),
    ("can you remind me to call anna", "en"), ("remind me to call anna in", "en"), ("remind me at", "en"),
    ("remind me every", "en"), ("remind me on the", "en"), ("set a timer for", "en"), ("set a timer for an", "en"),
    ("set a timer for please", "en"), ("set an alarm", "en"), ("set an alarm for", "en"),
    ("set an alarm for half", "en"), ("set an alarm for half past", "en"), ("wake me at", "en"), ("what is the", "en"),
    ("can you please", "en"), ("kannst du mir bitte", "de"), ("tu peux me", "fr"), ("puedes", "es"),
    ("what is twenty percent of", "en"), ("what is seven times", "en"), ("set a timer for two and a", "en"),
    ("wecke mich um", "de"), ("weck mich morgen um", "de"), ("stell den Wecker auf", "de"),
    ("stell einen Timer auf", "de"),
    ("erinnere mich an die", "de"), ("erinnere mich", "de"), ("erinnere mich um sechs daran", "de"),
    ("erinnere mich in zwanzig Minuten an", "de"), ("erinnere mich daran die Blumen zu", "de"),
    ("erinnere mich daran, Anna anzurufen", "de"), ("was ist sieben mal", "de"), ("stell einen Timer für", "de"),
    ("mets un minuteur de", "fr"), ("rappelle-moi", "fr"), ("rappelle-moi de", "fr"), ("rappelle-moi à", "fr"),
    ("rappelle-moi d'appeler Anna", "fr"), ("réveille-moi à", "fr"), ("réveille-moi", "fr"),
    ("réveille-moi à sept heures et", "fr"), ("combien font sept fois", "fr"), ("combien font trois plus", "fr"),
    ("recuérdame", "es"), ("recuérdame a las", "es"), ("recuérdame llamar a Anna", "es"), ("despiértame a las", "es"),
    ("pon un temporizador de", "es"), ("pon una alarma a las siete y", "es"), ("cuánto es dos más", "es"),
    ("cuánto es siete por", "es"), ("para el", "es"),
]  # fmt: skip


def needs_ms(text, language, *, extensible=False):
    """The silence that ends them where a skill takes them for a whole command, surely heard."""
    shape = completeness(text, language)
    words = Words(completeness=shape, avg_logprob=-0.1, intent="whole", extensible=extensible)
    return required_silence_ms(words, USUAL_MS, CommitOptions())


@functools.cache
def skills():
    infos = [skill.info for skill in registry().skills.values()]
    return Polyglot(infos), {info.name for info in infos if info.answers}


@functools.cache
def declared():
    """Every example of every shipped skill, with its language."""
    infos = [skill.info for skill in registry().skills.values()]
    translated = ((text, code) for info in infos for code, of in info.translations.items() for text in of.examples)
    return [*((text, "en") for info in infos for text in info.examples), *translated]


@functools.cache
def examples():
    """Those that a matcher takes for a whole command."""
    return [(text, code) for text, code in declared() if (found := skills()[0].match(text, code)) and found[0].complete]


@pytest.mark.lengthy
def test_no_example_of_a_shipped_skill_that_is_a_whole_command_is_waited_out():
    assert {language for _, language in examples()} == set(LANGUAGES)
    assert len(examples()) > 250
    assert [(text, code) for text, code in examples() if completeness(text, code) == UNFINISHED] == []
    assert [text for text, code in examples() if needs_ms(text, code, extensible=True) >= QUICK_MS] == []


@pytest.mark.lengthy
def test_few_examples_are_over_before_they_are_said():
    """Where somebody stops in the middle, at any word: "what is the date", "set a timer for five minutes"."""
    matchers, answers = skills()
    beginnings = {
        (" ".join(said[:n]), code) for text, code in declared() for said in [text.split()] for n in range(1, len(said))
    }
    over = []
    for text, code in sorted(beginnings):
        found = [match for match in matchers.match(text, code) if match.skill not in answers]
        if found and found[0].complete and needs_ms(text, code, extensible=found[0].extensible) < QUICK_MS:
            over.append((text, code))
    assert len(over) <= 0.11 * len(beginnings), over  # a tenth, most of them commands of their own


@pytest.mark.lengthy
def test_whoever_says_please_is_answered_as_soon_as_who_does_not():
    for text, code in examples():
        for polite in POLITE_ENDS[code]:
            assert needs_ms(f"{text} {polite}", code) <= needs_ms(text, code), (text, polite)
            assert needs_ms(f"{text}, {polite}.", code) < QUICK_MS, (text, polite)


@pytest.mark.parametrize(("text", "language"), BEGINNINGS)
def test_a_beginning_is_waited_out_even_where_a_skill_would_make_do_with_it(text, language):
    assert completeness(text, language) == UNFINISHED
    assert needs_ms(text, language) > 1900
    assert not looks_complete(text, language)


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("what is fifteen plus", None),
        ("add milk and", "en-GB"),
        ("the sky is, um", "en"),
        ("The sky is blue. When the sky...", "en"),
        ("first this,", "en"),
        ("please", "en"),
        ("bitte", "de-AT"),
        ("stop, please...", "en"),
    ],
)
def test_words_that_go_on_look_unfinished(text, language):
    assert completeness(text, language) == UNFINISHED


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("what time is it please", "en"),
        ("set a timer for five minutes, please.", "en"),
        ("stop please thank you", "en"),
        ("set an alarm for seven thirty", "en"),
        ("set an alarm for 7 30", "en"),
        ("Set an alarm for 7:30.", "en"),
        ("set an alarm for half past six", "en"),
        ("set an alarm for quarter past eight", "en"),
        ("set an alarm for noon", "en"),
        ("wake me at seven", "en"),
        ("start a timer for an hour and a half", "en"),
        ("what is ten minus two and a half", "en"),
        ("remind me to call anna at six", "en"),
        ("remind me every day to drink water", "en"),
        ("remind me next week to call anna", "en"),
        ("remind me on the third to pay the rent", "en"),
        ("remind me at lunch to call anna", "en"),
        ("turn the microphone back on", "en"),
        ("what can you help me with", "en"),
        ("wie spät ist es bitte", "de"),
        ("sag mir wie spät es ist", "de"),
        ("hör auf", "de"),
        ("hör nicht mehr zu", "de"),
        ("schalte das Mikrofon aus", "de"),
        ("schalt das mikrofon wieder ein", "de"),
        ("mach den timer aus", "de"),
        ("stell den wecker ab", "de"),
        ("Ton aus", "de"),
        ("schau dir mal meinen bildschirm an", "de"),
        ("wiederhole das", "de"),
        ("lösch das", "de"),
        ("sag das noch mal", "de"),
        ("rechne hundert fahrenheit in celsius um", "de"),
        ("erinnere mich am dritten an die Miete", "de"),
        ("weck mich um halb sieben", "de"),
        ("monte le son", "fr"),
        ("une minute de plus", "fr"),
        ("encore une fois", "fr"),
        ("dis-moi quelle heure il est", "fr"),
        ("mets le volume à quarante pour cent", "fr"),
        ("rappelle-moi d'appeler Anna à 18h30", "fr"),
        ("quelle heure est-il s’il te plaît", "fr"),
        ("para", "es"),
        ("qué hora es", "es"),
        ("¿Qué día es?", "es"),
        ("diez minutos más", "es"),
        ("despiértame a la una", "es"),
        ("recuérdame mañana llamar a Anna por favor", "es"),
    ],
)
def test_a_whole_command_is_answered_soon(text, language):
    assert needs_ms(text, language) < QUICK_MS


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("how much memory is", "en"),
        ("wake me at seven on", "en"),
        ("add sugar in", "en"),
        ("add milk onto", "en"),
        ("which timers are", "en"),
        ("set an alarm for seven", "en"),
        ("set an alarm for seven please", "en"),
        ("set a timer for twenty five", "en"),
        ("set a timer for one hundred", "en"),
        ("set a timer for two and a half", "en"),
        ("wake me tomorrow", "en"),
        ("remind me at six", "en"),
        ("remind me every day", "en"),
        ("wie viel Speicher ist", "de"),
        ("zeig mir das", "de"),
        ("erinnere mich um sechs", "de"),
        ("weck mich werktags", "de"),
        ("rappelle-moi demain", "fr"),
        ("recuérdame a las seis", "es"),
    ],
)
def test_what_hangs_is_given_the_usual_silence(text, language):
    assert completeness(text, language) == HANGING
    assert needs_ms(text, language) == USUAL_MS


@pytest.mark.parametrize(
    ("text", "language", "least"),
    [
        ("Why is the sky blue?", "en", WHOLE),
        ("Why is the sky blue, please?", "en", WHOLE),
        ("tell me a story about owls", "en", PLAIN),
        ("a bedtime story please", "en", PLAIN),
        ("a story please", "en", PLAIN),
        ("remind me to call Anna at six o'clock", "en", PLAIN),
        ("Warum ist der Himmel blau?", "de", WHOLE),
        ("erzähl mir bitte eine geschichte danke", "de", PLAIN),
    ],
)
def test_whole_sentences_look_complete(text, language, least):
    assert completeness(text, language) >= least


@pytest.mark.parametrize("text", ["what", "how much", "what is fifteen", "set a timer for 5"])
def test_scraps_and_numbers_without_a_unit_are_waited_for(text):
    assert UNFINISHED <= completeness(text) < PLAIN


@pytest.mark.parametrize(
    "text", ["what can you do", "tell me what time it is", "where am i", "forget that", "what is 3 plus 4"]
)
def test_what_ends_whole_commands_does_not_hang(text):
    assert completeness(text) >= SCRAP


@given(st.text(max_size=80), st.none() | st.sampled_from(["en", "de", "fr-CH", "es", "xx", ""]))
def test_any_text_in_any_language_gives_a_probability(text, language):
    assert 0.0 <= completeness(text, language) <= 1.0


@given(st.text(alphabet="abc xyz", max_size=30))
def test_a_trailing_connector_makes_anything_unfinished(text):
    assert completeness(f"{text} to") == UNFINISHED


@given(st.data(), st.sampled_from(LANGUAGES))
def test_please_makes_no_beginning_whole(data, language):
    text = data.draw(st.sampled_from([text for text, code in BEGINNINGS if code == language]))
    polite = " ".join(data.draw(st.lists(st.sampled_from(POLITE_ENDS[language]), min_size=1, max_size=3)))
    assert completeness(f"{text} {polite}", language) == UNFINISHED
