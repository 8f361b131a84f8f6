"""Words that want something done, or ask after what a skill keeps: whatever they are about, nothing live. Pure.

The purpose classifier takes many of them for live ("turn on the lights", "open the garage"), since its rows for live
data are full of things that open, close and are on. Only what it has taken for live is looked at here, so each rule may
be narrow: a verb counts together with what follows it ("open the garage", and not "open pharmacies near me").
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from homebody.language import plain

_THE: Final = "(?:the|a|an|my|our|your|all|some|every|it|them|that|this|these|those|to)"
_DAS: Final = "(?:das|die|den|ein|eine|einen|mein|meine|meinen|unser|unsere|alle|alles|mir|uns|bitte)"
_LE: Final = "(?:le|la|les|l'.*|un|une|mon|ma|mes|nos|notre|tout|tous|toutes)"
_EL: Final = "(?:el|la|los|las|un|una|mi|mis|todo|todas|todos)"
_ROOM: Final = "(?:puerta|garaje|ventana|ventanas|persiana|persianas|cortinas|luz|grifo)"
# All without accents, as they are compared.
_ORDER: Final = re.compile(
    r"(?:please )?(?:"
    # English
    rf"(?:turn|switch|put)(?: \S+){{0,5}} (?:on|off|up|down|out)\b|(?:turn|switch|put) (?:on|off|up|down) \S|"
    rf"(?:open|close|shut|lock|unlock|play|pause|resume|start|stop|dim|brighten|raise|lower|set|add|put|move|change|"
    rf"delete|remove|cancel|snooze|send|call|ring|turn|switch|activate|deactivate|disable|enable|clean) {_THE}\b|"
    rf"(?:set|dim|turn|heat) \S+ to\b|play (?:music|something)\b|(?:remind|wake) (?:me|us)\b|"
    rf"(?:mark|tick|check|cross) .*\b(?:done|off|finished|complete|completed)$|"
    # German
    rf"(?:mach|mache|schalt|schalte|dreh|drehe)\b.* (?:an|aus|auf|zu|ein|ab|leiser|lauter|heller|dunkler)$|"
    rf"(?:mach|mache|schalt|schalte|stell|stelle|setz|setze|offne|schliesse|schliess|verriegle|spiel|spiele|losch|losche|"
    rf"streich|streiche|starte|stoppe|dimme|dimm|hak|hake|trag|trage|schreib|schreibe) {_DAS}\b|"
    rf"(?:erinner|erinnere|weck|wecke) (?:mich|uns)\b|"
    # French
    rf"(?:allume|allumez|eteins|eteignez|ouvre|ouvrez|ferme|fermez|mets|mettez|regle|reglez|lance|lancez|arrete|arretez|"
    rf"joue|jouez|baisse|baissez|monte|montez|verrouille|ajoute|ajoutez|supprime|annule|coche) {_LE}(?: |$)|"
    rf"(?:rappelle|rappelez|reveille|reveillez)[- ](?:moi|nous)\b|"
    # Spanish: "abre el mercadona hoy" is a question
    rf"(?:enciende|encienda|apaga|apague|pon|ponga|reproduce|bloquea|desbloquea|anade|borra|cancela|activa|desactiva|"
    rf"marca|tacha) {_EL}\b|(?:abre|abra|cierra|cierre) {_EL} {_ROOM}\b|(?:ponme|recuerdame|despiertame)\b"
    r")"
)
# What skills keep; asked after in words that no skill understands.
_KEPT: Final = re.compile(
    r"\b(?:(?:my|the|an?|any|all|next|which) (?:\w+ )?(?:reminders?|alarms?|timers?|(?:shopping|to-?do) list)|"
    r"(?:mein\w*|der|die|den|ein\w*) (?:\w+ )?(?:wecker|erinnerung|erinnerungen|einkaufsliste)|"
    r"(?:mon|mes|ma|le|un) (?:minuteur|reveil|rappels?)|liste de courses|"
    r"(?:mi|mis|la|el|una?) (?:alarmas?|recordatorios?|temporizador)|lista de la compra)\b"
)
_UNITS: Final = r"(?:degrees?|celsius|fahrenheit|kelvin|grad|degres|grados)"
_CONVERSION: Final = re.compile(
    rf"(?:what is|how much is|how hot is|convert|was sind|was ist|wie ?viel sind|combien font|cuantos? (?:es|son)) # "
    rf"{_UNITS}\b.* (?:in|to|into|en|a)\b"
)
# Said of these, an order still wants what is of today.
_OF_TODAY: Final = re.compile(
    r"\b(?:news|headlines|weather|forecast|stocks?|nachrichten|wetter|wetterbericht|nouvelles|infos|meteo|noticias|tiempo)\b"
)


def is_order(said: Sequence[str]) -> bool:
    """Whether the words want something done, or something told that a skill keeps.

    Args:
        said: The words in lower case without polite openings, as `homebody.router.purpose_features.without_opening`
            gives them.
    """
    sentence = plain(" ".join(said))
    return bool(_ORDER.match(sentence) or _KEPT.search(sentence)) and not _OF_TODAY.search(sentence)


def is_conversion(said: Sequence[str]) -> bool:
    """Whether degrees are to be told in others; money is converted at the rate of today.

    Args:
        said: As for `is_order`; numbers are ``#``.
    """
    return bool(_CONVERSION.match(plain(" ".join(said))))
