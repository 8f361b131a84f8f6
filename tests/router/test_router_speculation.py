"""Speculative asks: nothing can be noticed before the commit, and nothing is left of what was never meant."""

from __future__ import annotations

import asyncio
import datetime as dt
import json
import re
from contextlib import aclosing
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakes import FakeBackend, FakeBrain
from homebody import codec, messages
from homebody.errors import RemoteFailure
from homebody.messages import Accepted, Ask, Commit, Done, Failed, Route, Token
from homebody.options import RouterOptions, TextModelOptions
from homebody.router import speculation
from homebody.router.brain import Brain
from homebody.router.intents import Match
from homebody.router.speculation import MODELS_LIMIT, REMEMBERED_LIMIT, Release, Speculations, held
from homebody.skill import Reply
from wire import RawPeer, endpoint, eventually, running

pytestmark = pytest.mark.lengthy

NOON = dt.datetime(2026, 11, 21, 12, 0, tzinfo=dt.UTC)
OPTIONS = RouterOptions(text=TextModelOptions(model="owl"))
DOCUMENT = (Path(__file__).parents[2] / "docs" / "messages.md").read_text()
QUESTION = "why do owls turn their heads so far"


class Intents:
    def match(self, text: str, language: str | None = None) -> list[Match]:
        return {
            "what time is it": [Match("clock", {}, read_only=True)],
            "set a timer": [Match("timer_set", {}, complete=False, correctable=True)],
            "set a timer for five minutes": [Match("timer_set", {"seconds": 300}, extensible=True, correctable=True)],
            "no six minutes": [Match("timer_correct", {"to": 360}, correctable=True, answers=True)],
            "repeat that": [Match("repeat", {}, read_only=True)],
        }.get(text, [])


class Skills:
    def __init__(self) -> None:
        self.ran: list[str] = []

    async def run(self, name: str, slots: dict[str, Any], *, session: Any, **rest: Any) -> Reply:
        self.ran.append(name)
        return Reply(session.last_reply if name == "repeat" else f"{name} done.")


def ask(text: str, revision: int = 1, **rest: Any) -> Ask:
    return Ask(id="t7", text=text, speculative=True, revision=revision, **rest)


def commit(revision: int = 1) -> Commit:
    return Commit(id="c", ask="t7", revision=revision)


def lived(story, brain=None):
    """A router with a brain, and a peer to tell it a story."""

    async def main():
        skills, backend = Skills(), FakeBackend(("Owls can. ", "They have many bones."))
        mind = brain or Brain(OPTIONS, Intents(), skills, {"owl": backend}, now=lambda: NOON)
        async with asyncio.timeout(20):
            with endpoint() as at:
                async with running(mind, at), RawPeer(at) as peer:
                    return await story(peer, skills, backend)

    return asyncio.run(main())


async def answer(peer, text):
    await peer.send(Ask(id=f"plain {text}", text=text))
    return (await peer.until(Done, Failed))[-1].text


# --- the whole way ------------------------------------------------------------------------------------------------


def test_a_read_only_skill_is_run_ahead_and_its_reply_held_until_the_commit():
    async def story(peer, skills, backend):
        await peer.send(ask("what time is it"))
        accepted = await peer.receive()
        ran = list(skills.ran)
        await peer.send(commit())
        return accepted, ran, await peer.until(Done, Failed)

    accepted, ran, (token, done) = lived(story)
    assert (accepted.route.name, accepted.complete, accepted.revision) == ("clock", True, 1)
    assert ran == ["clock"]
    assert (token.text, done.text) == ("clock done.", "clock done.")


def test_the_beginning_of_a_command_is_said_to_go_on_and_no_model_begins_before_the_commit():
    backend = FakeBackend()
    brain = Brain(OPTIONS, Intents(), Skills(), {"owl": backend}, begins={"why do owls"}.__contains__, now=lambda: NOON)

    async def story(peer, *_):
        await peer.send(ask("why do owls"))
        accepted = await peer.receive()
        begun = len(backend.asked)
        await peer.send(ask(QUESTION, revision=2))
        other = await peer.receive()
        await eventually(lambda: backend.asked)
        return accepted, begun, other

    accepted, begun, other = lived(story, brain)
    assert (accepted.route.kind, accepted.complete, accepted.extensible) == ("model", False, True)
    assert begun == 0
    assert not other.extensible


