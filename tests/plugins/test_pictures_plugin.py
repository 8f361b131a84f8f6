"""Pictures and the screen, by asking."""

import datetime as dt
from contextlib import closing

import pytest

from homebody.captions.rows import Caption, Facts, Stat
from homebody.captions.search import CaptionSearch
from homebody.captions.store import Captions
from homebody.skill import Picture
from plugin_fakes import START
from plugin_house import house, intents, say

DOG = Picture("/p/dog.jpg", "A brown dog runs along the beach. It is sunny.", START.replace(year=2025, month=7))
BICYCLE = Picture("/p/bicycle.jpg", "A red bicycle leans against a wall.", START)


SAME_WORDS = {
    "de": ("dem roten Fahrrad", "rote Fahrräder?"),
    "fr": ("les vélos rouges", "d'un velo rouge"),
    "es": ("las bicicletas rojas", "una bicicleta roja en la pared"),
}  # fmt: skip


def pictures():
    ctx = house("pictures")
    ctx.pictures.hung = [DOG, BICYCLE]
    return ctx


def test_the_best_match_is_said_in_one_sentence_and_shown_when_asked():
    ctx = pictures()
    reply = ctx.call("picture_find", words="dog on the beach")
    assert reply.text == "It is the one from July 2025: a brown dog runs along the beach."
    assert (reply.value["path"], reply.value["total"]) == ("/p/dog.jpg", 1)
    assert ctx.call("picture_show").text == "Here it is."
    assert ctx.pictures.shown == ["/p/dog.jpg"]


@pytest.mark.parametrize(("language", "start"), [("en", "Which picture?"), ("de", "Welches Bild?"),
                                                 ("fr", "Quelle photo ?"), ("es", "¿Qué foto?")])  # fmt: skip
def test_show_me_asks_which_where_nothing_was_found_lately(language, start):
    ctx = pictures()
    ctx.language = language
    assert ctx.call("picture_show").text.startswith(start)
    ctx.call("picture_find", words="red bicycle")
    ctx.now += dt.timedelta(minutes=11)
    assert ctx.call("picture_show").text.startswith(start)
    assert ctx.pictures.shown == []


def test_a_picture_is_shown_at_once_when_it_is_named():
    ctx = pictures()
    assert ctx.call("picture_show", words="red bicycle").value == {"path": "/p/bicycle.jpg", "shown": True}


@pytest.mark.parametrize(("latest", "next_", "last"), [
    ("show me the latest picture", "the next picture", "That was the last one."),
    ("zeig mir das neueste Bild", "zeig mir das nächste", "Das war das letzte."),
    ("montre moi la dernière photo", "la photo suivante", "C'était la dernière."),
    ("muéstrame la última foto", "la siguiente foto", "Era la última."),
])  # fmt: skip
def test_the_latest_is_shown_and_then_the_next(latest, next_, last):
    ctx = house()
    ctx.pictures.hung = [DOG, BICYCLE]
    assert say(ctx, latest).value == {"path": "/p/dog.jpg", "shown": True}
    assert say(ctx, next_).value == {"path": "/p/bicycle.jpg", "shown": True}
    assert say(ctx, next_).text == last
    assert ctx.pictures.shown == ["/p/dog.jpg", "/p/bicycle.jpg"]


def test_the_next_is_that_after_what_was_found_and_show_me_is_what_was_shown_last():
    ctx = house()
    ctx.pictures.hung = [BICYCLE, DOG, Picture("/p/two.jpg", "A red bicycle on a bridge.", START)]
    assert say(ctx, "which picture had the red bicycle").value["total"] == 2
    assert say(ctx, "show me the next one").value["path"] == "/p/two.jpg"
    assert say(ctx, "show me").value["path"] == "/p/two.jpg"
    assert say(ctx, "show me the picture of the dog").value["path"] == "/p/dog.jpg"
    assert say(ctx, "show me").value["path"] == "/p/dog.jpg"


@pytest.mark.parametrize(("asked", "skill", "path"), [
    ("do you have a picture of a bicycle", "picture_find", "/p/bicycle.jpg"),
    ("what pictures do i have of the dog", "picture_find", "/p/dog.jpg"),
    ("find my dog pictures", "picture_find", "/p/dog.jpg"),
    ("show me my dog picture", "picture_show", "/p/dog.jpg"),
    ("show me the last photo of the bicycle", "picture_show", "/p/bicycle.jpg"),
    ("hast du ein Bild von bicycle", "picture_find", "/p/bicycle.jpg"),
    ("welche Bilder habe ich von bicycle", "picture_find", "/p/bicycle.jpg"),
])  # fmt: skip
def test_pictures_are_asked_for_in_other_words_too(asked, skill, path):
    ctx = house()
    ctx.pictures.hung = [BICYCLE, DOG]
    assert intents().match(asked)[0].skill == skill
    assert say(ctx, asked).value["path"] == path


@pytest.mark.parametrize(("language", "waiting", "said"), [
    ("en", 7, "I found no picture of whale. 7 pictures are not described yet."),
    ("de", 1, "Ich finde kein Bild dazu: whale. Ein Bild ist noch nicht beschrieben."),
    ("fr", 2, "Je ne trouve pas de photo pour : whale. 2 photos ne sont pas encore décrites."),
    ("es", 0, "No encuentro ninguna foto de: whale."),
])  # fmt: skip
def test_where_nothing_is_found_it_is_said_how_many_nobody_has_looked_at_yet(language, waiting, said):
    ctx = pictures()
    ctx.language = language
    ctx.pictures.waiting = lambda: (waiting, 2)
    assert ctx.call("picture_find", words="whale").text == said
    assert ctx.call("picture_show", words="whale").text == said


