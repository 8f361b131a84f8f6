"""Finding pictures: what is typed, and what comes back."""

import datetime as dt
import sqlite3
from contextlib import closing

import pytest
from hypothesis import given
from hypothesis import strategies as st

from homebody.bench.search import made, measure
from homebody.captions.query import parsed
from homebody.captions.rows import Caption, Facts, Stat
from homebody.captions.search import CANDIDATE_LIMIT, CaptionSearch
from homebody.captions.stems import folded
from homebody.captions.stems import words as words_of
from homebody.captions.store import Captions

NOW = dt.datetime(2026, 11, 22, 10, 30, tzinfo=dt.UTC)


@pytest.fixture
def store(tmp_path):
    with closing(Captions(tmp_path, now=lambda: NOW)) as store:
        yield store


@pytest.fixture
def search(tmp_path):
    with closing(CaptionSearch(tmp_path, zone=dt.UTC, now=lambda: NOW)) as search:
        yield search


def add(store, path, caption, *, days_ago=1.0, tags=(), ocr=""):
    number = len(store.paths())
    taken = NOW - dt.timedelta(days=days_ago)
    facts = Facts(sha256=f"{number:064x}", size_bytes=number, taken_at=taken)
    known = store.found(path, Stat(number, number), facts)
    store.captioned(known.id, Caption(caption=caption, tags=tags))
    if ocr:
        store.read(known.id, ocr)
    return known.id


def paths(hits):
    return [hit.path for hit in hits.rows]


@pytest.mark.parametrize(
    "words",
    ["red bicycle", "bicycles", "leaning", "which picture had the red bicycle?", "bicy*", "bicycl*", '"red bicycle"',
     "Bicycle wall", "rome", "RedBike", "wheel", "pedals", "bicycle yesterday", "bicycle's", "red -car",
     "zeppelin bicycle"],
)  # fmt: skip
def test_a_picture_is_found_by_its_caption_tags_name_folder_text_and_day_in_any_form(store, search, words):
    add(store, "/p/Rome 2019/RedBike_03.jpg", "A red bicycle leans on a wall.", tags=("wheel",), ocr="sale of pedals")
    add(store, "/p/x.jpg", "A blue car.", days_ago=40)
    assert paths(search.find(words))[:1] == ["/p/Rome 2019/RedBike_03.jpg"]


@pytest.mark.parametrize(
    "words", ["zeppelin", '"bicycle red"', "bicycle -wall", "bicycle in march", "???", '"', "cyc*"]
)
def test_what_is_not_there_is_not_found(store, search, words):
    add(store, "/p/a.jpg", "A red bicycle leans on a wall.")
    assert search.find(words).rows == ()


def test_a_word_of_the_caption_ranks_before_one_in_the_text_and_new_before_old(store, search):
    add(store, "/p/old.jpg", "A dog on a beach.", days_ago=4000)
    add(store, "/p/text.jpg", "A page of a newspaper.", ocr="the dog bit the postman " * 3)
    add(store, "/p/new.jpg", "A dog on a beach.", days_ago=2)
    for number in range(20):
        add(store, f"/p/other{number}.jpg", "A cup of tea.")
    assert paths(search.find("dog")) == ["/p/new.jpg", "/p/old.jpg", "/p/text.jpg"]


def test_folder_time_limit_and_offset_narrow_an_answer_and_total_counts_all(store, search):
    for number in range(6):
        add(store, f"/p/{'a' if number % 2 else 'ab'}/{number}.jpg", "A cat.", days_ago=number * 10)
    assert paths(search.find("cat", folder="/p/a")) == ["/p/a/1.jpg", "/p/a/3.jpg", "/p/a/5.jpg"]
    assert search.find("cat", since=NOW - dt.timedelta(days=25)).total == 3
    assert search.find("cat", until=NOW - dt.timedelta(days=25)).total == 3
    assert paths(search.find("", limit=2, offset=1)) == ["/p/a/1.jpg", "/p/ab/2.jpg"]
    assert (search.find("cat", limit=1).total, len(search.find("cat", limit=1).rows)) == (6, 1)


def test_what_was_deleted_is_found_only_when_asked_for_and_says_so(store, search):
    add(store, "/p/a.jpg", "A cat.")
    store.gone(["/p/a.jpg"])
    assert search.find("cat").rows == ()
    (hit,) = search.find("cat", gone=True).rows
    assert (hit.path, hit.gone) == ("/p/a.jpg", True)


def test_before_there_is_a_store_nothing_is_found_and_afterwards_it_is(tmp_path, search):
    assert search.find("cat").total == 0
    with closing(Captions(tmp_path)) as store:
        add(store, "/p/a.jpg", "A cat.")
        assert search.find("cat").total == 1