@pytest.mark.parametrize("begins", [True, False])
def test_a_command_that_is_the_beginning_of_what_people_say_may_go_on(begins):
    brain = Brain(OPTIONS, Intents(), Skills(), {}, begins=lambda _: begins, now=lambda: NOON)

    async def story(peer, *_):
        await peer.send(ask("repeat that"))
        return await peer.receive()

    accepted = lived(story, brain)
    assert (accepted.route.kind, accepted.complete, accepted.extensible) == ("skill", True, begins)


def test_a_voice_is_told_the_beginning_of_a_prepared_answer_and_nobody_else_is():
    async def story(peer, skills, backend):
        await peer.send(ask("what time is it", source="voice"))
        accepted, progress = await peer.receive(), await peer.receive()
        await peer.send(commit())
        after = await peer.until(Done, Failed)
        return accepted, progress, after

    accepted, progress, (token, done) = lived(story)
    assert isinstance(accepted, Accepted)
    assert (progress.stage, progress.beginning) == ("prepared", "clock done.")
    assert (token.text, done.text) == ("clock done.", "clock done.")


def test_a_voice_is_told_no_beginning_of_what_only_the_commit_begins():
    async def story(peer, skills, backend):
        await peer.send(ask("set a timer for five minutes", source="voice"))
        await peer.receive()
        await peer.send(messages.Ping(id="p"))
        between = await peer.receive()
        await peer.send(commit())
        return between.id, [type(message) for message in await peer.until(Done, Failed)]

    assert lived(story) == ("p", [Token, Done])


@given(st.lists(st.text("abc. !?", min_size=1, max_size=6), max_size=8), st.sampled_from(["skill", "model"]))
def test_the_beginning_is_what_the_answer_begins_with_in_whole_sentences_and_is_told_once(pieces, kind):
    async def answer():
        yield Accepted(id="1", route=Route(kind=kind))
        for seq, piece in enumerate(pieces):
            yield Token(id="1", text=piece, seq=seq)
        await asyncio.Event().wait()

    async def main():
        got = []

        async def read():
            async with aclosing(held(answer(), Release(ask("x", source="voice")))) as given_out:
                async for message in given_out:
                    got.append(message)  # noqa: PERF401  # cancelled in the middle

        task = asyncio.create_task(read())
        for _ in range(8 * len(pieces) + 30):
            await asyncio.sleep(0)
        task.cancel()
        await asyncio.wait({task})
        return got

    accepted, *rest = asyncio.run(main())
    whole = "".join(pieces)
    assert isinstance(accepted, Accepted)
    assert len(rest) <= 1
    for progress in rest:
        assert whole.startswith(progress.beginning)
        assert progress.beginning.rstrip()[-1] in ".!?"
        assert kind == "skill" or progress.beginning[-1] == " "
    if kind == "skill" and len(pieces) == 1:
        assert len(rest) == (whole.rstrip()[-1:] in set(".!?"))


def test_a_skill_that_changes_something_runs_only_after_the_commit_and_once():
    async def story(peer, skills, backend):
        await peer.send(ask("set a timer for five minutes"))
        accepted = await peer.receive()
        before = list(skills.ran)
        await peer.send(commit())
        got = await peer.until(Done, Failed)
        await peer.send(commit())
        return accepted, before, got, skills.ran, await peer.receive()

    accepted, before, got, after, again = lived(story)
    assert (accepted.complete, before, after) == (True, [], ["timer_set"])
    assert got[-1].text == "timer_set done."
    assert (again.id, again.code) == ("c", "not_found")


def test_a_change_that_can_be_corrected_and_what_corrects_it_are_told():
    async def story(peer, skills, backend):
        found = []
        for number, text in enumerate(("what time is it", "set a timer for five minutes", "no six minutes"), 1):
            await peer.send(ask(text, number))
            found += await peer.until(Accepted)
        return [(accepted.correctable, accepted.answers) for accepted in found]

    assert lived(story) == [(False, False), (True, False), (True, True)]


