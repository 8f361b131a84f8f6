"""Other programs' sound is quieter while somebody is heard or answered, and afterwards as it was, whatever happens."""

from __future__ import annotations

import asyncio
import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

import virtual_time
from fake_mixer import FULL, FakeMixer
from homebody.options import DuckingOptions
from homebody.voice.ducking import STEPS, Books, Ducker, Owed, Stream, alike, ladder

DEPTH_DB = 15.0
QUIET = ladder((FULL, FULL), DEPTH_DB, STEPS)
SLOPE_S = 2.0  # longer than it takes down or up again


class Room:
    """A `Ducker` at work, as long as the block lasts."""

    def __init__(self, folder, mixer=None, **options):
        self.mixer = mixer or FakeMixer()
        self.options = DuckingOptions(depth_db=DEPTH_DB, release_ms=200.0, **options)
        self.talking = False
        self.ducker = Ducker(self.mixer, lambda: self.options, folder)

    async def __aenter__(self):
        self.task = asyncio.create_task(self.ducker.run(lambda: self.talking))
        return self

    async def __aexit__(self, *_):
        self.task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self.task

    async def talk(self, talking=True):
        self.talking = talking
        self.ducker.look()
        await asyncio.sleep(SLOPE_S)

    def volumes(self, stream):
        return self.mixer.streams[stream].volumes


def kill(room):
    """As kill -9 would: nothing is given back."""
    room.ducker._books.owed = []


def in_a_room(tmp_path, work, **given):
    async def main():
        async with Room(tmp_path, **given) as room:
            return await work(room)

    return virtual_time.run(main())


def test_what_others_play_is_fifteen_decibels_quieter_while_somebody_talks_and_then_as_before(tmp_path):
    async def work(room):
        music, film = room.mixer.begin("music"), room.mixer.begin("film", 40_000, 30_000)
        await room.talk()
        talking = room.volumes(music), room.volumes(film)
        await room.talk(talking=False)
        return talking, (room.volumes(music), room.volumes(film))

    talking, after = in_a_room(tmp_path, work)
    assert talking == (QUIET, ladder((40_000, 30_000), DEPTH_DB, STEPS))
    assert after == ((FULL, FULL), (40_000, 30_000))
    assert QUIET[0] / FULL == pytest.approx(10 ** (-15 / 60), rel=1e-3)
    assert not (tmp_path / "ducked.json").exists()


def test_while_nobody_talks_it_costs_nothing(tmp_path):
    looks = []

    async def main():
        ducker = Ducker(FakeMixer(), DuckingOptions, tmp_path)
        running = asyncio.create_task(ducker.run(lambda: looks.append(virtual_time.now_s())))
        await asyncio.sleep(3600.0)
        ducker.look()
        await asyncio.sleep(3600.0)
        running.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await running

    virtual_time.run(main())
    assert looks == [0.0, 3600.0]


def test_it_comes_back_as_a_slope_and_not_as_a_jump(tmp_path):
    async def work(room):
        music = room.mixer.begin("music")
        await room.talk()
        room.talking, seen = False, []
        for _ in range(400):
            seen.append(room.volumes(music)[0])
            await asyncio.sleep(0.005)
        return list(dict.fromkeys(seen))

    assert in_a_room(tmp_path, work) == [ladder((FULL,), DEPTH_DB, step)[0] for step in range(STEPS, -1, -1)]


def test_what_begins_meanwhile_is_quieter_too(tmp_path):
    async def work(room):
        await room.talk()
        music = room.mixer.begin("music")
        await asyncio.sleep(SLOPE_S)
        talking = room.volumes(music)
        await room.talk(talking=False)
        return talking, room.volumes(music)

    assert in_a_room(tmp_path, work) == (QUIET, (FULL, FULL))


def test_who_turns_it_up_or_down_meanwhile_is_right(tmp_path):
    async def work(room):
        music = room.mixer.begin("music")
        await room.talk()
        room.mixer.turn(music, 50_000, 50_000)
        await asyncio.sleep(SLOPE_S)
        talking = room.volumes(music)
        await room.talk(talking=False)
        after = room.volumes(music)
        await room.talk()
        return talking, after, room.volumes(music)

    chosen = (50_000, 50_000)
    assert in_a_room(tmp_path, work) == (chosen, chosen, ladder(chosen, DEPTH_DB, STEPS))


def test_a_program_whose_sound_ends_while_it_is_quiet_begins_as_loud_as_before(tmp_path):
    async def work(room):
        music = room.mixer.begin("music", 60_000)
        await room.talk()
        room.mixer.end(music)
        await room.talk(talking=False)
        owed = (tmp_path / "ducked.json").exists()
        again = room.mixer.begin("music")
        began = room.volumes(again)
        await asyncio.sleep(SLOPE_S)
        return owed, began, room.volumes(again), (tmp_path / "ducked.json").exists()

    assert in_a_room(tmp_path, work) == (True, ladder((60_000,), DEPTH_DB, STEPS), (60_000,), False)


def test_a_second_sound_of_a_quiet_program_is_not_taken_to_be_quiet_by_nature(tmp_path):
    async def work(room):
        room.mixer.begin("browser")
        await room.talk()
        second = room.mixer.begin("browser")
        await asyncio.sleep(SLOPE_S)
        await room.talk(talking=False)
        return room.volumes(second)

    assert in_a_room(tmp_path, work) == (FULL, FULL)


