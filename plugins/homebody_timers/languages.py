"""Timers in German, French and Spanish: sentences and answers. Pure."""

from __future__ import annotations

from typing import Any, Final

from homebody.skill import Phrases


def _length(hour: str, minute: str, second: str, and_: str) -> dict[str, str]:
    return {
        "h": f"{{hours:seconds_x3600}} {hour}",
        "m": f"{{minutes:seconds_x60}} {minute}",
        "s": f"{{seconds:seconds_x1}} {second}",
        "length": f"(<h>[ [{and_}] <m>][ [{and_}] <s>]|{{hours:seconds_x3600}} {hour} [{and_}] {{bare:seconds_x60}}|"
        f"{{minutes:seconds_x60}} {minute} [{and_}] {{bare:seconds_x1}}|<m>[ [{and_}] <s>]|<s>)",
    }


_RULES: Final = {
    "de": _length("(stunde|stunden)", "(minute|minuten)", "(sekunde|sekunden)", "und")
    | {
        "the": "[den|der|die|das|einen|ein|mein|meinen|noch einen|einen neuen]",
        "timer": "(timer|kurzzeitwecker|eieruhr)",
        "set": "(stell|stelle|setz|setze|starte|start|mach|mache)",
        "one": "<the> [{name}] <timer>[ für {name}]",
    },
    "fr": _length("(heure|heures)", "(minute|minutes)", "(seconde|secondes)", "et")
    | {
        "the": "[le|la|un|une|mon|ma|un autre|un nouveau]",
        "timer": "(minuteur|minuterie|timer|compte à rebours)",
        "set": "(mets|lance|démarre|règle|crée|programme)",
        "one": "<the> <timer>[ (pour|des|de|du) [le|la|les] {name}]",
    },
    "es": _length("(hora|horas)", "(minuto|minutos)", "(segundo|segundos)", "y")
    | {
        "the": "[el|la|un|una|mi|otro]",
        "timer": "(temporizador|cronómetro|timer|cuenta atrás)",
        "set": "(pon|ponme|inicia|crea|empieza|programa)",
        "one": "<the> <timer>[ (para|de) [el|la|los|las] {name}]",
    },
}
_LISTS: Final[dict[str, Any]] = {
    "name": {"wildcard": True},
    "hours": {"wildcard": True},
    "minutes": {"wildcard": True},
    "seconds": {"wildcard": True},
    "bare": {"range": {"from": 1, "to": 59}},
}
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
            ),
            ("wie lange läuft der timer noch", "welche timer laufen"),
        ),
        "timer_pause": (("(pausiere|pausier|halte) <one> [an]",), ("pausiere den timer",)),
        "timer_resume": (
            ("(setz|setze) <one> fort", "(mach|mache) mit <one> weiter", "<one> (weiter|fortsetzen)"),
            ("setze den timer fort",),
        ),
    },
    "fr": {
        "timer_set": (
            (
                "<set> [moi] <the> <timer> (de|d'|pour|sur|à) <length>",
                "<the> <timer> [de|d'|pour] <length>",
                "<set> [moi] <the> <timer> (de|d'|pour) <length> (pour|pour les|pour le|pour la) {name}",
                "préviens moi dans <length>",
                "<set> [moi] <the> <timer>",
            ),
            ("mets un minuteur de cinq minutes", "minuteur dix minutes"),
        ),
        "timer_cancel": (
            ("(annule|arrête|supprime|stoppe|coupe) <one>", "(annule|arrête|supprime) {every:every}"),
            ("annule le minuteur",),
        ),
        "timer_query": (
            (
                "combien de temps [il] (reste|reste t il|il reste) [(sur|au|pour|à) [le|la] [<timer>]]",
                "il reste combien de temps [(sur|au|pour|à) [le|la] [<timer>]]",
                "quand sonne <one>",
                "combien de temps (dure|a) [encore] <one>",
                "quels minuteurs (tournent|sont actifs|sont lancés)",
            ),
            ("combien de temps reste t il sur le minuteur",),
        ),
        "timer_pause": (("(mets|met) <one> en pause", "pause <one>"), ("mets le minuteur en pause",)),
        "timer_resume": (("(reprends|relance|continue) <one>",), ("reprends le minuteur",)),
    },
    "es": {
        "timer_set": (
            (
                "<set> <the> <timer> (de|para|a) <length>",
                "<the> <timer> [de] <length>",
                "<set> <the> <timer> (de|para) <length> para [el|la|los|las] {name}",
                "avísame (en|dentro de) <length>",
                "<set> <the> <timer>",
            ),
            ("pon un temporizador de cinco minutos", "temporizador diez minutos"),
        ),
        "timer_cancel": (
            ("(cancela|para|detén|quita|borra|apaga) <one>", "(cancela|para|detén|quita|borra) {every:every}"),
            ("cancela el temporizador",),
        ),
        "timer_query": (
            (
                "cuánto [tiempo] (queda|falta) [(en|al|para|del|de) [el] [<timer>]]",
                "cuándo suena <one>",
                "cuánto [tiempo] le (queda|falta) [a|al] [<timer>]",
                "qué temporizadores (hay|tengo|están activos)",
            ),
            ("cuánto tiempo queda en el temporizador",),
        ),
        "timer_pause": (("(pausa|detén un momento) <one>", "pon <one> en pausa"), ("pausa el temporizador",)),
        "timer_resume": (("(reanuda|continúa|sigue con) <one>",), ("reanuda el temporizador",)),
    },
}


