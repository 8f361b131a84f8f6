"""Writing homebody.toml: the rest of it stays, and a crash or a refusal changes nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from homebody import overlay, profile
from homebody.errors import NotWritable, ProfileError

OWN = """\
# My own settings.
[voice.microphone]
device = "Jabra"   # the one on the desk

[router.text]
model = "owl:1b"
"""
KEY = ("router", "models", "owl:1b", "purposes", "chat", "template")


def test_a_key_is_added_and_everything_else_stays_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "homebody.toml"
    path.write_text(OWN)
    path.chmod(0o640)
    assert overlay.write({KEY: "few_shot", (*KEY[:-1], "temperature"): 0.1}, path) == path
    text = path.read_text()
    assert text.startswith(OWN)
    best = profile.load(overlay=path).router.models["owl:1b"].purposes["chat"]
    assert (best.template, best.temperature) == ("few_shot", 0.1)
    assert path.stat().st_mode & 0o777 == 0o640
    overlay.write({KEY: "plain"}, path)
    assert path.read_text() == text.replace("few_shot", "plain")
    assert [file.name for file in tmp_path.iterdir()] == ["homebody.toml"]


def test_a_file_that_is_not_there_is_made_for_its_owner_alone(tmp_path: Path) -> None:
    path = overlay.write({KEY: "few_shot"}, tmp_path / "new" / "homebody.toml")
    assert profile.load(overlay=path).router.models["owl:1b"].purposes["chat"].template == "few_shot"
    assert path.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    ("own", "values"),
    [(OWN, {("router", "models", "x", "owls"): 1}), ("not = = toml", {KEY: "plain"}), ("router = 1", {KEY: "plain"})],
)
def test_what_would_not_be_a_profile_is_refused_and_leaves_the_file_as_it_was(
    own: str, values: dict[tuple[str, ...], object], tmp_path: Path
) -> None:
    path = tmp_path / "homebody.toml"
    path.write_text(own)
    with pytest.raises(ProfileError) as caught:
        overlay.write(values, path)
    assert str(path) in caught.value.reason
    assert path.read_text() == own
    assert [file.name for file in tmp_path.iterdir()] == ["homebody.toml"]


def test_a_folder_that_refuses_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(NotWritable, match="cannot be written to"):
        overlay.write({KEY: "plain"}, tmp_path / "file" / "homebody.toml")
