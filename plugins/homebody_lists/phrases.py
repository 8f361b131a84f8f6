"""How people talk about lists: sentence templates in four languages, in hassil's syntax. Pure data."""

from __future__ import annotations

import re
from typing import Any, Final

NAME: Final = (
    r"^(?!(?:the|my|a|an|our|this|that|all|some|any|your|first|long|der|die|das|eine?|la|le|les|une?|el|los|su)\b)"
    r"[^\W\d][\w']*(?: [\w']+){0,2}$|^$"
)
ARTICLES: Final = re.compile(
    r"^(?:some|a|an|the|more|another|etwas|noch|den|die|das|eine[nr]?|ein|du|des|de la|de l'|un peu de|un|une|le|les|"
    r"unos|unas|una|los|las|el|la) (?=\S)|^(?:d'|l')"
)
# "Also", which is said before or behind a thing and is none.
ALSO: Final = re.compile(
    r"^(?:also|auch noch|auch|aussi|también) (?=\S)|(?<=\S) (?:too|as well|also|again|auch noch|auch|aussi|también)$"
)
OFF: Final[dict[str, Any]] = {"values": [{"in": word, "out": True} for word in ("off", "runter", "weg", "herunter")]}
TAKES: Final[dict[str, dict[str, Any]]] = {
    language: {"values": [{"in": words, "out": True}]}
    for language, words in {
        "en": "(remove|delete|take off|cross off|tick off)", "de": "(streich|streiche)",
        "fr": "(enlève|retire|supprime)", "es": "(quita|tacha|elimina)",
    }.items()
}  # fmt: skip
# "Milk to the shopping list and", in front of another list.
BOTH: Final = re.compile(r"(.+) (?:to|on|onto) (?:the|my|our) (?:([\w' ]+) )?list and")
# Words that put something on the list that was read out last, whatever was changed.
ADDS: Final = re.compile(
    r"(?:(?:and|und|et|y) )?(?:also )?(?:add|put|füge?|setze?|schreibe?|packe?|ajoute|rajoute|añade|agrega|apunta)\b"
)
SAME: Final = {
    "grocery": "shopping", "groceries": "shopping", "einkaufs": "shopping", "einkauf": "shopping",
    "courses": "shopping", "de courses": "shopping", "compra": "shopping", "de compras": "shopping",
    "de la compra": "shopping", "todo": "to do", "to-do": "to do", "task": "to do", "tasks": "to do",
    "aufgaben": "to do", "de tâches": "to do", "de tareas": "to do", "tareas": "to do", "tâches": "to do",
}  # fmt: skip
RULES: Final = {
    "en": {"the": "[the|my|our|a]", "list": "(<the> {name} list|<the> list|<the> {shop:name}|<the> list of {name})"},
    "de": {"liste": "([der|die|meine|meiner|unsere|unserer] {shop:name}|[der|die|meine|meiner] liste [{name}]|"
                    "[die|der] [zur] {shop:name} [dazu])"},
    "fr": {"liste": "([la|ma|notre] liste {shop:name}|[la|ma|notre] liste [{name}])"},
    "es": {"lista": "([la|mi|nuestra] lista {shop:name}|[la|mi|nuestra] lista [de {name}])"},
}  # fmt: skip


def _lists(language: str, shopping: str, tasks: str, lists: str) -> dict[str, Any]:
    return {
        "shop": {"values": [{"in": shopping, "out": "shopping"}, {"in": tasks, "out": "to do"}]},
        "lists": {"values": [{"in": lists, "out": True}]},
        "off": OFF,
        "takes": TAKES[language],
    }