def test_after_a_kill_the_next_start_gives_back(tmp_path):
    mixer = FakeMixer()

    async def killed(room):
        room.music = mixer.begin("music")
        await room.talk()
        kill(room)

    in_a_room(tmp_path, killed, mixer=mixer)
    assert mixer.streams[1].volumes == QUIET

    async def again(room):
        await asyncio.sleep(SLOPE_S)
        return room.volumes(1)

    assert in_a_room(tmp_path, again, mixer=mixer) == (FULL, FULL)


def test_after_a_kill_what_the_person_has_chosen_since_is_left_alone(tmp_path):
    mixer = FakeMixer()

    async def killed(room):
        mixer.begin("music")
        await room.talk()
        kill(room)

    async def again(room):
        await asyncio.sleep(SLOPE_S)

    in_a_room(tmp_path, killed, mixer=mixer)
    mixer.turn(1, 10_000, 10_000)
    in_a_room(tmp_path, again, mixer=mixer)
    assert mixer.streams[1].volumes == (10_000, 10_000)
    assert not (tmp_path / "ducked.json").exists()


def test_an_orderly_end_gives_back_at_once(tmp_path):
    mixer = FakeMixer()

    async def work(room):
        mixer.begin("music")
        await room.talk()

    in_a_room(tmp_path, work, mixer=mixer)
    assert mixer.streams[1].volumes == (FULL, FULL)


def test_switched_off_it_touches_nothing(tmp_path):
    async def work(room):
        music = room.mixer.begin("music")
        await room.talk()
        return room.volumes(music), room.mixer.sets

    assert in_a_room(tmp_path, work, enabled=False) == ((FULL, FULL), 0)


def test_a_server_that_fails_is_asked_again_and_what_is_owed_is_not_forgotten(tmp_path):
    async def work(room):
        music = room.mixer.begin("music")
        await room.talk()
        room.mixer.failing = True
        await room.talk(talking=False)
        during = room.volumes(music)
        room.mixer.failing = False
        await asyncio.sleep(10)
        return during, room.volumes(music)

    assert in_a_room(tmp_path, work) == (QUIET, (FULL, FULL))


def test_a_file_that_cannot_be_read_stops_nobody(tmp_path):
    (tmp_path / "ducked.json").write_text("{")

    async def work(room):
        music = room.mixer.begin("music")
        await room.talk()
        return room.volumes(music)

    assert in_a_room(tmp_path, work) == QUIET


@given(
    st.lists(st.integers(100, 2 * FULL), min_size=1, max_size=8),
    st.floats(3, 60),
    st.integers(0, STEPS),
    st.integers(-1, 1),
)
def test_a_step_of_the_ladder_is_known_again_though_a_server_rounds(own, depth_db, step, rounding):
    owed = Owed(id=1, program="x", own=tuple(own), depth_db=depth_db)
    assert owed.stands([max(0, volume + rounding) for volume in owed.at(step)])


ACTS = st.lists(
    st.tuples(
        st.sampled_from(["begin", "end", "turn", "quiet", "loud"]), st.integers(0, 2), st.integers(0, 5),
        st.sampled_from([FULL, 52_000, 20_000, 7_000]),
    ),
    max_size=30,
)  # fmt: skip


@given(ACTS)
def test_in_the_end_everybody_is_as_loud_as_before_or_as_the_person_chose(acts):
    """Streams of three programs begin, end and are turned, while we duck; the server remembers by program."""
    books, step, streams, number = Books(), 0, {}, 0
    meant, remembered, meant_of_program = {}, {}, {}  # what each would be without us

    def settle():
        nonlocal step
        for stream, volumes in books.plan(list(streams.values()), step, DEPTH_DB).items():
            streams[stream] = Stream(stream, streams[stream].program, volumes)
            remembered[streams[stream].program] = volumes

    for act, program, which, volume in acts:
        name = f"program {program}"
        if act == "begin":
            number += 1
            streams[number] = Stream(number, name, remembered.setdefault(name, (FULL,)))
            meant[number] = meant_of_program.setdefault(name, (FULL,))
        elif act in {"end", "turn"} and streams:
            number_ = sorted(streams)[which % len(streams)]
            if act == "end":
                del streams[number_]
            else:
                name = streams[number_].program
                streams[number_] = Stream(number_, name, (volume,))
                remembered[name] = meant[number_] = meant_of_program[name] = (volume,)
        elif act == "quiet":
            step = min(STEPS, step + 2)
        elif act == "loud":
            step = max(0, step - 1)
        settle()
    step = 0
    settle()
    settle()
    one_volume_each = all(len({meant[n] for n in streams if streams[n].program == p}) <= 1 for p in remembered)
    if one_volume_each:  # of a program whose sounds differ, the server itself remembers only the last one changed
        assert {n: stream.volumes for n, stream in streams.items()} == {n: meant[n] for n in streams}
    assert all(owed.id not in streams for owed in books.owed)


@given(st.lists(st.integers(0, FULL), max_size=4), st.lists(st.integers(0, FULL), max_size=4))
def test_volumes_of_another_number_of_channels_are_never_alike(one, other):
    assert alike(one, one)
    assert len(one) == len(other) or not alike(one, other)
