from __future__ import annotations

import asyncio

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from homebody.router.foreign_wording import LANGUAGES, ForeignWording
from homebody.router.polyglot import CurrentIntents, Polyglot
from homebody.skill import Context, Phrases, SkillInfo, skill

WORDINGS = {language: ForeignWording(language) for language in LANGUAGES}


@skill("stop", "halt the music", translations={"de": Phrases(templates=("stop", "halt die musik an"))})
def stop(ctx: Context) -> None:
    """Stop."""


@skill("stop", answers=True)
def enough(ctx: Context) -> None:
    """End what rings."""


@skill("what time is it", translations={"fr": Phrases(templates=("quelle heure est il",))})
def clock(ctx: Context) -> None:
    """Tell the time."""


BOTH = Polyglot([stop.info, enough.info, clock.info])


def best(text: str, language: str | None = None) -> tuple[str, str] | None:
    found = BOTH.match(text, language)
    return (found[0].skill, found[0].language) if found else None


@pytest.mark.parametrize(
    ("text", "language", "expected"),
    [
        ("what time is it", None, ("clock", "en")),
        ("what time is it", "de", ("clock", "en")),
        ("what time is it", "de-AT", ("clock", "en")),
        ("Quelle heure est-il ?", None, ("clock", "fr")),
        ("quelle heure est-il", "de", None),
        ("halt die musik an", None, ("stop", "de")),
        ("stop", "de", ("stop", "de")),
        ("what time is it", "ja", ("clock", "en")),
        ("", None, None),
    ],
)
def test_a_sentence_is_matched_in_its_language_and_then_in_english(
    text: str, language: str | None, expected: tuple[str, str] | None
) -> None:
    assert best(text, language) == expected


def test_of_equal_matches_the_one_that_takes_answers_is_asked_first() -> None:
    assert [match.skill for match in BOTH.match("stop", "en")] == ["enough", "stop"]


def test_a_bad_translation_is_named_and_costs_no_other_language() -> None:
    info: SkillInfo = msgspec.structs.replace(clock.info, translations={"de": Phrases(templates=("wie (spät",))})
    broken = Polyglot([info, stop.info])
    assert [problem.part for problem in broken.problems] == ["skill clock"]
    assert broken.match("what time is it")[0].skill == "clock"
    assert broken.match("halt die musik an")[0].skill == "stop"


def test_a_language_that_is_not_built_yet_is_when_it_is_spoken() -> None:
    lazy = Polyglot([stop.info, enough.info, clock.info], built=())
    assert lazy.built == ("en",)
    assert lazy.match("stop", "en")
    assert lazy.built == ("en",)
    assert lazy.match("halt die musik an", "de-AT")[0].language == "de"
    assert set(lazy.built) == {"en", "de"}


def test_the_other_languages_are_built_in_the_background_and_new_skills_are_matched_at_once() -> None:
    async def main() -> None:
        offered = [clock.info]
        current = CurrentIntents(lambda: offered, built={"de"})
        await current.prepare()
        assert current.match("Quelle heure est-il ?")[0].language == "fr"
        offered = [clock.info, stop.info]
        assert current.match("halt die musik an", "de")[0].skill == "stop"

    asyncio.run(main())


def test_preparation_that_is_given_up_leaves_no_thread_working() -> None:
    async def main() -> None:
        task = asyncio.create_task(CurrentIntents(lambda: [clock.info], built=()).prepare())
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        async with asyncio.timeout(20):
            await asyncio.get_running_loop().shutdown_default_executor()

    asyncio.run(main())


@pytest.mark.parametrize(
    ("language", "said", "normal"),
    [
        ("de", "Stell einen Timer auf fünfundzwanzig Minuten!", "stell einen timer auf 25 minuten"),
        ("de", "eine Stunde und eine Minute", "1 stunde und 1 minute"),
        ("de", "zweieinhalb Stunden", "2.5 stunden"),
        ("de", "eine halbe Stunde", "0.5 stunde"),
        ("de", "am dritten Mai", "am 3 mai"),
        ("de", "3,5 mal 1.000", "3.5 mal 1000"),
        ("fr", "mets une alarme à sept heures et demie", "mets une alarme à 7.5 heure"),
        ("fr", "vingt et une minutes", "21 minutes"),
        ("fr", "une seconde", "1 seconde"),
        ("fr", "d'acheter un pain", "d' acheter un pain"),
        ("fr", "quarante pour cent", "40 pour cent"),
        ("fr", "le premier mai", "le 1 mai"),
        ("es", "a las ocho menos cuarto", "a las 8 menos cuarto"),
        ("es", "treinta y un minutos", "31 minutos"),
        ("es", "una hora y media", "1.5 hora"),
        ("es", "compra un pan", "compra un pan"),
    ],
)
def test_number_words_become_digits_and_articles_stay(language: str, said: str, normal: str) -> None:
    assert WORDINGS[language].normalised(said) == normal


@given(st.text(max_size=60), st.sampled_from(LANGUAGES))
def test_any_text_is_prepared_and_matched(text: str, language: str) -> None:
    normal = WORDINGS[language].normalised(text)
    assert normal == " ".join(normal.split())
    BOTH.match(text)
    BOTH.match(text, language)
