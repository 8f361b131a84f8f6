"""A voice that attaches is told what skills often say."""

from __future__ import annotations

import asyncio

from homebody.errors import RemoteFailure
from homebody.messages import Done
from homebody.router.rehearsals import SENTENCES_LIMIT, Rehearsals, said_often
from homebody.skill import Phrases, skill
from plugin_house import registry
from wire import HANG_GUARD_S, eventually


@skill("hello", says=("Hello.", "Hello.\nThere."), translations={"de": Phrases(templates=("hallo",), says=("Hallo.",))})
def greet(_):
    """Greet."""


def test_each_language_comes_once_with_its_sentences_and_no_line_breaks_in_them():
    assert said_often([greet.info, greet.info]) == {"en": ["Hello.", "Hello. There."], "de": ["Hallo."]}
    assert said_often([]) == {}


def test_the_shipped_skills_say_something_often_in_four_languages():
    often = said_often([one.info for one in registry().skills.values()])
    assert set(often) == {"en", "de", "fr", "es"}
    assert all(5 <= len(sentences) <= SENTENCES_LIMIT for sentences in often.values())


def test_the_voice_is_told_whenever_it_attaches_and_one_that_cannot_rehearse_is_let_be():
    told, refuses = [], False

    async def control(action, value):
        if refuses:
            raise RemoteFailure("bad_message", "The voice cannot do this: rehearse.")
        told.append((action, value))
        return Done(id="1")

    async def main():
        nonlocal refuses
        rehearsals = Rehearsals(lambda: [greet.info], control)
        running = asyncio.create_task(rehearsals.run())
        rehearsals.notice("service.attached", {"service": "gallery"})
        await asyncio.sleep(0)
        assert told == []
        rehearsals.notice("service.attached", {"service": "voice"})
        await eventually(lambda: len(told) == 2)
        refuses = True
        rehearsals.notice("service.attached", {"service": "voice"})
        await asyncio.sleep(0.01)
        refuses = False
        rehearsals.notice("service.attached", {"service": "voice"})
        await eventually(lambda: len(told) == 4)
        running.cancel()

    asyncio.run(asyncio.wait_for(main(), HANG_GUARD_S))
    assert told[:2] == [("rehearse", "en\nHello.\nHello. There."), ("rehearse", "de\nHallo.")]
