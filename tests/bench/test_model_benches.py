"""The benches of models measure what they say, against servers without a model and models of the true shape."""

from __future__ import annotations

import asyncio
import os
from contextlib import aclosing
from pathlib import Path

import msgspec
import pytest

from fakes import FakeBackend
from homebody import profile as profiles
from homebody.bench import intents, shape, text, text_tasks, vision
from homebody.bench.made_pictures import QUESTIONS, picture
from homebody.bench.measured_router import model_server
from homebody.bench.shapes import LABEL, decoder, folder, piper, whisper
from homebody.bench.skills import Row, Verdict
from homebody.bench.tasks import Task
from homebody.bench.text_speed import ANSWER_TOKENS, LONG, SENTENCE, asked, run
from homebody.bench.text_tasks import ask_all
from homebody.errors import MachineError, ModelUnreachable
from homebody.options import PurposeOptions, Purposes, RouterOptions, TextModelOptions

pytestmark = pytest.mark.lengthy

TINY = decoder.Shape(128, 2, 4, 2, 256, 2000)


def quiet(line):
    pass


def ollama(base_url):
    return RouterOptions(text=TextModelOptions(base_url=base_url, model="steady"))


@pytest.mark.processes
def test_two_models_are_compared_in_pairs_through_our_own_backend():
    async def scenario():
        async with model_server("ollama_server") as server:
            wanted = text.Wanted(rounds=3, per_purpose=1)
            return await text.measure(ollama(server.base_url), ["steady", "steady"], wanted, ab=True, progress=quiet)

    report = asyncio.run(scenario())
    assert [len(model.runs) for model in report.models] == [6, 6]
    assert report.models[0].footprint.memory_of == "ollama ps"
    assert report.models[0].load_ms is not None
    assert report.ab is not None
    assert report.ab.tokens_per_s is not None
    assert report.ab.right_a == report.ab.right_b
    assert report.models[0].all is not None
    assert report.models[0].all.tasks == 9
    assert "quality of creative answers" in report.not_measured


@pytest.mark.processes
def test_a_sweep_says_what_the_server_cannot_be_asked_for():
    async def scenario():
        async with model_server("ollama_server") as server:
            wanted = text.Wanted(rounds=1, per_purpose=0, sweep=True)
            return await text.measure(ollama(server.base_url), ["steady"], wanted, progress=quiet)

    report = asyncio.run(scenario())
    assert [row.key for row in report.models[0].num_ctx_sweep] == [f"num_ctx {size}" for size in text.NUM_CTX]
    assert "OLLAMA_FLASH_ATTENTION" in report.not_measured["flash attention, KV-cache type"]


def test_without_a_server_it_is_said_so():
    options = ollama("http://127.0.0.1:9")
    with pytest.raises(ModelUnreachable):
        asyncio.run(text.measure(options, ["steady"], text.Wanted(), progress=quiet))


def test_strategies_are_asked_with_their_own_prompts_and_a_judge_lowers_a_score():
    async def scenario():
        creative = [("creative", task) for _, task in text_tasks.chosen(None) if task.id == "simile"]
        backend, judge = FakeBackend(["a gate in the wind"]), FakeBackend(['{"score": 2}'])
        found = []
        for strategy in ("plain", "few-shot"):
            asked = text_tasks.ask_all(RouterOptions(), "fake", backend, creative, strategy=strategy, judge=judge)
            async with aclosing(asked) as answers:
                found += [one async for one in answers]
        return found, backend.asked

    found, asked = asyncio.run(scenario())
    assert [(one.right, one.score, one.why) for one in found] == [(0, 2, "the judge gave it 2 of 5")] * 2
    assert len(asked[0]) < len(asked[1])


def test_an_answer_of_nothing_is_no_measurement():
    assert asyncio.run(run(FakeBackend([]), "short 0", 1)) is None


def test_turns_of_an_ab_are_a_b_b_a():
    assert [which for _, which in text._turns(20)] == [0, 1, 1, 0, 0, 1, 1, 0]


@pytest.mark.processes
def test_pictures_of_every_size_and_format_are_asked_about_through_a_router_of_their_own():
    async def scenario():
        async with model_server("ollama_server") as server:
            only = PurposeOptions(models=("steady",))
            purposes = Purposes(image_quick=only, image_detailed=only, image_reasoning=only)
            router = RouterOptions(text=ollama(server.base_url).text, purposes=purposes)
            profile = msgspec.structs.replace(profiles.load("embedded"), router=router)
            return await vision.measure(profile, 1, questions=QUESTIONS[:1], progress=quiet)

    report = asyncio.run(scenario())
    assert report.model == "steady"
    assert [row.setting for row in report.resolutions] == ["224 px", "512 px", "768 px", "1024 px"]
    assert [row.setting for row in report.formats] == ["JPEG", "PNG", "WEBP"]
    assert all(row.asked == 1 and row.right == 0 and row.p50_ms for row in report.resolutions)
    sizes = [row.seen[0].image_bytes for row in report.resolutions]
    assert sizes == sorted(sizes)
    assert sizes[0] < sizes[-1]


def test_made_pictures_are_the_same_each_time_and_their_questions_can_be_answered():
    for name in {question.picture for question in QUESTIONS}:
        assert picture(name).tobytes() == picture(name).tobytes()
    for question in QUESTIONS:
        assert vision.is_right(question, f"It is {question.any[0]}.")
        assert not vision.is_right(question, "I cannot see anything.")


