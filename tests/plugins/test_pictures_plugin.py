"""Pictures and the screen, by asking."""

import datetime as dt

import pytest

from homebody.skill import Picture
from plugin_fakes import START
from plugin_house import house

DOG = Picture("/p/dog.jpg", "A brown dog runs along the beach. It is sunny.", START.replace(year=2025, month=7))
BICYCLE = Picture("/p/bicycle.jpg", "A red bicycle leans against a wall.", START)


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
def test_pictures_are_found_and_answered_in_the_language_of_the_question(language, words, found, none, counted):
    ctx = house("pictures")
    ctx.language = language
    caption = {"de": "Ein rotes Fahrrad lehnt an einer Wand.", "fr": "Un vélo rouge est contre un mur.",
               "es": "Una bicicleta roja contra una pared."}[language]  # fmt: skip
    caption = caption[0] + caption[1:].lower()
    ctx.pictures.hung = [Picture("/p/a.jpg", caption, START.replace(year=2025, month=7)), DOG]
    if language == "de":
        words = "das rotes fahrrad"  # captions are words, too: endings are not understood in German
    assert ctx.call("picture_find", words=words).text == found
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
