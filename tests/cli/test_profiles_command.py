"""`homebody profiles` for people and for programs."""

from __future__ import annotations

import json

import pytest

from homebody import cli
from homebody import profile as profiles
from homebody.paths import config_dir


def lines(capsys: pytest.CaptureFixture[str], *arguments: str) -> list[str]:
    assert cli.main(["profiles", *arguments]) == 0
    return capsys.readouterr().out.splitlines()


def test_the_list_names_all_marks_the_one_in_use_and_says_which_fits_and_how_to_take_it(
    capsys: pytest.CaptureFixture[str],
) -> None:
    printed = lines(capsys)
    text = "\n".join(printed)
    assert printed[0].startswith("This machine: ")
    for name in profiles.names():
        assert sum(line[2:].startswith(f"{name} ") for line in printed) == 1
    assert sum(line.startswith("* embedded ") for line in printed) == 1
    assert "> fits this machine: " in text or "* fits" in text


def test_programs_get_one_object_a_profile_with_the_reason(capsys: pytest.CaptureFixture[str]) -> None:
    records = [json.loads(line) for line in lines(capsys, "--json")]
    assert [record["name"] for record in records] == profiles.names()
    assert [record["name"] for record in records if record["used"]] == ["embedded"]
    assert sum(record["fits"] for record in records) == 1
    assert all(record["why"].endswith(".") for record in records)
    card = next(record for record in records if record["name"] == "rtx-4060-8gb")
    assert card["models"]["chat"]["model"] == "llama3.2-custom"


def test_one_profile_in_detail_says_what_to_download_and_how_the_server_is_started(
    capsys: pytest.CaptureFixture[str],
) -> None:
    printed = lines(capsys, "rtx-4060-8gb")
    assert "    ollama pull llama3.2:3b-instruct-q8_0" in printed
    assert "    ollama pull qwen3-vl:2b-instruct" in printed  # for folders
    assert not [line for line in printed if "pull llama3.2-custom" in line]
    assert "OLLAMA_KV_CACHE_TYPE=q8_0" in lines(capsys, "rtx-4060-8gb", "--server")


def test_a_profile_that_does_not_exist_is_refused_by_name(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["profiles", "mac-mini-m9"]) == 78
    assert "mac-mini-m9" in capsys.readouterr().err


def test_the_starter_is_told_as_it_is_and_not_as_something_to_be_pulled(capsys: pytest.CaptureFixture[str]) -> None:
    printed = lines(capsys, "embedded")
    assert "  talks      starter, 9 MB, part of homebody" in printed
    assert "  to download: nothing" in printed
    assert not [line for line in printed if "ollama" in line.lower() or "GiB" in line]
    (record,) = [json.loads(line) for line in lines(capsys, "embedded", "--json")]
    assert record["models"]["chat"]["model"] == "starter"
    assert 8_000_000 < record["models"]["chat"]["bytes"] < 12_000_000


def test_a_profile_on_another_kind_of_server_offers_no_pull_and_guesses_no_size(
    capsys: pytest.CaptureFixture[str],
) -> None:
    own = '[router.text]\nbackend = "openai"\nmodel = "mine"\nbase_url = "http://127.0.0.1:8080/v1"\n'
    (config_dir() / "homebody.toml").write_text('profile = "ollama"\n' + own)
    printed = lines(capsys, "ollama")
    assert "  talks      mine (openai)" in printed
    assert not [line for line in printed if "ollama pull" in line or "--server" in line]