def test_where_no_gallery_runs_or_there_is_no_picture_at_all_that_is_said():
    ctx = house("pictures")
    assert ctx.call("picture_show", which="latest").text.startswith("I know of no pictures yet.")
    ctx.pictures.refuses, ctx.pictures.refusal = "No gallery service is attached.", "not_found"
    assert ctx.call("picture_find", words="whale").text == (
        "I found no picture of whale. The gallery does not run. It runs as soon as a folder is watched."
    )


@pytest.mark.parametrize(
    ("language", "said"),
    [("en", "There is no screen to show it on."), ("de", "Hier gibt es keinen Bildschirm"),
     ("fr", "Il n'y a pas ici d'écran"), ("es", "Aquí no hay pantalla")],
)  # fmt: skip
def test_a_picture_that_cannot_be_shown_is_not_called_a_screen_that_cannot_be_seen(language, said):
    ctx = pictures()
    ctx.language = language
    ctx.pictures.refuses, ctx.pictures.refusal = "There is no screen to show it on.", "capability"
    assert ctx.call("picture_show", words="red bicycle").text.startswith(said)


def test_what_is_not_there_is_said():
    ctx = pictures()
    assert ctx.call("picture_find", words="green whale").text == "I found no picture of green whale."
    ctx.pictures.refuses = "There is no screen to show it on."
    assert ctx.call("picture_show", words="red bicycle").text == "There is no screen to show it on."
    ctx.screen.refuses = "There is no screen here."
    for name in ("screen_ask", "screen_read", "screenshot"):
        assert ctx.call(name).text == "There is no screen here."


def test_counting_and_looking():
    ctx = pictures()
    assert ctx.call("picture_count").text == "2 pictures are described, and none is waiting."
    assert ctx.call("screen_ask").text == "A terminal with an error."
    assert ctx.call("screen_read").text == "A terminal with an error."
    assert "word for word" in ctx.screen.asked[1]
    assert ctx.call("screenshot").value == {"file": "/home/anna/Pictures/Screenshots/homebody.png"}


@pytest.mark.parametrize(
    ("language", "words", "found", "none", "counted"),
    [
        ("de", "das rote fahrrad", "Es ist das vom Juli 2025: ein rotes fahrrad lehnt an einer wand.",
         "Ich finde kein Bild dazu: ein grüner wal.", "2 Bilder sind beschrieben und keines wartet."),
        ("fr", "le vélo rouge", "C'est celle de juillet 2025 : un vélo rouge est contre un mur.",
         "Je ne trouve pas de photo pour : une baleine verte.", "2 photos sont décrites et aucune n'attend."),
        ("es", "la bicicleta roja", "Es la de julio de 2025: una bicicleta roja contra una pared.",
         "No encuentro ninguna foto de: una ballena verde.", "2 fotos están descritas y ninguna espera."),
    ],
)  # fmt: skip
def test_pictures_are_found_and_answered_in_the_language_of_the_question(
    language, words, found, none, counted, tmp_path
):
    ctx = house("pictures")
    ctx.language = language
    caption = {"de": "Ein rotes Fahrrad lehnt an einer Wand.", "fr": "Un vélo rouge est contre un mur.",
               "es": "Una bicicleta roja contra una pared."}[language]  # fmt: skip
    caption = caption[0] + caption[1:].lower()
    ctx.pictures.hung = [Picture("/p/a.jpg", caption, START.replace(year=2025, month=7)), DOG]
    with closing(Captions(tmp_path)) as store:
        for number, one in enumerate(ctx.pictures.hung):
            known = store.found(one.path, Stat(number, number), Facts(sha256=str(number), size_bytes=1))
            store.captioned(known.id, Caption(caption=one.caption))
    with closing(CaptionSearch(tmp_path)) as search:  # as `homebody search`: the same rows

        def searched(words, limit=3):
            hits = search.find(words, limit=limit)
            by_path = {one.path: one for one in ctx.pictures.hung}
            return [by_path[hit.path] for hit in hits.rows], hits.total

        ctx.pictures.search = searched
        assert ctx.call("picture_find", words=words).text == found
        for more in SAME_WORDS[language]:
            assert ctx.call("picture_find", words=more).value["path"] == "/p/a.jpg"
        absent = none.partition(": ")[2].rstrip(".")
        assert ctx.call("picture_find", words=absent).text == none
    assert ctx.call("picture_count").text == counted
    ctx.call("screen_ask")
    assert {"de": "Deutsch", "fr": "français", "es": "español"}[language] in ctx.screen.asked[0]


@pytest.mark.parametrize(("language", "start"), [("en", "The gallery"), ("de", "Die Galerie"), ("fr", "La galerie"),
                                                 ("es", "La galería")])  # fmt: skip
def test_a_gallery_that_does_not_run_is_said_in_the_language_of_the_question(language, start):
    ctx = pictures()
    ctx.language = language
    ctx.screen.refuses, ctx.screen.refusal = "No gallery service is attached.", "not_found"
    assert ctx.call("screen_ask").text.startswith(start)
    ctx.screen.refuses, ctx.screen.refusal = "A sentence of its own.", "disk_full"
    assert ctx.call("screenshot").text == "A sentence of its own."