def test_words_with_an_open_slot_are_not_complete():
    async def story(peer, skills, backend):
        await peer.send(ask("set a timer"))
        return await peer.receive()

    assert lived(story).complete is False


def test_the_example_of_the_document_happens_as_it_stands_there():
    text = DOCUMENT[DOCUMENT.index("## 9. Speculation") :]
    lines = re.findall(r"^(->|<-) (\{.*\})$", text, re.MULTILINE)
    assert len(lines) == 5

    async def story(peer, skills, backend):
        for way, line in lines:
            if way == "->":
                await peer.frames(line.encode())
            else:
                got = json.loads(codec.encode(await peer.receive())[0])
                assert got == json.loads(line)
        return await peer.until(Done, Failed), skills.ran

    got, ran = lived(story)
    assert [type(message) for message in got] == [Token, Done]
    assert ran == ["timer_set"]


def test_a_question_that_looks_whole_is_thought_about_ahead_and_its_words_are_held():
    async def story(peer, skills, backend):
        await peer.send(ask(QUESTION))
        accepted = await peer.receive()
        await eventually(lambda: backend.loaded)
        await peer.send(commit())
        return accepted, await peer.until(Done, Failed), len(backend.asked)

    accepted, got, asked = lived(story)
    assert (accepted.route.kind, accepted.complete) == ("model", False)
    assert got[-1].text == "Owls can. They have many bones."
    assert "".join(message.text for message in got[:-1]) == got[-1].text
    assert [message.seq for message in got[:-1]] == list(range(len(got) - 1))
    assert asked == 1


def test_no_model_begins_on_words_that_go_on_until_they_are_committed():
    async def story(peer, skills, backend):
        await peer.send(ask("why do owls and"))
        await peer.receive()
        await asyncio.sleep(0.05)
        before = len(backend.asked)
        await peer.send(commit())
        return before, await peer.until(Done, Failed)

    before, got = lived(story)
    assert before == 0
    assert isinstance(got[-1], Done)


def test_a_model_begins_at_most_twice_before_the_commit():
    async def story(peer, skills, backend):
        for revision in range(1, 5):
            await peer.send(ask(f"{QUESTION} {'so ' * revision}far", revision))
            assert (await peer.receive()).revision == revision
            await asyncio.sleep(0.02)
        before = len(backend.asked)
        await peer.send(commit(4))
        return before, await peer.until(Done, Failed), len(backend.asked)

    before, got, after = lived(story)
    assert (before, after) == (MODELS_LIMIT, MODELS_LIMIT + 1)
    assert isinstance(got[-1], Done)


def test_a_later_revision_stops_what_the_earlier_began_without_a_word():
    brain = FakeBrain(wait=asyncio.Event())

    async def story(peer, skills, backend):
        await peer.send(ask("set a"))
        first = await peer.receive()
        await peer.send(ask("set a timer", 2))
        second = await peer.receive()
        await eventually(lambda: brain.ended)
        await peer.send(ask("set a", 1))
        await peer.send(Ask(id="2", text="x"))
        return first, second, (await peer.receive()).id, list(brain.ended)

    first, second, third, ended = lived(story, brain)
    assert [type(first), type(second)] == [Accepted, Accepted]
    assert third == "2"
    assert ended == ["stopped"]


def test_an_old_revision_cannot_be_committed_any_more():
    async def story(peer, skills, backend):
        await peer.send(ask("set a timer for five minutes"))
        await peer.receive()
        await peer.send(ask("set a timer", 2))
        await peer.receive()
        await peer.send(commit(1))
        return (await peer.receive()).code, skills.ran

    assert lived(story) == ("not_found", [])