def test_sentences_that_went_wrong_are_in_the_confusion_and_others_are_not():
    def verdict(skill, kind, given):
        return Verdict(Row("x", skill), kind, given, {})

    verdicts = [
        verdict("clock", "right", "clock"),
        verdict("clock", "missed", "none"),
        verdict("none", "falsely_matched", "date"),
        verdict("timer_set", "wrong", "timer_set"),
        verdict("weather", "not_shipped", "none"),
    ]
    assert intents.recall(verdicts) == {"clock": 0.5, "none": 0.0, "timer_set": 0.0}
    assert intents.confusion(verdicts) == {"clock": {"none": 1}, "none": {"date": 1}}


@pytest.mark.processes
def test_sentences_are_judged_and_timed():
    report = asyncio.run(intents.measure([Row("what time is it", "clock"), Row("sing me a sea shanty", "none")]))
    assert report.score.right == 2
    assert 0 < report.p50_us <= report.p95_us <= report.p99_us <= report.worst_us
    assert report.model is not None
    assert report.model.p50_us == report.model.p99_us  # there is one
    assert all(took_ms > 0 for took_ms in report.build_ms.values())


@pytest.mark.processes
def test_a_decoder_of_random_weights_is_measured_through_our_backend_and_leaves_nothing(monkeypatch, tmp_path):
    monkeypatch.setattr(folder.platformdirs, "user_cache_path", lambda app: tmp_path)
    report = asyncio.run(shape.measure_decoder(threads=1, rounds=1, progress=quiet, shape=TINY))
    (model,) = report.models
    assert LABEL in model.model
    assert model.shape_only
    assert [found.answer_tokens for found in model.runs] == [128, 128]
    assert model.tasks == ()
    assert model.all is None
    assert list(tmp_path.iterdir()) == []


def test_the_true_shape_has_the_true_number_of_weights():
    assert round(decoder.QWEN2_1_5B.parameters / 1e9, 2) == 1.54  # as its model card says


def test_a_recogniser_of_random_weights_runs_in_every_window(monkeypatch, tmp_path):
    monkeypatch.setattr(folder.platformdirs, "user_cache_path", lambda app: tmp_path)
    monkeypatch.setitem(whisper.SHAPES, "whisper-tiny", whisper.Shape(64, 1, 1))
    both = whisper.measure("whisper-tiny", threads=2, rounds=1, progress=quiet)
    assert [found.threads for found in both] == [2, 1]
    for found in both:
        assert found.label == LABEL
        assert [window.key for window in found.windows] == ["5 s", "10 s", "30 s"]
        assert all(window.encode_ms > 0 and window.decode_ms > 0 for window in found.windows)
        assert [fits.key for fits in found.fitting] == ["2.5 s", "3 s", "4 s", "5 s", "8 s", "10 s"]
        assert all(fits.wall.median > 0 and fits.cpu.median > 0 for fits in found.fitting)
        assert [part.key for part in found.parts] == [*(fits.key for fits in found.fitting), "30 s"]
        assert all(part.encode_ms > 0 and part.prompt_ms + part.token_ms > 0 for part in found.parts)
    given, one = both
    assert one.as_run == ()
    assert [fits.key for fits in given.as_run] == [fits.key for fits in given.fitting]
    for taken, same in zip(given.as_run, given.fitting, strict=True):
        assert taken.threads in {1, 2}
        assert taken.threads == 1 or taken.wall == same.wall
    assert list(tmp_path.iterdir()) == []
    (alone,) = whisper.measure("whisper-tiny", threads=1, rounds=1, progress=quiet)
    assert [fits.wall for fits in alone.as_run] == [fits.wall for fits in alone.fitting]


def test_a_voice_of_random_weights_is_loaded_by_the_ordinary_synthesizer(tmp_path: Path):
    pytest.importorskip("onnx")
    assert 14e6 < piper.write(tmp_path / "shape.onnx") < 17e6  # medium has about 15 million


def test_without_room_nothing_is_made():
    with pytest.raises(MachineError, match="needs"), folder.made_in_cache("x", 10**15):
        raise AssertionError("was made")


def test_what_a_killed_bench_left_is_removed_and_a_running_ones_is_not(monkeypatch, tmp_path):
    monkeypatch.setattr(folder.platformdirs, "user_cache_path", lambda app: tmp_path)
    left, running = tmp_path / "shape-x-2-1.5b-999999999-a_b", tmp_path / f"shape-x-{os.getpid()}-a_b"
    left.mkdir()
    running.mkdir()
    with folder.made_in_cache("y", 0) as made:
        assert made.is_dir()
    assert list(tmp_path.iterdir()) == [running]


def test_a_long_prompt_fits_a_model_with_little_context():
    assert asked(512)[1][1] < asked(4096)[1][1] == LONG
    assert asked(256)[1][1] >= 1
    words = len((SENTENCE * asked(512)[1][1]).split())
    assert 2 * words < 512 - ANSWER_TOKENS


def test_a_task_too_long_for_a_model_is_a_wrong_answer_and_not_the_end():
    options = RouterOptions(text=TextModelOptions(num_ctx=256))
    task = Task(id="long", text="word " * 2000, any=("word",))

    async def main():
        return [one async for one in ask_all(options, "owl", backend=None, tasks=[("knowledge", task)])]

    (answered,) = asyncio.run(main())
    assert (answered.right, answered.why) == (0, "That is too long for my language model.")
