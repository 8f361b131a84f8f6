"""The store of captions: one row a content, whatever happens to its files."""

import datetime as dt
import json
import sqlite3
from contextlib import closing

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from homebody.captions import exchange
from homebody.captions.indexing import named
from homebody.captions.rows import Caption, Counts, Facts, Stat
from homebody.captions.schema import FILE
from homebody.captions.store import Captions
from homebody.errors import MachineError, UsageError

STAT = Stat(10, 1_700_000_000_000_000_000)


def facts(letter, **more):
    return Facts(sha256=letter * 64, size_bytes=10, **more)


@pytest.fixture
def store(tmp_path):
    with closing(Captions(tmp_path)) as store:
        yield store


def test_a_copy_and_a_new_name_are_the_same_image_and_keep_its_caption(store):
    known = store.found("/p/a.jpg", STAT, facts("a"))
    store.captioned(known.id, Caption(caption="A cat.", tags=("cat",), model="m", prompt_version="2"))
    again = store.found("/p/copy.jpg", STAT, facts("a"))
    store.lies("/p/renamed.jpg", STAT, known.id)
    store.gone(["/p/a.jpg"])
    assert (again.id, again.state) == (known.id, "captioned")
    (row,) = store.rows()
    assert sorted(row.paths) == ["/p/a.jpg", "/p/copy.jpg", "/p/renamed.jpg"]
    assert (row.gone, row.caption, row.tags, row.model) == (("/p/a.jpg",), "A cat.", ("cat",), "m")


def test_another_content_at_a_path_is_another_image_and_the_first_lies_there_no_more(store):
    first = store.found("/p/a.jpg", STAT, facts("a"))
    second = store.found("/p/a.jpg", STAT, facts("b"))
    assert first.id != second.id
    assert store.path("/p/a.jpg").image.id == second.id
    assert store.row(first.id).paths == {}


def test_what_is_set_aside_has_a_reason_and_is_tried_again_when_asked(store):
    store.refused("/p/bad.jpg", STAT, "It is truncated.")
    known = store.found("/p/odd.jpg", STAT, facts("a"))
    store.refused("/p/odd.jpg", STAT, "The model said nothing.", known.id)
    assert {refusal.path: refusal.reason for refusal in store.refusals()} == {
        "/p/bad.jpg": "It is truncated.",
        "/p/odd.jpg": "The model said nothing.",
    }
    assert store.counts() == Counts(refused=2)
    assert store.retry() == 2
    assert store.counts() == Counts(waiting=1)


def test_recaptioning_keeps_the_caption_until_a_new_one_comes_even_if_none_does(store):
    known = store.found("/p/a.jpg", STAT, facts("a"))
    store.captioned(known.id, Caption(caption="A cat.", model="old"))
    assert store.recaption(path="/p") == 1
    assert (store.row(known.id).state, store.row(known.id).caption) == ("waiting", "A cat.")
    store.refused("/p/a.jpg", STAT, "The model broke off.", known.id)
    assert (store.row(known.id).state, store.row(known.id).caption) == ("captioned", "A cat.")


def test_recaptioning_picks_by_folder_time_and_model(tmp_path):
    now = [dt.datetime(2026, 1, 1, tzinfo=dt.UTC)]
    with closing(Captions(tmp_path, now=lambda: now[0])) as store:
        for letter, folder, model in (("a", "x", "old"), ("b", "x", "new"), ("c", "xy", "new")):
            known = store.found(f"/p/{folder}/{letter}.jpg", STAT, facts(letter))
            store.captioned(known.id, Caption(caption=letter, model=model))
            now[0] += dt.timedelta(days=10)

        def waiting():
            found = "".join(row.caption for row in store.rows() if row.state == "waiting")
            for row in list(store.rows()):
                if row.state == "waiting":
                    store.refused("", STAT, "", store.image(row.sha256).id)
            return found

        assert (store.recaption(path="/p/x"), waiting()) == (2, "ab")
        assert (store.recaption(path="/p/x/a.jpg"), waiting()) == (1, "a")
        assert (store.recaption(model_older=True), waiting()) == (1, "a")
        assert (store.recaption(since=dt.datetime(2026, 1, 5, tzinfo=dt.UTC)), waiting()) == (2, "bc")


