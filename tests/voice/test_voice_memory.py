"""The voice service remembers its volume and its notices, and forgets rather than fails."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from homebody.errors import NotWritable
from homebody.voice.memory import VoiceMemory


def first_time(memory: VoiceMemory, notice: str) -> bool:
    """Whether it had not been given; then it has."""
    given = memory.given(notice)
    memory.give(notice)
    return not given


def test_nothing_is_remembered_at_first(tmp_path):
    assert VoiceMemory(tmp_path / "new").volume_percent is None


def test_the_volume_is_there_at_the_next_start(tmp_path):
    VoiceMemory(tmp_path).volume_percent = 35.0
    assert VoiceMemory(tmp_path).volume_percent == 35.0


def test_a_notice_is_given_once_whatever_starts_in_between(tmp_path):
    memory = VoiceMemory(tmp_path)
    assert [first_time(memory, "embedded"), first_time(memory, "embedded"), first_time(memory, "large")] == [
        True,
        False,
        True,
    ]
    again = VoiceMemory(tmp_path)
    assert not first_time(again, "embedded")


def test_the_volume_and_the_notices_do_not_overwrite_one_another(tmp_path):
    memory = VoiceMemory(tmp_path)
    first_time(memory, "embedded")
    memory.volume_percent = 20.0
    again = VoiceMemory(tmp_path)
    assert (again.volume_percent, first_time(again, "embedded")) == (20.0, False)


def test_nothing_half_written_is_left_lying_about(tmp_path):
    VoiceMemory(tmp_path).volume_percent = 35.0
    assert [path.name for path in tmp_path.iterdir()] == ["voice.json"]


def test_what_an_interrupted_writing_left_behind_does_no_harm(tmp_path):
    VoiceMemory(tmp_path).volume_percent = 35.0
    (tmp_path / "voice.new").write_bytes(b'{"volume_per')
    memory = VoiceMemory(tmp_path)
    assert memory.volume_percent == 35.0
    memory.volume_percent = 40.0
    assert VoiceMemory(tmp_path).volume_percent == 40.0


@given(st.binary(max_size=60))
def test_any_file_at_all_is_read_or_forgotten_and_written_over(tmp_path_factory, content):
    folder = tmp_path_factory.mktemp("memory")
    (folder / "voice.json").write_bytes(content)
    VoiceMemory(folder).volume_percent = 12.0
    assert VoiceMemory(folder).volume_percent == 12.0
    shutil.rmtree(folder)


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"[]", b'{"volume_percent": "loud"}', b'{"noticed": "embedded"}'],
    ids=["empty", "cut off", "a list", "words for a volume", "a word for notices"],
)
def test_a_file_that_does_not_fit_is_forgotten(tmp_path, content):
    (tmp_path / "voice.json").write_bytes(content)
    memory = VoiceMemory(tmp_path)
    assert memory.volume_percent is None
    assert first_time(memory, "embedded")


def test_a_file_that_is_no_utf_8_is_forgotten(tmp_path):
    (tmp_path / "voice.json").write_bytes(b'{"noticed": ["\xff"]}')
    assert first_time(VoiceMemory(tmp_path), "embedded")


@pytest.mark.parametrize("percent", [-1, 101, 1e300])
def test_a_volume_no_loudspeaker_can_take_is_forgotten(tmp_path, percent):
    (tmp_path / "voice.json").write_text(f'{{"volume_percent": {percent}}}')
    assert VoiceMemory(tmp_path).volume_percent is None


def test_a_disk_that_refuses_is_named_and_the_volume_is_changed_all_the_same(tmp_path):
    memory = VoiceMemory(tmp_path / "disk")
    shutil.rmtree(tmp_path / "disk")
    with pytest.raises(NotWritable) as refused:
        memory.volume_percent = 30.0
    assert refused.value.remedy
    assert memory.volume_percent == 30.0


def test_a_folder_that_refuses_is_named_with_a_remedy(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(NotWritable) as refused:
        VoiceMemory(Path(tmp_path / "file"))
    assert refused.value.remedy
