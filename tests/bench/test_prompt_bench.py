"""`homebody bench prompts`: the way of asking that works best is found and written."""

from __future__ import annotations

import asyncio
from pathlib import Path

import msgspec
import pytest
from click.testing import CliRunner

from fake_ollama import FakeOllama
from homebody import profile
from homebody.bench.prompts import Result, Strategy, best_of, is_right, measure, strategies, tasks
from homebody.bench.tasks import Task
from homebody.cli import homebody as program
from homebody.errors import ModelMissing, ModelUnreachable
from homebody.options import RouterOptions, TextModelOptions
from homebody.router import prompt_templates


def options(base_url: str) -> RouterOptions:
    return RouterOptions(text=TextModelOptions(base_url=base_url))


@pytest.mark.processes
@pytest.mark.parametrize(
    ("task", "answer", "right"),
    [
        (Task(id="", text="", number=150), "So it gets 150 miles.", True),
        (Task(id="", text="", number=150), "It gets 1500 miles.", False),
        (Task(id="", text="", any=("owl",)), "the owl and the " * 40, False),  # a loop
        (Task(id="", text="", any=("owl",)), "", False),
        (Task(id="", text="", python="assert double(2) == 4"), "```python\ndef double(x): return 2 * x\n```", True),
        (Task(id="", text="", python="assert double(2) == 4"), "```python\ndef double(x): return x\n```", False),
    ],
)
def test_an_answer_is_right_when_it_passes_its_checks_and_is_no_loop(task: Task, answer: str, right: bool) -> None:
    assert asyncio.run(is_right(task, answer)) is right


def test_every_purpose_without_a_picture_has_tasks_and_ways_that_exist() -> None:
    found = tasks()
    assert set(found) == {"chat", "knowledge", "reasoning", "creative", "code", "multilingual"}
    for purpose in found:
        ways = strategies(RouterOptions(), purpose)
        assert len(ways) >= 4
        assert {way.template for way in ways} <= set(prompt_templates.names())


def test_the_best_has_most_right_and_a_tie_changes_nothing() -> None:
    def result(template: str, right: int) -> Result:
        return Result("owl", "chat", Strategy(template, 0.7), right, 5, 100.0)

    assert best_of([result("plain", 3), result("few_shot", 4), result("role", 4)]) == (result("few_shot", 4),)
    assert best_of([result("plain", 3), result("few_shot", 3)]) == (result("plain", 3),)
    assert best_of([result("plain", 0), result("few_shot", 0)]) == ()


@pytest.mark.lengthy
def test_every_way_is_asked_of_the_models_that_are_there() -> None:
    async def main() -> None:
        async with FakeOllama(words=("That is ", "Canberra.")) as server:
            report = await measure(options(server.base_url))
            ways = sum(len(strategies(RouterOptions(), purpose)) for purpose in tasks())
            assert len(report.results) == ways
            assert {result.purpose for result in report.best} == {r.purpose for r in report.results if r.right}
            assert "knowledge" in {result.purpose for result in report.best}
            assert max(r.right for r in report.results if r.purpose == "knowledge") == 1
            assert {chat["options"]["num_ctx"] for chat in server.chats} == {4096}

    asyncio.run(main())


def test_where_nothing_was_right_nothing_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def measured(router: RouterOptions, **rest: object) -> object:
        from homebody.bench.prompts import Report

        return Report((Result("owl:1b", "chat", Strategy("few_shot", 0.1), 0, 5, 100.0),), (), {})

    monkeypatch.setattr("homebody.bench.prompts.measure", measured)
    monkeypatch.setenv("HOMEBODY_CONFIG_DIR", str(tmp_path))
    assert "none is chosen" in CliRunner().invoke(program, ["bench", "prompts", "--write"]).output
    assert not (tmp_path / "homebody.toml").exists()


@pytest.mark.lengthy
@pytest.mark.parametrize(("models", "error"), [((), ModelMissing), (None, ModelUnreachable)])
def test_without_a_model_it_says_what_to_do(models: tuple[str, ...] | None, error: type[Exception]) -> None:
    async def main() -> None:
        async with FakeOllama(models=models or ()) as server:
            if models is None:
                await server.stop()
            with pytest.raises(error) as caught:
                await measure(options(server.base_url))
            assert caught.value.remedy  # type: ignore[attr-defined]

    asyncio.run(main())


@pytest.mark.processes
def test_the_command_writes_the_best_to_the_persons_own_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    best = Result("owl:1b", "chat", Strategy("few_shot", 0.1), 4, 5, 100.0)

    async def measured(router: RouterOptions, **rest: object) -> object:
        from homebody.bench.prompts import Report

        return Report((best,), (best,), {"bat:1b": "Ollama has not downloaded it yet."})

    monkeypatch.setattr("homebody.bench.prompts.measure", measured)
    monkeypatch.setenv("HOMEBODY_CONFIG_DIR", str(tmp_path))
    shown = CliRunner().invoke(program, ["bench", "prompts"]).output
    assert "4 of 5 right" in shown
    assert "--write" in shown
    assert "bat:1b was left out." in shown
    assert not (tmp_path / "homebody.toml").exists()
    written = CliRunner().invoke(program, ["bench", "prompts", "--write", "--json"]).output.splitlines()[-1]
    assert msgspec.json.decode(written)["written"] == str(tmp_path / "homebody.toml")
    found = profile.load(overlay=tmp_path / "homebody.toml").router.models["owl:1b"].purposes["chat"]
    assert (found.template, found.temperature) == ("few_shot", 0.1)