def phrases(skill: str) -> dict[str, Phrases]:
    """The translations of a skill."""
    return {
        language: Phrases(
            templates=own[skill][0],
            examples=own[skill][1],
            rules=_RULES[language],
            lists={**_LISTS, "every": {"values": [{"in": _all(language), "out": True}]}},
            says=_often_said(skill, language),
        )
        for language, own in _TEMPLATES.items()
    }


def _often_said(skill: str, language: str) -> tuple[str, ...]:
    says = SAYS[language]
    if skill != "timer_set":
        return (says["none"],)
    return (says["how_long"], *(set_for(seconds, "", language) for seconds in USUAL_S))


def set_for(seconds: int, name: str, language: str) -> str:
    """What is answered to who has set a timer."""
    says = SAYS[language]
    called = says["named"].format(name=name) if name else says["timer"]
    return says["set"].format(timer=called, length=length(seconds, language))


def _all(language: str) -> str:
    return _EVERY[language].replace("<timer>", _RULES[language]["timer"])


USUAL_S: Final = (60, 120, 180, 300, 600, 900, 1200, 1800, 3600)  # lengths whose answers are made ahead
SAYS: Final = {
    "de": {
        "set": "Der {timer} läuft: {length}.",
        "how_long": "Wie lange soll er laufen?",
        "none": "Es läuft kein Timer.",
        "which": "Welcher: {names}?",
        "gone": "{timer} ist gelöscht.",
        "all_gone": "Alle {count} Timer sind gelöscht.",
        "left": "{timer} läuft noch {length}.",
        "paused": "{timer} ist angehalten. Übrig: {length}.",
        "on": "{timer} läuft weiter. Übrig: {length}.",
        "done": "{timer} ist fertig.",
        "late": "{timer} war vor {length} fertig, als ich nicht da war.",
        "limits": "Ein Timer läuft von einer Sekunde bis vierundzwanzig Stunden.",
        "many": "Es laufen schon zu viele Timer.",
        "too_late": "{timer} ist gerade fertig geworden.",
        "timer": "Timer",
        "named": "Timer für {name}",
        "of": "Timer über {length}",
        "and": "und",
        "or": "oder",
    },
    "fr": {
        "set": "{timer} lancé : {length}.",
        "how_long": "Pour combien de temps ?",
        "none": "Aucun minuteur ne tourne.",
        "which": "Lequel : {names} ?",
        "gone": "{timer} annulé.",
        "all_gone": "Les {count} minuteurs sont annulés.",
        "left": "{timer} : il reste {length}.",
        "paused": "{timer} en pause. Il reste {length}.",
        "on": "{timer} reprend. Il reste {length}.",
        "done": "{timer} terminé.",
        "late": "{timer} terminé il y a {length}, quand j'étais absent.",
        "limits": "Un minuteur dure d'une seconde à vingt-quatre heures.",
        "many": "Trop de minuteurs tournent déjà.",
        "too_late": "{timer} vient de sonner.",
        "timer": "Minuteur",
        "named": "Minuteur pour {name}",
        "of": "Minuteur de {length}",
        "and": "et",
        "or": "ou",
    },
    "es": {
        "set": "{timer} en marcha: {length}.",
        "how_long": "¿De cuánto tiempo?",
        "none": "No hay ningún temporizador.",
        "which": "¿Cuál: {names}?",
        "gone": "{timer} cancelado.",
        "all_gone": "Los {count} temporizadores están cancelados.",
        "left": "{timer}: quedan {length}.",
        "paused": "{timer} en pausa. Quedan {length}.",
        "on": "{timer} sigue. Quedan {length}.",
        "done": "{timer} terminado.",
        "late": "{timer} terminó hace {length}, cuando yo no estaba.",
        "limits": "Un temporizador dura de un segundo a veinticuatro horas.",
        "many": "Ya hay demasiados.",
        "too_late": "{timer} acaba de sonar.",
        "timer": "Temporizador",
        "named": "Temporizador para {name}",
        "of": "Temporizador de {length}",
        "and": "y",
        "or": "o",
    },
}
_UNITS: Final = {
    "de": (("1 Stunde", "Stunden"), ("1 Minute", "Minuten"), ("1 Sekunde", "Sekunden")),
    "fr": (("1 heure", "heures"), ("1 minute", "minutes"), ("1 seconde", "secondes")),
    "es": (("1 hora", "horas"), ("1 minuto", "minutos"), ("1 segundo", "segundos")),
}


def length(seconds: float, language: str) -> str:
    """As "1 Stunde und 5 Minuten"; seconds go from ten minutes on."""
    left = max(round(seconds), 1)
    left = round(left / 60) * 60 if left >= 600 else left
    parts = []
    for size_s, (one, many) in zip((3600, 60, 1), _UNITS[language], strict=True):
        count, left = divmod(left, size_s)
        if count:
            parts.append(one if count == 1 else f"{count} {many}")
    return joined(parts, SAYS[language]["and"])


def joined(items: list[str], and_: str) -> str:
    """As "a, b und c"."""
    return f"{', '.join(items[:-1])} {and_} {items[-1]}" if len(items) > 1 else "".join(items)


def timer(name: str, seconds: int, language: str) -> str:
    """A timer in words."""
    says = SAYS[language]
    return says["named"].format(name=name) if name else says["of"].format(length=length(seconds, language))
