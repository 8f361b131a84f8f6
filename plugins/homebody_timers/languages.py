"""Timers in German, French and Spanish: the sentences. Pure."""

from __future__ import annotations

from typing import Any, Final

from homebody.skill import NTH, UNDO, Phrases
from homebody_timers.abroad import SAYS, set_for
from homebody_timers.phrases import lengths


def _length(hour: str, minute: str, second: str, and_: str) -> dict[str, str]:
    return {
        "h": f"{{hours:seconds_x3600}} {hour}",
        "m": f"{{minutes:seconds_x60}} {minute}",
        "s": f"{{seconds:seconds_x1}} {second}",
        "length": f"(<h>[ [{and_}] <m>][ [{and_}] <s>]|{{hours:seconds_x3600}} {hour} [{and_}] {{bare:seconds_x60}}|"
        f"{{minutes:seconds_x60}} {minute} [{and_}] {{bare:seconds_x1}}|<m>[ [{and_}] <s>]|<s>)",
    }


_RULES: Final[dict[str, dict[str, str]]] = {
    "de": _length("(stunde|stunden)", "(minute|minuten)", "(sekunde|sekunden)", "und")
    | {
        "the": "[den|der|die|das|einen|ein|mein|meinen|noch einen|einen neuen]",
        "timer": "(timer|kurzzeitwecker|eieruhr)",
        "set": "(stell|stelle|setz|setze|starte|start|mach|mache)",
        "one": "<the> [{name}] <timer>[ für {name}]",
        "no": "(nein|nee|nein doch|halt|moment|doch|doch lieber|lieber|besser|quatsch|sorry|[nein|sorry] ich "
        "(meine|meinte))",
    },
    "fr": _length("(heure|heures)", "(minute|minutes)", "(seconde|secondes)", "et")
    | {
        "the": "[le|la|un|une|mon|ma|un autre|un nouveau]",
        "timer": "(minuteur|minuterie|timer|compte à rebours)",
        "set": "(mets|lance|démarre|règle|crée|programme)",
        "one": "<the> <timer>[ (pour|des|de|du) [le|la|les] {name}]",
        "no": "(non|non non|pardon|attends|plutôt|non plutôt|en fait|[non] je (voulais|veux) dire|mets plutôt)",
    },
    "es": _length("(hora|horas)", "(minuto|minutos)", "(segundo|segundos)", "y")
    | {
        "the": "[el|la|un|una|mi|otro]",
        "timer": "(temporizador|cronómetro|timer|cuenta atrás)",
        "set": "(pon|ponme|inicia|crea|empieza|programa)",
        "one": "<the> <timer>[ (para|de) [el|la|los|las] {name}]",
        "no": "(no|no no|perdón|espera|mejor|no mejor|en realidad|[no] (quiero|quería) decir|[no] digo|que sean)",
    },
}
_CHANGING: Final = {language: rules | lengths(rules, "to", "by", "less") for language, rules in _RULES.items()}
_LISTS: Final[dict[str, Any]] = {
    "name": {"wildcard": True},
    "hours": {"wildcard": True},
    "minutes": {"wildcard": True},
    "seconds": {"wildcard": True},
    "bare": {"range": {"from": 1, "to": 59}},
    "count": {"range": {"from": 1, "to": 999}},
}
_ANOTHER: Final = {
    "de": "(noch (einen|einer|ein)|einen|einer|1)",
    "fr": "(encore (un|1)|un autre|1 autre|un|1)",
    "es": "(otro [más]|uno|1)",
}
USUAL_S: Final = (60, 120, 180, 300, 600, 900, 1200, 1800, 3600)  # lengths whose answers are made ahead
_CHANGES: Final = frozenset({"timer_change", "timer_correct"})  # with a new length besides the present one
_ALL_OF_THEM: Final = {"de": "(alle|alle beide|beide)", "fr": "(tous|tous les deux)", "es": "(todos|los dos|ambos)"}
_EVERY: Final = {"de": "alle <timer>", "fr": "tous les (minuteurs|timers)", "es": "todos los (temporizadores|timers)"}
_TEMPLATES: Final[dict[str, dict[str, tuple[tuple[str, ...], tuple[str, ...]]]]] = {
    "de": {
        "timer_set": (
            (
                "<set> [mir] <the> <timer> (auf|für|von|mit|über) <length>",
                "[<the>] <timer> [auf|für] <length>",
                "<set> [mir] <the> <timer> für [die|den|das] {name} (auf|für|von|über) <length>",
                "<set> [mir] <the> {name} <timer> (auf|für|von|über) <length>",
                "<length> <timer>",
                "<the> <timer> (auf|für|von|mit|über) <length> (stellen|setzen|starten)",
                "<the> <timer> für [die|den|das] {name} (auf|von|über) <length> [stellen|setzen|starten]",
                "<set> [mir] <the> <timer> (auf|für|von|über) <length> für [die|den|das] {name}",
                "(sag|sage) (bescheid|mir bescheid) in <length>",
                "<set> [mir] <the> <timer>",
            ),
            ("stell einen timer auf fünf minuten", "timer eine halbe stunde"),
        ),
        "timer_cancel": (
            (
                "(lösch|lösche|stopp|stoppe|beende|brich) <one> [ab]",
                "(lösch|lösche|beende|stoppe|stopp) {every:every}",
                "(schalt|schalte|mach) <one> (aus|ab)",
                "(lösch|lösche|stopp|stoppe|beende) (den|die|das) {nth:nth} [timer]",
                "(<one>|{every:every}) (löschen|stoppen|beenden|abbrechen|aus)",
            ),
            ("lösche den timer", "stopp den timer"),
        ),
        "timer_query": (
            (
                "wie (lange|viel zeit) (läuft|hat|ist|bleibt|dauert) [noch] <one> [noch]",
                "wie lange noch",
                "wie viel zeit (ist|bleibt) [noch] [übrig] [auf dem timer]",
                "welche timer laufen",
                "wann (klingelt|endet) <one>",
                "wie viele timer laufen",
                "läuft [noch] <one>",
                "wie (lange|viel zeit) (hat|hab|habe) ich noch",
            ),
            ("wie lange läuft der timer noch", "welche timer laufen"),
        ),
        "timer_pause": (("(pausiere|pausier|halte) <one> [an]",), ("pausiere den timer",)),
        "timer_resume": (
            ("(setz|setze) <one> fort", "(mach|mache) mit <one> weiter", "<one> (weiter|fortsetzen)"),
            ("setze den timer fort",),
        ),
        "timer_answer": (
            (
                "[auf|für] <length>",
                "(den|der) [timer] (mit|über|von) <length>",
                "(den|der) [timer] für [die|den|das] {name}",
                "(den|der) {name} timer",
                "{all_of_them:every}",
                "(den|die|das|der) {nth:nth} [timer]",
            ),
            ("auf fünf minuten", "den für die nudeln"),
        ),
        "timer_change": (
            (
                "(ändere|änder) <one> auf <to_length>",
                "(verlängere|verlänger) <one> um <by_length>",
                "(gib|gebt) dem timer [noch] <by_length> (mehr|dazu)",
                "(verkürze|verkürz) <one> um <less_length>",
            ),
            ("verlängere den timer um zwei minuten",),
        ),
        "timer_correct": (
            (
                "(und|und noch|plus|noch) <by_length> [mehr|dazu|länger]",
                "<by_length> (länger|mehr)",
                "<less_length> (kürzer|weniger)",
                "<no> [auf|für] <to_length>",
                "(mach|mache) (<to_length>|{count:to_count}) draus",
                "<no> [auf|für] {count:to_count}",
                "[und] [stell|stelle] {another:another} [auf|für|von|über|mit] <to_length>",
                "[und] [stell|stelle] {another:another} für [die|den|das] {name} [auf|von|über|mit] <to_length>",
                "<to_length> (stattdessen|meine ich|meinte ich)",
                "[nein] nicht <length> sondern <to_length>",
                "[und] für (die|den|das) {name}",
            ),
            ("und dreißig sekunden", "nein sechs minuten"),
        ),
    },
    "fr": {
        "timer_set": (
            (
                "<set> [moi] <the> <timer> (de|d'|pour|sur|à) <length>",
                "<the> <timer> [de|d'|pour] <length>",
                "<set> [moi] <the> <timer> (de|d'|pour) <length> (pour|pour les|pour le|pour la) {name}",
                "préviens moi dans <length>",
                "[<set>] [moi] <the> <timer> (pour|pour les|pour le|pour la) {name} (de|d'|pour) <length>",
                "[<set>] [moi] <the> <timer> <length> pour [les|le|la] {name}",
                "<set> [moi] <the> <timer>",
            ),
            ("mets un minuteur de cinq minutes", "minuteur dix minutes"),
        ),
        "timer_cancel": (
            (
                "(annule|arrête|supprime|stoppe|coupe) <one>",
                "(annule|arrête|supprime) {every:every}",
                "(annule|arrête|supprime|stoppe|coupe) (le|la) {nth:nth} [<timer>]",
            ),
            ("annule le minuteur",),
        ),
        "timer_query": (
            (
                "combien de temps [il] (reste|reste t il|il reste) [(sur|au|pour|à) [le|la] [<timer>]]",
                "il reste combien de temps [(sur|au|pour|à) [le|la] [<timer>]]",
                "quand sonne <one>",
                "combien de temps (dure|a) [encore] <one>",
                "quels minuteurs (tournent|sont actifs|sont lancés|sont en cours|y a t il|j'ai)",
                "il reste combien",
            ),
            ("combien de temps reste t il sur le minuteur",),
        ),
        "timer_pause": (("(mets|met) <one> en pause", "pause <one>"), ("mets le minuteur en pause",)),
        "timer_resume": (("(reprends|relance|continue) <one>",), ("reprends le minuteur",)),
        "timer_answer": (
            (
                "[de|d'|pour] <length>",
                "celui (de|d') <length>",
                "(celui|le <timer>) (pour|des|de|du) [le|la|les] {name}",
                "{all_of_them:every}",
                "(le|la) {nth:nth} [<timer>]",
            ),
            ("cinq minutes", "celui pour les pâtes"),
        ),
        "timer_change": (
            (
                "(change|modifie|passe) <one> (à|en) <to_length>",
                "(ajoute|rajoute) <by_length> (au|à la|à mon) <timer>[ (pour|des|de|du) [le|la|les] {name}]",
                "(prolonge|rallonge) <one> (de|d') <by_length>",
                "(raccourcis|réduis) <one> (de|d') <less_length>",
                "(enlève|retire) <less_length> (au|à la|à mon) <timer>",
            ),
            ("ajoute deux minutes au minuteur",),
        ),
        "timer_correct": (
            (
                "(et|et encore|plus|encore|ajoute|rajoute) <by_length> [de plus]",
                "<by_length> de plus",
                "<less_length> de moins",
                "<no> [de|d'] <to_length>",
                "<no> [de|d'] {count:to_count}",
                "[et] [mets|mets en|lance] {another:another} [de|d'|pour] <to_length>",
                "[et] [mets|mets en|lance] {another:another} pour [les|le|la] {name} [de|d'|pour] <to_length>",
                "<to_length> plutôt",
                "[non] pas <length> [mais] <to_length>",
                "[et] pour (les|le|la) {name}",
            ),
            ("et trente secondes", "non six minutes"),
        ),
    },
    "es": {
        "timer_set": (
            (
                "<set> <the> <timer> (de|para|a) <length>",
                "<the> <timer> [de] <length>",
                "<set> <the> <timer> (de|para) <length> para [el|la|los|las] {name}",
                "avísame (en|dentro de) <length>",
                "[<set>] <the> <timer> para [el|la|los|las] {name} (de|para) <length>",
                "<set> <the> <timer>",
            ),
            ("pon un temporizador de cinco minutos", "temporizador diez minutos"),
        ),
        "timer_cancel": (
            (
                "(cancela|para|detén|quita|borra|apaga) <one>",
                "(cancela|para|detén|quita|borra) {every:every}",
                "(cancela|para|detén|quita|borra|apaga) (el|la) {nth:nth} [<timer>]",
            ),
            ("cancela el temporizador",),
        ),
        "timer_query": (
            (
                "cuánto [tiempo] (queda|falta) [(en|al|para|del|de) [el] [<timer>]]",
                "cuándo suena <one>",
                "cuánto [tiempo] le (queda|falta) [a|al] [<timer>]",
                "qué temporizadores (hay|tengo|están activos|están en marcha)",
            ),
            ("cuánto tiempo queda en el temporizador",),
        ),
        "timer_pause": (("(pausa|detén un momento) <one>", "pon <one> en pausa"), ("pausa el temporizador",)),
        "timer_resume": (("(reanuda|continúa|sigue con) <one>",), ("reanuda el temporizador",)),
        "timer_answer": (
            (
                "[de|para] <length>",
                "(el|la) de <length>",
                "(el|el <timer>) (para|de) (el|la|los|las) {name}",
                "{all_of_them:every}",
                "(el|la) {nth:nth} [<timer>]",
            ),
            ("de cinco minutos", "el de la pasta"),
        ),
        "timer_change": (
            (
                "(cambia|pasa) <one> a <to_length>",
                "(añade|agrega|pon) <by_length> [más] al <timer>[ (para|de) [el|la|los|las] {name}]",
                "(alarga|prolonga) <one> <by_length>",
                "(acorta|reduce) <one> <less_length>",
                "quita <less_length> al <timer>",
            ),
            ("añade dos minutos al temporizador",),
        ),
        "timer_correct": (
            (
                "(y|más|y otros|añade|agrega) <by_length> [más]",
                "<by_length> más",
                "<less_length> menos",
                "<no> [de] <to_length>",
                "<no> [de] {count:to_count}",
                "[y] [pon|ponme] {another:another} [de|para] <to_length>",
                "[y] [pon|ponme] {another:another} para [el|la|los|las] {name} [de|para] <to_length>",
                "<to_length> mejor",
                "no <length> sino <to_length>",
                "[y] para (el|la|los|las) {name}",
            ),
            ("y treinta segundos", "no seis minutos"),
        ),
    },
}


