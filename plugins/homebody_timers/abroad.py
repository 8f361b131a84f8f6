"""What is answered about timers in German, French and Spanish. Pure."""

from __future__ import annotations

from typing import Final

SAYS: Final = {
    "de": {
        "set": "Der {timer} läuft: {length}.",
        "how_long": "Wie lange soll er laufen?",
        "none": "Es läuft kein Timer.",
        "which": "Welcher: {names}?",
        "gone": "Der {timer} ist gelöscht.",
        "all_gone": "Alle {count} Timer sind gelöscht.",
        "left": "Der {timer} läuft noch {length}.",
        "paused": "Der {timer} ist angehalten. Übrig: {length}.",
        "on": "Der {timer} läuft weiter. Übrig: {length}.",
        "done": "Der {timer} ist fertig.",
        "late": "Der {timer} war vor {length} fertig, als ich nicht da war.",
        "limits": "Ein Timer läuft von einer Sekunde bis vierundzwanzig Stunden.",
        "many": "Es laufen schon zu viele Timer.",
        "too_late": "Der {timer} ist gerade fertig geworden.",
        "over": "Der {timer} läuft schon länger.",
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
        "over": "{timer} : c'est déjà dépassé.",
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
        "over": "{timer}: ya ha pasado ese tiempo.",
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


def length(seconds: float, language: str, *, exactly: bool = False) -> str:
    """As "1 Stunde und 5 Minuten"; seconds go from ten minutes on, unless it is to be told ``exactly``."""
    left = max(round(seconds), 1)
    left = round(left / 60) * 60 if left >= 600 and not exactly else left
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
    return (
        says["named"].format(name=name) if name else says["of"].format(length=length(seconds, language, exactly=True))
    )


def set_for(seconds: int, name: str, language: str) -> str:
    """What is answered to who has set a timer."""
    says = SAYS[language]
    called = says["named"].format(name=name) if name else says["timer"]
    return says["set"].format(timer=called, length=length(seconds, language, exactly=True))