@given(st.integers(0, 2**64 - 1))
def test_a_perceptual_hash_comes_out_as_it_went_in(value):
    from homebody.captions.store import _signed

    assert -(2**63) <= _signed(value) < 2**63
    assert _signed(value) & (2**64 - 1) == value


operations = st.lists(
    st.tuples(
        st.sampled_from(["found", "gone", "captioned", "refused", "retry"]), st.integers(0, 3), st.sampled_from("ab")
    ),
    max_size=12,
)


@pytest.mark.lengthy
@settings(max_examples=15)
@given(operations)
def test_whatever_happens_there_is_one_row_a_content_and_counts_are_right(tmp_path_factory, steps):
    with closing(Captions(tmp_path_factory.mktemp("store"))) as store:
        here, seen, captioned = {}, set(), set()
        for what, number, letter in steps:
            path = f"/p/{number}.jpg"
            if what == "found":
                store.found(path, STAT, facts(letter))
                here[path] = letter
                seen.add(letter)
            elif what == "gone":
                store.gone([path])
                here.pop(path, None)
            elif what == "captioned" and letter in seen:
                store.captioned(store.image(letter * 64).id, Caption(caption=letter))
                captioned.add(letter)
            elif what == "refused":
                store.refused(path, STAT, "why")
                here.pop(path, None)
            elif what == "retry":
                store.retry()
        rows = {row.sha256[0]: row for row in store.rows()}
        assert set(rows) == seen
        assert {letter for letter, row in rows.items() if row.caption} == captioned
        assert store.counts().captioned == sum(letter in captioned for letter in here.values())
        for letter, row in rows.items():
            assert {p for p in row.paths if p not in row.gone} == {p for p, lies in here.items() if lies == letter}


def test_an_export_read_in_elsewhere_brings_the_captions_along_once(tmp_path, store):
    known = store.found(
        "/p/a.jpg", STAT, facts("a", perceptual_hash=2**64 - 1, camera="X", taken_at=dt.datetime(2020, 1, 1))
    )
    store.captioned(known.id, Caption(caption="A cat.", tags=("cat",)))
    store.read(known.id, "words")
    store.found("/p/b.jpg", STAT, facts("b"))
    path = tmp_path / "captions.jsonl"
    assert exchange.export(store.rows(), path) == 2
    assert [json.loads(line)["sha256"][0] for line in path.read_text().splitlines()] == ["a", "b"]
    with closing(Captions(tmp_path / "other")) as other:
        assert exchange.take(path, other) == (2, 0)
        assert exchange.take(path, other) == (0, 2)
        first, second = other.rows()
        assert (first.caption, first.tags, first.ocr, first.camera) == ("A cat.", ("cat",), "words", "X")
        assert (first.perceptual_hash, first.gone, second.state) == (2**64 - 1, ("/p/a.jpg",), "waiting")
        assert other.found("/q/a.jpg", STAT, facts("a")).state == "captioned"


def test_a_line_that_is_no_caption_is_named(tmp_path, store):
    path = tmp_path / "captions.jsonl"
    path.write_text("\n{}\n")
    with pytest.raises(UsageError, match="line 2"):
        exchange.take(path, store)


def test_a_store_of_a_newer_homebody_is_refused_and_a_damaged_one_is_set_aside(tmp_path):
    Captions(tmp_path).close()
    with closing(sqlite3.connect(tmp_path / FILE)) as db:
        db.execute("INSERT INTO migration VALUES ('m999_later', '')")
        db.commit()
    with pytest.raises(MachineError, match="newer"):
        Captions(tmp_path)
    (tmp_path / FILE).write_bytes(b"not a database" * 100)
    with closing(Captions(tmp_path)) as store:
        assert "captions" in store.problems[0].problem


def test_a_name_is_found_by_its_words_and_its_folder():
    assert named("/p/Rome 2019/RedBicycle_03.jpg").split() == ["Rome", "2019", "RedBicycle", "03", "Red", "Bicycle"]