LANGUAGES = {
    "/de/a.jpg": ("Zwei rote Fahrräder lehnen an einer grünen Wand in der Straße.", ("Fahrräder", "Häuser")),
    "/fr/a.jpg": ("Deux vélos rouges sont posés contre les murs d'une vieille église.", ("vélos", "animaux")),
    "/es/a.jpg": ("Dos bicicletas rojas apoyadas en la pared de una casa pequeña, con niños.", ("bicicletas",)),
    "/en/a.jpg": ("Two red bicycles lean on the walls; children and a plane.", ("bicycles",)),
}


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("rotes fahrrad", "de"), ("auf welchem Bild ist das rote Fahrrad?", "de"), ("fahrraeder", "de"),
        ("fahrraed*", "de"), ("gruene wand", "de"), ("grüner", "de"), ("strasse", "de"), ("STRASSEN", "de"),
        ("haus", "de"), ('"rotes fahrrad"', "de"), ("das Foto mit den Fahrrädern von gestern", "de"),
        ("vélo rouge", "fr"), ("velo", "fr"), ("sur quelle photo est le vélo rouge ?", "fr"), ("eglises", "fr"),
        ("l'église", "fr"), ("animal", "fr"), ("la photo du vélo rouge d'hier", "fr"),
        ("bicicleta roja", "es"), ("¿en qué foto sale la bicicleta roja?", "es"), ("niño", "es"), ("nino", "es"),
        ("casas pequenas", "es"), ("la foto de la bicicleta de ayer", "es"),
        ("red bicycle", "en"), ("leaning", "en"), ("child", "en"), ("planes", "en"),
    ],
)  # fmt: skip
def test_a_word_is_found_in_any_form_in_the_language_of_the_caption_with_or_without_its_accents(
    store, search, words, found
):
    for path, (caption, tags) in LANGUAGES.items():
        add(store, path, caption, tags=tags)
    assert paths(search.find(words)) == [f"/{found}/a.jpg"]


@pytest.mark.parametrize("words", ["plan", "lea", "walls -wall", "planer"])
def test_the_endings_of_one_language_are_not_taken_off_the_words_of_another(store, search, words):
    add(store, "/en/a.jpg", LANGUAGES["/en/a.jpg"][0])
    assert search.find(words).rows == ()


def test_a_hat_is_a_hat_and_who_has_it_is_not_asked(store, search):
    add(store, "/p/hat.jpg", "A man with a red hat.")
    add(store, "/p/war.jpg", "A red poster about the war.")
    add(store, "/p/hund.jpg", "Der Hund hat einen Ball.")
    assert paths(search.find("red hat")) == ["/p/hat.jpg"]
    assert paths(search.find("war poster")) == ["/p/war.jpg"]
    assert paths(search.find("welches Bild hat den Hund und den Ball")) == ["/p/hund.jpg"]


def test_a_name_as_macos_writes_it_and_one_as_a_person_does_are_the_same(store, search):
    add(store, "/p/Mu\u0308nchen/Tu\u0308r_1.jpg", "A door.")
    add(store, "/p/x.jpg", "A window.")
    for words in ("münchen", "munchen", "tür", "t\u00fcren"):
        assert paths(search.find(words)) == ["/p/Mu\u0308nchen/Tu\u0308r_1.jpg"], words


def test_a_word_that_is_still_being_typed_is_found_by_its_beginning_and_whole_in_any_form(store, search):
    add(store, "/p/a.jpg", "A red bicycle leans on a wall.")
    for words in ("bic", "red bicy", "red b", "bicycles", "wall bicycle"):
        assert paths(search.find(words, begun=True)) == ["/p/a.jpg"], words
    for words in ("bic ", "-bic", "bic"):
        assert search.find(words).rows == ()
    assert search.find("bic ", begun=True).rows == ()


@given(st.text(max_size=60))
def test_each_of_our_words_is_one_of_the_index(text):
    with closing(sqlite3.connect(":memory:")) as db:
        db.execute("CREATE VIRTUAL TABLE words USING fts5 (caption, tokenize = 'unicode61 remove_diacritics 0')")
        db.execute("CREATE VIRTUAL TABLE vocabulary USING fts5vocab (words, row)")
        ours = [folded(word) for word in words_of(text)]
        db.execute("INSERT INTO words VALUES (?)", (" ".join(ours),))
        if ours:
            wanted = " AND ".join(f'"{word}"' for word in ours)
            assert db.execute("SELECT count(*) FROM words WHERE words MATCH ?", (wanted,)).fetchone() == (1,)


@given(st.text(max_size=60))
def test_nothing_a_person_types_is_syntax(words):
    match = parsed(words, NOW.replace(tzinfo=None)).match()
    with closing(sqlite3.connect(":memory:")) as db:
        db.execute("CREATE VIRTUAL TABLE words USING fts5 (caption)")
        if match:
            db.execute("SELECT 1 FROM words WHERE words MATCH ?", (match,)).fetchall()


@pytest.mark.lengthy
def test_of_very_many_matches_the_latest_are_ranked_and_counted_so_far(tmp_path, store, search):
    made(store, CANDIDATE_LIMIT + 200)
    assert search.find("people").total == CANDIDATE_LIMIT


def test_the_bench_measures_every_kind_of_search():
    report = measure(300, 20)
    assert len(report.kinds) == 10
    assert report.all.count == 20
