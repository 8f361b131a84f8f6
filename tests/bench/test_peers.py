"""The comparison with other assistants: their rules as far as they are rebuilt here, and how its report is made."""

import re
import sys
from pathlib import Path

import msgspec
import pytest

from homebody.bench import compare
from homebody.bench.circumstances import documented
from homebody.bench.page import page
from homebody.bench.peers import Peers, Turn, rows, system

PEERS = Path(__file__).parents[2] / "bench" / "peers"
sys.path.insert(0, str(PEERS))

import prepare  # noqa: E402
import segmenter  # noqa: E402
import whole_reply_peer  # noqa: E402

CHUNK_S = 0.01


def ended_after_s(*parts):
    """Seconds until the segmenter says it is over, of alternating speech and silence; None: it goes on."""
    rules, at = segmenter.Segmenter(), 0
    for number, seconds in enumerate(parts):
        for _ in range(round(seconds / CHUNK_S)):
            at += 1
            if not rules.goes_on(CHUNK_S, number % 2 == 0):
                return round(at * CHUNK_S, 2)
    return None


def test_home_assistants_segmenter_ends_a_command_after_seven_tenths_of_silence():
    assert ended_after_s(2.0, 5.0) == pytest.approx(2.7, abs=0.02)


def test_home_assistants_segmenter_waits_for_speech_before_it_counts_silence():
    assert ended_after_s(0.2, 5.0) is None


def test_home_assistants_segmenter_adds_up_pauses_until_somebody_speaks_for_a_second_on_end():
    assert ended_after_s(1.5, 0.4, 0.5, 5.0) == pytest.approx(1.5 + 0.4 + 0.5 + 0.3, abs=0.02)
    assert ended_after_s(1.5, 0.4, 1.5, 5.0) == pytest.approx(1.5 + 0.4 + 1.5 + 0.7, abs=0.02)


def test_home_assistants_segmenter_gives_up_after_fifteen_seconds():
    assert ended_after_s(20.0) == pytest.approx(15.0, abs=0.02)


def frames(*parts):
    for number, ms in enumerate(parts):
        for _ in range(ms // whole_reply_peer.FRAME_MS):
            voiced = number % 2 == 1
            yield (b"v" if voiced else b"s") * whole_reply_peer.FRAME_BYTES, voiced


def test_the_whole_reply_pipeline_keeps_what_was_before_and_ends_after_eight_tenths():
    source = frames(1000, 600, 400, 600, 2000)
    kept = whole_reply_peer.utterance(source)
    ms = len(kept) // whole_reply_peer.FRAME_BYTES * whole_reply_peer.FRAME_MS
    assert ms == 240 + 600 + 600  # silence inside is not kept
    left_ms = sum(whole_reply_peer.FRAME_MS for _ in source)
    assert left_ms == 2000 - 800


@pytest.mark.parametrize("name", list(prepare.PEERS))
def test_every_peer_has_its_assistant_and_every_version_pinned(name):
    assert prepare.PEERS[name].is_file()
    pins = [line for line in prepare.requirements(name).read_text().splitlines() if not line.startswith("#")]
    assert pins
    assert all(re.fullmatch(r"[\w.-]+==[\w.]+", line) for line in pins)


def test_a_peer_is_prepared_until_its_requirements_change(tmp_path, monkeypatch):
    monkeypatch.setenv("HOMEBODY_CACHE_DIR", str(tmp_path))
    assert prepare.python("wyoming") is None
    folder = prepare.environment("wyoming")
    folder.mkdir(parents=True)
    stamp = folder / "requirements.sha256"
    stamp.write_text(prepare.digest("wyoming"))
    assert prepare.python("wyoming") == folder / "bin" / "python"
    stamp.write_text("of other versions")
    assert prepare.python("wyoming") is None


def taken(*waits_ms):
    return [
        Turn(key=f"{number} time", wait_ms=wait_ms, heard="what time is it", understood=True)
        for number, wait_ms in enumerate(waits_ms)
    ]


def report():
    ours = system("homebody", {"homebody": "1"}, taken(300.0, 320.0, None, 310.0, 300.0, 330.0))
    theirs = system("wyoming", {"wyoming": "1"}, taken(900.0, 960.0, 900.0, 930.0, 900.0, 990.0), ours.turns)
    return Peers(turns=6, systems=(ours, theirs), reply="yes", output_buffer_ms=60, profile="embedded")


def test_our_share_of_a_peers_time_is_of_the_turns_that_both_answered():
    found = report().systems[1].ours_to_its
    assert found is not None
    assert (found.pairs, round(found.median, 3)) == (5, 0.333)


def test_the_table_has_a_row_for_each_and_says_how_many_were_answered():
    assert rows(report()) == [
        ("homebody", "310 ms", "330 ms", "", "5 of 6", "6 of 6"),
        ("wyoming", "900 ms", "990 ms", "0.33 (0.33 to 0.33)", "6 of 6", "6 of 6"),
    ]


@pytest.mark.processes
def test_a_comparison_is_drawn_on_the_page_and_can_be_compared_with_another():
    record = msgspec.json.decode(msgspec.json.encode(documented("peers", report())))
    drawn = page([record])
    assert "Beside other assistants" in drawn
    assert "900 ms" in drawn
    found = {one.quantity: one for one in compare.compare(record, record)}
    assert found["systems.1.turns.wait_ms"].verdict == "no difference beyond the noise"
