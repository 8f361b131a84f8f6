"""What is answered about pictures and the screen, and what a model that sees is asked, in four languages. Pure data."""

from __future__ import annotations

import re
from typing import Final

SAYS: Final = {
    "en": {
        "none": "I found no picture of {words}.",
        "only": "It is the one{when}: {caption}.",
        "best": "The best of {total} is the one{when}: {caption}.",
        "undescribed": "not described yet",
        "shown": "Here it is.",
        "described": "{captioned} pictures are described",
        "described:1": "1 picture is described",
        "left": ", and {waiting} are waiting.",
        "left:1": ", and 1 is waiting.",
        "left:0": ", and none is waiting.",
        "nothing": "I see nothing on it.",
        "kept": "I took a screenshot. It is among your pictures.",
        "today": " from today",
        "yesterday": " from yesterday",
        "month": " from {month}",
        "look": "What is on this screen? Answer in two short sentences to be spoken aloud.",
        "read": "Read out the error or message on this screen, word for word. If there is none, say in one sentence "
        "what is.",
    },
    "de": {
        "none": "Ich finde kein Bild dazu: {words}.",
        "only": "Es ist das{when}: {caption}.",
        "best": "Von {total} passt am besten das{when}: {caption}.",
        "undescribed": "noch nicht beschrieben",
        "shown": "Hier ist es.",
        "described": "{captioned} Bilder sind beschrieben",
        "described:1": "Ein Bild ist beschrieben",
        "left": " und {waiting} warten noch.",
        "left:1": " und eines wartet noch.",
        "left:0": " und keines wartet.",
        "nothing": "Ich sehe nichts darauf.",
        "kept": "Das Bildschirmfoto ist gemacht. Es liegt bei deinen Bildern.",
        "today": " von heute",
        "yesterday": " von gestern",
        "month": " vom {month}",
        "look": "Was ist auf diesem Bildschirm? Antworte auf Deutsch in zwei kurzen Sätzen, die vorgelesen werden.",
        "read": "Lies den Fehler oder die Meldung auf diesem Bildschirm Wort für Wort vor. Wenn keine da ist, sage auf "
        "Deutsch in einem Satz, was da ist.",
    },
    "fr": {
        "none": "Je ne trouve pas de photo pour : {words}.",
        "only": "C'est celle{when} : {caption}.",
        "best": "La meilleure des {total} est celle{when} : {caption}.",
        "undescribed": "pas encore décrite",
        "shown": "La voici.",
        "described": "{captioned} photos sont décrites",
        "described:1": "Une photo est décrite",
        "left": " et {waiting} attendent.",
        "left:1": " et une attend.",
        "left:0": " et aucune n'attend.",
        "nothing": "Je n'y vois rien.",
        "kept": "La capture d'écran est faite. Elle est parmi vos images.",
        "today": " d'aujourd'hui",
        "yesterday": " d'hier",
        "month": " {month}",
        "look": "Qu'y a-t-il sur cet écran ? Réponds en français, en deux phrases courtes, lues à voix haute.",
        "read": "Lis l'erreur ou le message sur cet écran, mot à mot. S'il n'y en a pas, dis en français, en une "
        "phrase, ce qu'il y a.",
    },
    "es": {
        "none": "No encuentro ninguna foto de: {words}.",
        "only": "Es la{when}: {caption}.",
        "best": "La mejor de {total} es la{when}: {caption}.",
        "undescribed": "todavía sin descripción",
        "shown": "Aquí está.",
        "described": "{captioned} fotos están descritas",
        "described:1": "Una foto está descrita",
        "left": " y {waiting} esperan.",
        "left:1": " y una espera.",
        "left:0": " y ninguna espera.",
        "nothing": "No veo nada en ella.",
        "kept": "He hecho una captura de pantalla. Está entre tus imágenes.",
        "today": " de hoy",
        "yesterday": " de ayer",
        "month": " de {month}",
        "look": "¿Qué hay en esta pantalla? Responde en español con dos frases cortas que se leerán en voz alta.",
        "read": "Lee el error o el mensaje de esta pantalla palabra por palabra. Si no hay ninguno, di en español en "
        "una frase qué hay.",
    },
}
MONTHS: Final = {
    "en": ("January", "February", "March", "April", "May", "June", "July", "August", "September", "October",
           "November", "December"),
    "de": ("Januar", "Februar", "März", "April", "Mai", "Juni", "Juli", "August", "September", "Oktober", "November",
           "Dezember"),
    "fr": ("de janvier", "de février", "de mars", "d'avril", "de mai", "de juin", "de juillet", "d'août",
           "de septembre", "d'octobre", "de novembre", "de décembre"),
    "es": ("enero", "febrero", "marzo", "abril", "mayo", "junio", "julio", "agosto", "septiembre", "octubre",
           "noviembre", "diciembre"),
}  # fmt: skip
YEAR: Final = {"en": "{month} {year}", "de": "{month} {year}", "fr": "{month} {year}", "es": "{month} de {year}"}
# Words in front of a thing that no caption need have; English ones the search knows by itself.
ARTICLES: Final = {
    "en": re.compile(r"(?!)"),
    "de": re.compile(r"\b(?:der|die|das|dem|den|des|ein|eine|einem|einen|einer|mein|meine|meinem|am|im|beim)\b"),
    "fr": re.compile(r"\b(?:le|la|les|un|une|des|du|de|mon|ma|mes|sur|dans|avec)\b|\b[ld]'"),
    "es": re.compile(r"\b(?:el|la|los|las|un|una|unos|unas|del|de|mi|mis|en|con)\b"),
}