def test_what_is_never_committed_leaves_no_trace_and_its_id_can_be_asked_again(monkeypatch):
    monkeypatch.setattr(speculation, "LIFE_S", 0.05)

    async def story(peer, skills, backend):
        assert await answer(peer, "set a timer for five minutes") == "timer_set done."
        await peer.send(ask("what time is it"))
        await peer.receive()
        dropped = await peer.receive()
        repeated = await answer(peer, "repeat that")
        await peer.send(ask("what time is it", 2))
        await peer.receive()
        await peer.send(commit(2))
        return dropped, repeated, (await peer.until(Done, Failed))[-1]

    dropped, repeated, done = lived(story)
    assert (dropped.id, dropped.code) == ("t7", "deadline")
    assert repeated == "timer_set done."
    assert done.text == "clock done."


def test_cancelling_and_leaving_end_a_speculation(monkeypatch):
    monkeypatch.setattr(speculation, "LIFE_S", 0.3)  # nothing is sent meanwhile by which its leaving could be noticed
    brain = FakeBrain(wait=asyncio.Event())

    async def story(peer, skills, backend):
        await peer.send(ask("x"))
        await peer.receive()
        await peer.send(messages.Cancel(id="c", ask="t7"))
        failed = await peer.receive()
        await peer.send(ask("x", 2))
        await peer.receive()
        peer.socket.close()
        await eventually(lambda: len(brain.ended) == 2)
        return failed.code

    assert lived(story, brain) == "cancelled"


def test_an_ask_that_is_not_speculative_can_neither_be_revised_nor_committed():
    brain = FakeBrain(wait=asyncio.Event())

    async def story(peer, skills, backend):
        await peer.send(Ask(id="t7", text="x"))
        await peer.receive()
        await peer.send(ask("y", 5))
        await peer.send(commit(5))
        return (await peer.receive()).code, brain.asked

    assert lived(story, brain) == ("not_found", ["x"])


def test_a_failure_is_held_too_and_comes_with_the_commit():
    class Failing(FakeBrain):
        async def answer(self, ask, payloads, *, connection, release=None):
            yield Accepted(id=ask.id, route=Route(kind="model"), revision=ask.revision)
            self.ended.append("failed")
            raise RemoteFailure("no_model", "There is no model.")

    brain = Failing()

    async def story(peer, skills, backend):
        await peer.send(ask("x"))
        await peer.receive()
        await eventually(lambda: brain.ended)
        await peer.send(messages.Ping(id="p"))
        between = await peer.receive()
        await peer.send(commit())
        return between.id, (await peer.receive()).code

    assert lived(story, brain) == ("p", "no_model")


# --- the parts ----------------------------------------------------------------------------------------------------


def test_what_is_remembered_of_uncommitted_ids_is_bounded():
    speculations = Speculations()
    for number in range(REMEMBERED_LIMIT + 5):
        assert speculations.begin(Ask(id=str(number), text="x", speculative=True, revision=1))
    assert not speculations.knows("0")
    assert speculations.knows(str(REMEMBERED_LIMIT + 4))


def test_no_more_is_prepared_than_a_commit_can_need_soon(monkeypatch):
    monkeypatch.setattr(speculation, "HELD_LIMIT", 3)
    made = []

    async def endless():
        yield Accepted(id="1", route=Route(kind="skill"))
        for seq in range(10):
            made.append(seq)
            yield Token(id="1", text="x", seq=seq)
        yield Done(id="1")

    async def main():
        release = Release(ask("x"))
        async with aclosing(held(endless(), release)) as answer:
            assert isinstance(await anext(answer), Accepted)
            rest = asyncio.ensure_future(anext(answer))
            await asyncio.sleep(0.02)
            ahead = len(made)
            release.commit()
            return ahead, [await rest, *[message async for message in answer]]

    ahead, messages_ = asyncio.run(main())
    assert ahead == 3
    assert [message.seq for message in messages_[:-1]] == list(range(10))


def test_closing_a_held_answer_closes_the_answer_in_the_middle_of_a_step():
    closed = []

    async def stuck():
        try:
            await asyncio.Event().wait()
            yield Done(id="1")
        finally:
            closed.append(True)

    async def main():
        async def read():
            async with aclosing(held(stuck(), Release(ask("x")))) as answer:
                await anext(answer)

        task = asyncio.create_task(read())
        await asyncio.sleep(0.01)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(main())
    assert closed == [True]