LISTS: Final = {
    "en": _lists("en", "(shopping list|grocery list|groceries)", "(to do list|todo list|to do s|task list)", "lists"),
    "de": _lists("de", "(einkaufsliste|einkaufszettel|einkaufs liste)", "(aufgabenliste|to do liste|todo liste)",
                 "listen"),
    "fr": _lists("fr", "(de courses|des courses|d' achats)", "(de tâches|des tâches)", "listes"),
    "es": _lists("es", "(de la compra|de compras|de compra)", "(de tareas)", "listas"),
}  # fmt: skip
ADD: Final = {
    "en": ("(add|put|write|note) {item} (to|on|onto|in) <list>", "(add|put) (to|on) <list> {item}",
           "i (need|want) {item} on <list>"),
    "de": ("(setz|setze|schreib|schreibe|pack|füg|füge|tu|notiere) {item} (auf|zu|zur|in) <liste> [hinzu]",
           "(setz|setze|schreib|schreibe) (auf) <liste> {item}"),
    "fr": ("(ajoute|mets|note|écris|rajoute) {item} (à|sur|dans) <liste>",),
    "es": ("(añade|agrega|pon|apunta|anota) {item} (a|en) <lista>",),
}  # fmt: skip
REMOVE: Final = {
    "en": ("(remove|delete|take|cross|strike|drop) {item} (from|off|off of|out of) <list>",
           "(cross|take) off {item} (from|on) <list>"),
    "de": ("(streich|streiche|entferne|nimm|lösch|lösche) {item} (von|aus|vom) <liste> [herunter|runter]",),
    "fr": ("(enlève|retire|supprime|raye|efface) {item} de <liste>",),
    "es": ("(quita|elimina|borra|tacha) {item} de <lista>",),
}  # fmt: skip
READ: Final = {
    "en": ("(what is|what's|whats|what do i have|what have i got) on <list>", "(is there anything|anything) on <list>",
           "(read|read me|read out|tell me|show|show me|give me|check) (<list>|what's on <list>|what is on <list>)",
           "(what is|what's|what are) (my|the|our) {shop:name}", "my {shop:name}", "{shop:name}",
           "what do (i|we) (need|have) to (buy|get)", "(is|are) [there] [any|some] {item} (on|in) <list> [already|yet]",
           "do (i|we) have [any|some] {item} (on|in) <list> [already|yet]",
           "(which|what) {lists:lists} (are there|do i have|do we have|have i got)"),
    "de": ("was steht (auf|in) <liste>", "was ist (auf|in) <liste>", ("(lies|lies mir|zeig|zeige|zeig mir|nenne) "
           "<liste> [vor]"), "was (müssen wir|muss ich) [noch] (einkaufen|kaufen)", "{shop:name}",
           "(steht|stehen|ist|sind) [schon] {item} (auf) <liste>", "welche {lists:lists} (gibt es|habe ich|haben wir)"),
    "fr": ("(qu'est ce qu'il y a|qu'y a t il|il y a quoi|qu'est ce que j'ai) (dans|sur) <liste>",
           "(lis|lis moi|montre|montre moi|donne moi|dis moi) <liste>",
           "(est ce qu'il y a|y a t il|il y a) [déjà] {item} (dans|sur) <liste>",
           "quelles {lists:lists} (y a t il|ai je|j'ai|on a)"),
    "es": ("(qué hay|qué tengo|qué está) en <lista>", "(lee|léeme|dime|muéstrame) <lista>",
           "qué (tengo|tenemos|hay) que comprar", "(está|están|hay|tengo) [ya] {item} en <lista>",
           "qué {lists:lists} (hay|tengo|tenemos)"),
}  # fmt: skip
CLEAR: Final = {
    "en": ("(clear|empty|delete|erase|wipe|reset) <list>", "(remove|delete) everything (from|on|off) <list>"),
    "de": ("(mach|mache) <liste> leer", "(leere|leer|lösch|lösche) <liste>",
           "(streich|streiche|lösche) alles von <liste>"),
    "fr": ("(vide|efface|supprime) <liste>", "(enlève|supprime) tout de <liste>"),
    "es": ("(vacía|borra|elimina) <lista>", "(quita|borra) todo de <lista>"),
}  # fmt: skip
# What follows when something was put on a list or taken off it.
MORE: Final = {
    "en": ("(and|also|plus|and also|oh and|add|and add|also add) {item}", "{item} too", "{item} as well",
           "(put|add) {item} on (there|it) [too|as well]", "{takes:off} {item}",
           "(take|cross|tick|strike) {item} {off:off} [it|there]",
           "(and|also|plus|and also) {item} (to|on|onto) <list>"),
    "de": ("(und|und noch|auch|auch noch|außerdem|und auch) {item}", "{item} auch [noch]",
           "(setz|setze|schreib|schreibe|pack|packe|füg|füge) [auch|noch|auch noch] {item} (drauf|dazu|hinzu)",
           "{takes:off} {item}", "nimm {item} [wieder] {off:off}",
           "(und|auch|und auch) {item} (auf|zu|zur) <liste>"),
    "fr": ("(et|et aussi|aussi|et puis|ajoute|ajoute aussi|rajoute) {item}", "{item} aussi",
           "{takes:off} {item}",
           "(et|aussi|et aussi) {item} (à|sur|dans) <liste>"),
    "es": ("(y|y también|también|además|añade|añade también|y además) {item}", "{item} también",
           "{takes:off} {item}",
           "(y|también|y también) {item} (a|en) <lista>"),
}  # fmt: skip
RATHER: Final = {
    "en": ("(no|nope|sorry|no sorry|no wait|wait|[no] actually|[no] (i mean|i meant)|make (it|that)|rather) {item}",
           "[no] not {old} but {item}", "{item} (instead|rather|i mean|i meant)"),
    "de": ("([nein|nee] (doch lieber|lieber)|nein|nee|halt|sorry|[nein] ich (meine|meinte)) {item}",
           "[nein] nicht {old} sondern {item}", "{item} stattdessen"),
    "fr": ("(non|pardon|plutôt|non plutôt|[non] je (voulais|veux) dire) {item}", "[non] pas {old} mais {item}",
           "{item} plutôt"),
    "es": ("(no|perdón|mejor|no mejor|[no] (quiero|quería) decir|[no] digo) {item}", "no {old} sino {item}",
           "{item} mejor"),
}  # fmt: skip
# What is said after "and" or "no" and is no thing: "no problem at all", "and then", "and times two", "no more".
_NO_BEGINNING: Final = (
    "then|so|but|because|if|there|here|times|plus|minus|divided|multiplied|over|problem|problems|worries|worry|way|idea|"
    "need|chance|matter|doubt|rush|hurry|kidding|longer|offen[cs]e|wonder|nothing|everything|anything|"
    "something|yes|yeah|no|nope|okay|ok|well|please|sorry|wrong|right|correct|really|actually|maybe|stupid|"
    "dann|also|aber|weil|wenn|hier|dort|mal|geteilt|sorge|sorgen|nichts|alles|ja|nein|doch|bitte|falsch|richtig|"
    "alors|puis|ensuite|parce|si|ici|là|fois|divisé|multiplié|problème|souci|rien|tout|oui|non|faux|vrai|"
    "entonces|luego|pero|porque|aquí|allí|dividido|multiplicado|problema|nada|todo|sí|mal|cierto|verdad|pasa|importa|hay"
)
_NO_THING: Final = (
    "good|luck|more|du|again|later|now|today|tomorrow|else|one|1|soon|yet|mehr|jetzt|später|morgen|heute|plus|encore|maintenant|"
    r"demain|ahora|mañana|hoy|\d[\d.,:]*(?: more)?"
)
# A thing, and nothing that has a verb or asks: that is meant for somebody else.
THING: Final = (
    rf"^(?!(?:{_NO_BEGINNING})\b)(?!(?:{_NO_THING})$)"
    r"(?!.*\b(?:that's|it's|there's|i'm|i'll|i've|you|you're|i|me|we|he|she|they|him|us|them|"
    r"thats|ich|dir|dich|mir|mich|wir|ihr|er|je|tu|toi|moi|nous|vous|c'est|tú|ti|yo|usted|nosotros)\b)"
    r"(?!.*\b(?:what|why|who|when|where|how|which|is|are|was|were|do|does|did|can|could|will|would|should|have|has|"
    r"timer|alarm|reminder|remind|set|cancel|stop|undo|tell|turn|play|show|read|never|mind|thank|thanks|"
    r"was|warum|wer|wann|wo|wie|ist|sind|kann|hast|hat|soll|stell|mach|erinnere|weck|stopp|danke|"
    r"quoi|pourquoi|qui|quand|où|comment|est|sont|peux|peut|fais|mets|rappelle|réveille|arrête|merci|"
    r"qué|por|quién|cuándo|dónde|cómo|está|son|puedes|haz|pon|recuérdame|despiértame|para|gracias)\b)"
    r"(?!(?:that|it|this|das|es|ça|eso|in|at|on|to|um|à|en|a las?) )(?!(?:that|it|this|das|es|ça|eso)$)"
    r"(?!.*\b(?:secs?|seconds?|mins?|minutes?|hours?|sekunden?|minuten?|stunden?|heures?|secondes?|segundos?|"
    r"minutos?|horas?)$)[^\W_][\w' .]*$"
)
# Whether it is on a list may be asked of anything but these.
ASKED: Final = (
    r"^(?!(?:anything|something|nothing|everything|there|it|that|this|what|which|who|how|a|the|an|"
    r"was|etwas|was|es|das|noch|quoi|rien|ça|quelque chose|qué|algo|nada|eso)$)[^\W_].*$|^$"
)
EXAMPLES: Final[dict[str, dict[str, tuple[str, ...]]]] = {
    "list_add": {
        "en": ("add milk to the shopping list", "put the tent on my packing list"),
        "de": ("setz milch auf die einkaufsliste",), "fr": ("ajoute du lait à la liste de courses",),
        "es": ("añade leche a la lista de la compra",),
    },
    "list_remove": {
        "en": ("remove bread from the shopping list",), "de": ("streich brot von der einkaufsliste",),
        "fr": ("enlève le pain de la liste de courses",), "es": ("quita el pan de la lista de la compra",),
    },
    "list_read": {
        "en": ("what is on my shopping list", "read the packing list"),
        "de": ("was steht auf der einkaufsliste",), "fr": ("lis moi la liste de courses",),
        "es": ("qué hay en la lista de la compra",),
    },
    "list_more": {"en": ("and bread",), "de": ("und brot",), "fr": ("et du pain",), "es": ("y pan",)},
    "list_rather": {"en": ("no butter",), "de": ("nein butter",), "fr": ("non du beurre",),
                    "es": ("no quiero decir mantequilla",)},
    "list_undo": {"en": ("remove that",), "de": ("lösch das",), "fr": ("supprime ça",), "es": ("quita eso",)},
    "list_clear": {
        "en": ("clear the shopping list",), "de": ("leere die einkaufsliste",),
        "fr": ("vide la liste de courses",), "es": ("vacía la lista de la compra",),
    },
}  # fmt: skip
