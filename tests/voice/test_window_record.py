"""What was measured about a model's windows is kept with the model's identity, whole or not at all."""

from __future__ import annotations

import errno
from pathlib import Path

import msgspec
import pytest

from homebody.errors import NotWritable
from homebody.options import TranscriberOptions
from homebody.paths import data_dir, private_dir
from homebody.voice import window_record
from homebody.voice.thread_choice import Threads, Timing, Timings
from homebody.voice.whisper_window import UNPROVEN, WHOLE, WindowRule
from homebody.voice.window_calibration import Verdict
from homebody.voice.window_record import choice, identity, keep, read

PROVEN = Verdict(floor_s=3.0, margin_s=0.5, outcome="proven", clips=21, understood=20)
OPTIONS = TranscriberOptions(model="mine")
ONE_PAYS = Timings(
    floor_s=3.0,
    margin_s=0.5,
    cores=2,
    rows=(Timing(threads=1, median_ms=77.1), Timing(threads=2, median_ms=105.5)),
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "model.bin").write_bytes(bytes(range(256)) * 8192)
    (tmp_path / "config.json").write_text("{}")
    return tmp_path


def test_nothing_measured_is_ten_seconds_and_says_so(folder: Path) -> None:
    found = choice(folder, OPTIONS, cores=2)
    assert (found.rule, found.source) == (UNPROVEN, "unmeasured")
    assert str(found) == (
        "windows of at least 10 s, not measured with this model yet; 2 threads (not measured with this model yet)"
    )


def test_the_starter_has_a_rule_of_its_own_until_it_is_measured_and_a_model_in_its_place_does_not(folder: Path) -> None:
    named = msgspec.structs.replace(OPTIONS, model="starter")
    assert (choice(folder, named).rule.floor_s, choice(folder, named).source) == (3.0, "starter")
    assert choice(folder, OPTIONS).rule.floor_s == 10.0
    keep(folder, named, PROVEN)
    assert choice(folder, named).source == "measured"


def test_what_was_measured_is_used_and_says_when_and_by_what(folder: Path) -> None:
    record = keep(folder, OPTIONS, PROVEN)
    found = choice(folder, OPTIONS)
    assert (found.rule, found.source, found.verdict) == (WindowRule(3.0, 0.5), "measured", PROVEN)
    assert f"measured on {record.at.day} {record.at:%B %Y}" in str(found)
    assert "20 recordings" in str(found)
    assert found.told()["floor_s"] == 3.0
    keep(folder, OPTIONS, msgspec.structs.replace(PROVEN, floor_s=30.0, outcome="none"))
    assert choice(folder, OPTIONS).rule == WHOLE
    assert "change words" in choice(folder, OPTIONS).why
    keep(folder, OPTIONS, msgspec.structs.replace(PROVEN, floor_s=10.0, outcome="unknown", understood=2))
    assert "understood 2 of 21" in choice(folder, OPTIONS).why


def test_threads_are_kept_beside_the_windows_and_each_measurement_leaves_the_other(folder: Path) -> None:
    first = keep(folder, OPTIONS, PROVEN)
    both = keep(folder, OPTIONS, ONE_PAYS)
    assert (both.verdict, both.timings, both.at) == (PROVEN, ONE_PAYS, first.at)
    assert choice(folder, OPTIONS, cores=2).threads.number == 1
    assert choice(folder, OPTIONS, cores=2).told()["threads"] == 1
    assert "77 ms with 1" in choice(folder, OPTIONS, cores=2).told()["threads_why"]
    assert choice(folder, OPTIONS, cores=8).threads == Threads(2, "most", {})
    again = keep(folder, OPTIONS, PROVEN)
    assert again.timings == ONE_PAYS
    assert read(folder, OPTIONS) == again


def test_threads_alone_may_be_known_where_the_profile_sets_the_window(folder: Path) -> None:
    own = msgspec.structs.replace(OPTIONS, min_window_s=3.0)
    keep(folder, own, ONE_PAYS)
    assert choice(folder, own, cores=2).threads.number == 1
    assert choice(folder, own, cores=2).source == "profile"
    assert choice(folder, OPTIONS, cores=2).source == "unmeasured"


def test_a_record_from_before_threads_were_measured_is_read_and_says_nothing_about_them(folder: Path) -> None:
    file = private_dir(data_dir() / "windows") / f"{identity(folder, OPTIONS)}.json"
    file.write_text(
        '{"model":"mine","compute_type":"int8","device":"cpu","beam_size":1,"at":"2026-11-01T10:00:00Z",'
        '"verdict":{"floor_s":3.0,"margin_s":0.5,"outcome":"proven","clips":21,"understood":20}}'
    )
    found = choice(folder, OPTIONS, cores=2)
    assert (found.source, found.verdict, found.threads.source) == ("measured", PROVEN, "most")
    assert keep(folder, OPTIONS, ONE_PAYS).verdict == PROVEN


def test_the_profile_has_the_last_word(folder: Path) -> None:
    keep(folder, OPTIONS, PROVEN)
    own = msgspec.structs.replace(OPTIONS, min_window_s=6.0)
    assert choice(folder, own).rule == WindowRule(6.0)
    assert choice(folder, own).why == "set in the profile"


def test_other_weights_and_another_way_to_compute_are_another_model(folder: Path) -> None:
    keep(folder, OPTIONS, PROVEN)
    for name, value in (("compute_type", "float32"), ("device", "cuda"), ("beam_size", 5)):
        assert read(folder, msgspec.structs.replace(OPTIONS, **{name: value})) is None, name
    assert read(folder, msgspec.structs.replace(OPTIONS, model="called otherwise", threads=7)) is not None
    weights = folder / "model.bin"
    data = bytearray(weights.read_bytes())
    data[len(data) // 2 : len(data) // 2 + 100_000] = bytes(100_000)
    weights.write_bytes(data)
    assert read(folder, OPTIONS) is None


def test_a_small_file_and_one_that_has_grown_are_told_apart(folder: Path) -> None:
    (folder / "model.bin").write_bytes(b"x")
    small = identity(folder, OPTIONS)
    (folder / "model.bin").write_bytes(b"xx")
    assert identity(folder, OPTIONS) != small


@pytest.mark.parametrize("broken", [b"", b"{", b'{"model": 3}', b"\xff"])
def test_a_file_that_cannot_be_read_is_as_none_and_gives_way(folder: Path, broken: bytes) -> None:
    keep(folder, OPTIONS, PROVEN)
    (file,) = (data_dir() / "windows").iterdir()
    file.write_bytes(broken)
    assert choice(folder, OPTIONS).source == "unmeasured"
    keep(folder, OPTIONS, PROVEN)
    assert choice(folder, OPTIONS).source == "measured"


def test_a_disk_that_is_full_leaves_what_was_there(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = keep(folder, OPTIONS, PROVEN)

    def full(handle: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(window_record.os, "fsync", full)
    with pytest.raises(NotWritable, match="No space"):
        keep(folder, OPTIONS, msgspec.structs.replace(PROVEN, floor_s=8.0))
    assert read(folder, OPTIONS) == before
    assert len(list((data_dir() / "windows").iterdir())) == 1


def test_a_model_that_is_not_there_has_no_record(tmp_path: Path) -> None:
    assert choice(tmp_path, OPTIONS).source == "unmeasured"
