"""What is answered about lists, in four languages. Pure data."""

from __future__ import annotations

from typing import Final

SAYS: Final = {
    "en": {
        "added": "Added {items} to {list}.", "there": "That is on {list} already.", "full": "There is no more room.",
        "removed": "Took {items} off {list}.", "not_there": "There is no {items} on {list}.",
        "empty": "There is nothing on {list}.", "read": "On {list}: {items}.", "cleared": "Emptied {list}.",
        "long": "There are {count} things on {list}. The first: {items}.", "and": "and",
        "list": "the {name} list", "list:shopping": "the shopping list", "list:to do": "the to do list",
    },
    "de": {
        "added": "{items} steht auf {list}.", "there": "Das steht schon auf {list}.", "full": "Da ist kein Platz mehr.",
        "removed": "{items} ist von {list} gestrichen.", "not_there": "{items} steht nicht auf {list}.",
        "empty": "Auf {list} steht nichts.", "read": "Auf {list} steht: {items}.", "cleared": "Die Liste ist jetzt leer.",
        "long": "Auf {list} stehen {count} Dinge. Die ersten: {items}.", "and": "und",
        "list": "der Liste {name}", "list:shopping": "der Einkaufsliste", "list:to do": "der Aufgabenliste",
    },
    "fr": {
        "added": "J'ai ajouté à {list} : {items}.", "there": "C'est déjà dans {list}.", "full": "Il n'y a plus de place.",
        "removed": "J'ai retiré de {list} : {items}.", "not_there": "Il n'y a pas {items} dans {list}.",
        "empty": "Il n'y a rien dans {list}.", "read": "Dans {list} : {items}.", "cleared": "J'ai vidé {list}.",
        "long": "Il y a {count} choses dans {list}. Les premières : {items}.", "and": "et",
        "list": "la liste {name}", "list:shopping": "la liste de courses", "list:to do": "la liste de tâches",
    },
    "es": {
        "added": "He añadido {items} a {list}.", "there": "Eso ya está en {list}.", "full": "Ya no cabe nada más.",
        "removed": "He quitado {items} de {list}.", "not_there": "No hay {items} en {list}.",
        "empty": "No hay nada en {list}.", "read": "En {list}: {items}.", "cleared": "He vaciado {list}.",
        "long": "Hay {count} cosas en {list}. Las primeras: {items}.", "and": "y",
        "list": "la lista {name}", "list:shopping": "la lista de la compra", "list:to do": "la lista de tareas",
    },
}  # fmt: skip