def phrases(skill: str) -> dict[str, Phrases]:
    """The translations of a skill."""
    return {
        language: Phrases(
            templates=own[skill][0],
            examples=own[skill][1],
            rules=(_CHANGING if skill in _CHANGES else _RULES)[language],
            lists={
                **_LISTS,
                "every": {"values": [{"in": _all(language), "out": True}]},
                "nth": NTH[language],
                "another": {"values": [{"in": _ANOTHER[language], "out": True}]},
                "all_of_them": {"values": [{"in": _ALL_OF_THEM[language], "out": True}]},
            },
            says=_often_said(skill, language),
        )
        for language, own in _TEMPLATES.items()
    }


def undoing() -> dict[str, Phrases]:
    """How to take the last change back."""
    examples = {"de": "mach das rückgängig", "fr": "annule ça", "es": "deshaz eso"}
    return {language: Phrases(templates=UNDO[language], examples=(said,)) for language, said in examples.items()}


def _often_said(skill: str, language: str) -> tuple[str, ...]:
    says = SAYS[language]
    if skill in {"timer_answer", *_CHANGES}:
        return ()
    if skill != "timer_set":
        return (says["none"],)
    return (says["how_long"], *(set_for(seconds, "", language) for seconds in USUAL_S))


def _all(language: str) -> str:
    return _EVERY[language].replace("<timer>", _RULES[language]["timer"])
