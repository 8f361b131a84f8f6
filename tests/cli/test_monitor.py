"""The monitor shows what happens, at most four times a second, and says what is missing."""

from __future__ import annotations

import asyncio
import datetime as dt
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from homebody.cli import main as homebody
from homebody.cli.monitor_view import SPANS, TURNS, WORDS_LINES, View, lines, spans
from homebody.client import HomebodyClient
from homebody.ledger import LEGS
from homebody.messages import Control, Done, Event, Listen
from wire import HANG_GUARD_S, endpoint, eventually, running
from wire_server import ObedientBrain

pytestmark = pytest.mark.lengthy

TURN = {"outcome": "answered", "route_kind": "skill", "route_name": "clock"} | {
    leg: 100.0 * (number + 1) for number, leg in enumerate(LEGS)
}
GAUGES = {"state": "hearing", "level_dbfs": -18.0, "speech": 0.9, "wake": {"okay_nabu": 0.25}, "partial": "set a"}


def event(name, **data):
    return Event(id="1", seq=1, at=dt.datetime.now(dt.UTC), name=name, instance="i", data=data)


def test_the_words_so_far_give_way_to_those_that_were_heard_and_to_the_answer():
    view = View()
    view.look(GAUGES)
    assert "set a ..." in view.talk().plain
    view.event(event("voice.heard", text="set a timer", language="en", refused=""))
    route = {"kind": "model", "name": "qwen", "language": "de"}
    view.look(GAUGES | {"state": "thinking", "partial": "", "route": route, "tokens": 7, "said": "Ja"})
    talk = view.talk().plain
    assert "set a timer  (en)" in talk
    assert "model qwen in de  7 tokens" in talk
    view.event(event("voice.said", text="Ja, gern."))
    view.event(event("turn.ended", **TURN))
    assert "Ja, gern." in view.talk().plain
    assert "skill clock" in view.talk().plain


def test_what_was_not_acted_on_is_said_to_be_so():
    view = View()
    view.event(event("voice.heard", text="", refused="no_speech", language="en"))
    assert "not acted on: no speech" in view.talk().plain


def test_meters_show_levels_and_nothing_where_nothing_is_heard():
    view = View()
    view.look(GAUGES)
    level, speech, wake = view.now(64).plain.splitlines()[1:]
    assert [line.count("█") for line in (level, speech, wake)] == [28, 36, 10]
    assert "-18 dBFS" in level
    view.look({"state": "asleep", "level_dbfs": None, "speech": None, "wake": {}})
    assert "█" not in view.now(64).plain
    view.gone("No voice service is attached.")
    assert "No voice service is attached." in view.now(64).plain


def test_turns_are_bars_on_one_scale_the_latest_first_and_only_the_last_ones():
    view = View()
    for number in range(TURNS + 5):
        view.event(event("turn.ended", **TURN | {"route_name": f"skill {number}", "done_ms": 9000.0}))
    view.event(event("turn.ended", outcome="refused", reason="empty", endpoint_ms=300.0))
    legend, *rows = view.times(94).plain.splitlines()
    assert all(name in legend for name, _ in SPANS)
    assert len(rows) == TURNS
    assert rows[0].startswith("refused")
    assert rows[0].endswith("refused empty")
    assert "600 ms" in rows[1]
    assert [row.count("█") for row in rows[:2]] == [30, 60]


def test_of_a_long_answer_the_end_is_shown_and_the_older_turns_make_room():
    view = View()
    view.event(event("voice.said", text="Once upon a time " * 100 + "they lived happily ever after."))
    said = view.talk(74).plain
    assert said.endswith("they lived happily ever after.")
    assert lines(view.talk(74), 74) <= 3 + WORDS_LINES
    for number in range(TURNS):
        view.event(event("turn.ended", **TURN | {"route_name": f"skill {number}"}))
    _, *rows = view.times(74, 3).plain.splitlines()
    assert [row.split()[1] for row in rows] == ["7", "6", "5"]


def test_on_a_small_screen_every_panel_is_to_be_seen():
    from homebody.cli.monitor_screen import MonitorScreen

    async def main(at):
        screen = MonitorScreen(at)
        async with running(ObedientBrain(), at), screen.run_test(size=(80, 24)) as pilot:
            screen.view.look(GAUGES | {"wake": {"okay_nabu": 0.25, "hey_jarvis": 0.1}})
            screen.view.event(event("problem.raised", part="microphone", problem="Only zeros come."))
            screen.view.event(event("voice.said", text="Once upon a time there was an owl. " * 20))
            for _ in range(TURNS):
                screen.view.event(event("turn.ended", **TURN))
            screen._draw()
            await pilot.pause()
            region, size = screen.query_one("#wrong").region, screen.size
            await pilot.press("q")
        return region, size

    with endpoint() as at:
        region, size = asyncio.run(asyncio.wait_for(main(at), HANG_GUARD_S))
    assert region.bottom < size.height
    assert region.height == 3


@given(st.dictionaries(st.sampled_from([*LEGS, "outcome"]), st.none() | st.floats(-100, 1e5) | st.text(max_size=3)),
       st.integers(1, 300))  # fmt: skip
def test_any_turn_can_be_drawn_and_its_parts_add_up(turn, width):
    view = View()
    view.event(event("turn.ended", **turn))
    assert view.times(width).plain
    parts = spans(turn)
    assert min(parts) >= 0
    known = [turn[leg] for leg in LEGS[: len(SPANS)] if isinstance(turn.get(leg), int | float)]
    assert sum(parts) == pytest.approx(max([0.0, *known]))


def test_problems_are_shown_until_they_are_cleared_or_the_voice_goes():
    view = View()
    view.event(event("problem.raised", part="microphone", problem="Only zeros come."))
    view.event(event("problem.raised", part="voice", problem="No German voice."))
    view.event(event("problem.cleared", part="microphone", problem="", remedy=""))
    assert view.wrong().plain == "! voice: No German voice."
    view.event(event("service.lost", service="voice", why="gone"))
    assert not view.wrong()


def test_without_textual_it_is_said_how_to_get_it(monkeypatch, capsys):
    for name in ("textual", "textual.app"):
        monkeypatch.setitem(sys.modules, name, None)
    monkeypatch.delitem(sys.modules, "homebody.cli.monitor_screen", raising=False)
    monkeypatch.delitem(sys.modules, "homebody.cli.monitor", raising=False)
    assert homebody(["monitor"]) == 69
    assert "pip install 'homebody[tui]'" in capsys.readouterr().err


def test_without_a_running_assistant_it_says_how_to_start_one(capsys):
    assert homebody(["monitor"]) == 69
    assert "homebody run" in capsys.readouterr().err


def test_on_the_screen_a_flood_of_events_is_drawn_four_times_a_second_at_most():
    """The real router and a voice of ours, on a screen without a terminal."""
    from homebody.cli.monitor_screen import DRAW_S, MonitorScreen

    asked = []

    async def voice(request):
        asked.append(request)
        match request:
            case Control(action="gauges"):
                return Done(id=request.id, value=GAUGES)
            case Listen():
                return Done(id=request.id, heard="")
        return Done(id=request.id)

    async def main(at):
        async with (
            running(ObedientBrain(), at),
            HomebodyClient.connect(at) as client,
            client.attach("voice", voice) as attachment,
        ):
            await attachment.wait_attached(5000)
            screen = MonitorScreen(at)
            async with screen.run_test(size=(100, 30)) as pilot:
                for number in range(500):
                    client.publish("turn.ended", TURN | {"route_name": f"skill {number}"})
                client.publish("voice.said", {"text": "It is half past seven."})
                await eventually(lambda: screen.view.said == "It is half past seven.")
                loop = asyncio.get_running_loop()
                before, began_s = screen.draws, loop.time()
                await eventually(lambda: screen.draws >= before + 3)
                assert screen.draws - before <= (loop.time() - began_s) / DRAW_S + 1
                await pilot.press("l")
                await eventually(lambda: any(isinstance(request, Listen) for request in asked))
                picture = screen.export_screenshot()
                await pilot.press("q")
        gauges = [request for request in asked if isinstance(request, Control)]
        assert len(gauges) <= screen.draws + 2
        return picture

    with endpoint() as at:
        picture = asyncio.run(asyncio.wait_for(main(at), HANG_GUARD_S)).replace("&#160;", " ")
    for words in ("It is half past seven.", "hearing somebody", "-18 dBFS", "skill 499", "set a"):
        assert words in picture
