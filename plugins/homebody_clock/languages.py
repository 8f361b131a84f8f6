"""The clock and the calendar in German, French and Spanish: sentences and answers. Pure."""

from __future__ import annotations

import datetime as dt
from typing import Any, Final

from homebody.skill import Phrases

CLOCK: Final = {
    "de": Phrases(
        templates=(
            "(wie spät|wie viel uhr|wieviel uhr) (ist es|haben wir|ist es jetzt|haben wir es) [gerade|jetzt]",
            "(sag|sage|sagst du|weisst du|weißt du) [mir] (wie spät|wie viel uhr) es ist", "(uhrzeit|die uhrzeit)",
            "(sag|sage|nenne) [mir] die uhrzeit", "was ist die (uhrzeit|zeit)", "welche (uhrzeit|zeit) haben wir",
        ),
        examples=("wie spät ist es", "wie viel uhr ist es"),
    ),
    "fr": Phrases(
        templates=(
            "(quelle heure|il est quelle heure|quelle heure est ce) [est il|il est] [maintenant]",
            "(dis|donne) moi (l'heure|quelle heure il est)", "il est quelle heure", "(l'heure|l'heure qu'il est)",
            "(as tu|tu as|avez vous|vous avez) l'heure", "tu sais quelle heure il est",
        ),
        examples=("quelle heure est il", "donne moi l'heure"),
    ),
    "es": Phrases(
        templates=(
            "qué hora (es|tienes|tenemos) [ahora]", "(dime|dame) la hora", "(dime|sabes) qué hora es", "la hora",
            "tienes hora", "que hora es",
        ),
        examples=("qué hora es", "dime la hora"),
    ),
}  # fmt: skip

_NAMES: Final[dict[str, tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]]] = {
    "de": (("heute", "morgen", "übermorgen"),
           ("montag", "dienstag", "mittwoch", "donnerstag", "freitag", "samstag", "sonntag"),
           ("Januar", "Februar", "März", "April", "Mai", "Juni", "Juli", "August", "September", "Oktober", "November",
            "Dezember")),
    "fr": (("aujourd'hui", "demain", "après demain"),
           ("lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche"),
           ("janvier", "février", "mars", "avril", "mai", "juin", "juillet", "août", "septembre", "octobre",
            "novembre", "décembre")),
    "es": (("hoy", "mañana", "pasado mañana"),
           ("lunes", "martes", "miércoles", "jueves", "viernes", "sábado", "domingo"),
           ("enero", "febrero", "marzo", "abril", "mayo", "junio", "julio", "agosto", "septiembre", "octubre",
            "noviembre", "diciembre")),
}  # fmt: skip
_GONE: Final = {"de": ("gestern", "vorgestern"), "fr": ("hier", "avant hier"), "es": ("ayer", "anteayer")}
YES_NO: Final = {"en": ("Yes.", "No."), "de": ("Ja.", "Nein."), "fr": ("Oui.", "Non."), "es": ("Sí.", "No.")}
NO_SUCH_DAY: Final = {"de": "Diesen Tag gibt es nicht.", "fr": "Ce jour n'existe pas.", "es": "Ese día no existe."}
_ENGLISH: Final = ("today", "tomorrow", "the day after tomorrow")
_WEEKDAYS: Final = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")

_NEXT_ES: Final = "([el] próximo {0}|[el] {0} que viene)"


def _lists(language: str, christmas: str, easter: str) -> dict[str, Any]:
    near, weekdays, _ = _NAMES[language]
    values = [{"in": said, "out": name} for said, name in zip(near, _ENGLISH, strict=True)]
    values += [{"in": said, "out": name} for said, name in zip(weekdays, _WEEKDAYS, strict=True)]
    later = {"de": "(nächsten|nächster|kommenden|kommender) {}", "fr": "{} prochain"}.get(language, _NEXT_ES)
    values += [
        {"in": later.format(said), "out": f"next {name}"} for said, name in zip(weekdays, _WEEKDAYS, strict=True)
    ]
    values += [
        {"in": said, "out": name}
        for said, name in zip(_GONE[language], ("yesterday", "the day before yesterday"), strict=True)
    ]
    values += [{"in": christmas, "out": "christmas"}, {"in": easter, "out": "easter"}]
    until = {"de": "bis", "fr": "(avant|jusqu'à)", "es": "(para|hasta)"}[language]
    asked = {"de": ("jahr", "(monat)"), "fr": ("année", "(mois)"), "es": ("año", "(mes)")}[language]
    whether = {
        "de": "(ist|haben wir) [heute]", "fr": "(est ce qu'on est|est ce que c'est|on est|sommes nous|c'est)",
        "es": "(es|hoy es|estamos a)",
    }[language]  # fmt: skip
    months = {"values": [{"in": name.lower(), "out": n} for n, name in enumerate(_NAMES[language][2], start=1)]}
    return {
        "day": {"values": values},
        "weekday": {"values": [one for one in values if one["out"] in (*_WEEKDAYS, "christmas", "easter")]},
        "day_of_month": {"range": {"from": 1, "to": 31}},
        "month": months,
        "ahead": {"range": {"from": 1, "to": 5000}},
        "week": {
            "values": [
                {"in": {"de": "(kalenderwoche|woche)", "fr": "semaine", "es": "semana"}[language], "out": "week"}
            ]
        },
        "whether": {"values": [{"in": whether, "out": "whether"}]},
        "until": {"values": [{"in": until, "out": "days_until"}]},
        "year": {"values": [{"in": asked[0], "out": "year"}]},
        "month_word": {"values": [{"in": asked[1], "out": "month"}]},
    }


DATE: Final = {
    "de": Phrases(
        templates=(
            "(welcher tag|welcher wochentag|was für ein tag|welches datum) (ist|haben wir) [{day:day}]",
            "(welchen tag|welches datum|was für einen tag|den wievielten) haben wir [{day:day}]",
            "(welcher tag|was) ist {day:day} [für ein tag]", "(was ist das datum|datum|das datum) [von] [{day:day}]",
            "der wievielte ist {day:day}", "wann ist {day:day}", "(sag|sage|nenne) [mir] das datum [von {day:day}]",
            "wie (viele tage|lange) [ist es|sind es] [noch] {until:ask} {day:day}", "welches {year:ask} haben wir",
            "welchen {month_word:ask} haben wir", "(in welcher|welche) {week:ask} (haben wir|ist es|sind wir|ist)",
            "(welcher tag|welcher wochentag|was für ein tag) war {day:day}", "den wievielten haben wir [am] {day:day}",
            ("(welcher wochentag|welcher tag|was für ein tag|was für ein wochentag) ist der "
             "{day_of_month:day_of_month} {month:month}"),
            "wie viele tage [noch] {until:ask} zum {day_of_month:day_of_month} {month:month}",
            ("(welches datum|welcher tag|was) (ist|haben wir) in ({ahead:ahead_x1} (tag|tagen)|{ahead:ahead_x7} "
             "(woche|wochen))"), "{whether:ask} {weekday:day} [heute]",
        ),
        lists=_lists("de", "weihnachten", "ostern"),
        examples=("welcher tag ist heute", "wie viele tage noch bis weihnachten"),
    ),
    "fr": Phrases(
        templates=(
            "quel jour (sommes nous|est ce|on est|est il|serons nous) [{day:day}]", "on est quel jour [{day:day}]",
            "(quelle est la date|quelle date sommes nous|la date|date) [de|d'|du] [{day:day}]", "quand est {day:day}",
            "(dis|donne) moi la date [de] [{day:day}]", "{day:day} c'est quel jour",
            "combien de jours [reste t il|y a t il] {until:ask} {day:day}", "en quelle {year:ask} sommes nous",
            "quel {month_word:ask} sommes nous", "nous sommes quel jour", "quelle date (on est|est {day:day})",
            "(on est|c'est) le combien", "on était quel jour {day:day}", "c'est quel jour {day:day}",
            "quel jour (était ce|c'était|était) {day:day}", "quel jour tombe {day:day}",
            "quel jour (est|tombe) le {day_of_month:day_of_month} {month:month}",
            "(quelle {week:ask} sommes nous|on est quelle {week:ask}|en quelle {week:ask} sommes nous)",
            ("quelle (date|jour) (dans|sera t on dans|serons nous dans) ({ahead:ahead_x1} (jour|jours)|"
             "{ahead:ahead_x7} (semaine|semaines))"), "{whether:ask} {weekday:day} [aujourd'hui]",
        ),
        lists=_lists("fr", "noël", "pâques"),
        examples=("quel jour sommes nous", "combien de jours avant noël"),
    ),
    "es": Phrases(
        templates=(
            "qué (día|fecha) (es|será|tenemos) [{day:day}]", "a qué (día|fecha) estamos",
            "cuál es la fecha [de {day:day}]",
            "(dime|dame) la fecha [de {day:day}]", "cuándo es {day:day}", "(la fecha|fecha)",
            "cuántos días (faltan|quedan) {until:ask} {day:day}", "en qué {year:ask} estamos",
            "en qué {month_word:ask} estamos", "a cuántos estamos", "qué día fue {day:day}",
            "cuánto (falta|queda) {until:ask} {day:day}", "(en qué|qué) {week:ask} (estamos|es)",
            "qué día (es|cae) el {day_of_month:day_of_month} de {month:month}", "qué día cae {day:day}",
            "qué (día|fecha) (es|será) (en|dentro de) ({ahead:ahead_x1} (día|días)|{ahead:ahead_x7} (semana|semanas))",
            "{whether:ask} {weekday:day} [hoy]",
        ),
        lists=_lists("es", "navidad", "[la] pascua"),
        examples=("qué día es hoy", "cuántos días faltan para navidad"),
    ),
}  # fmt: skip


def clock(time: dt.time, language: str) -> str:
    """The sentence that tells the time."""
    hour, minute = time.hour, time.minute
    if language == "de":
        return f"Es ist {'ein' if hour == 1 else hour} Uhr{f' {minute}' if minute else ''}."
    if language == "fr":
        return f"Il est {hour} heure{'' if hour < 2 else 's'}{f' {minute}' if minute else ''}."
    twelve = hour % 12 or 12
    part = "madrugada" if hour < 6 else ("mañana" if hour < 12 else ("tarde" if hour < 20 else "noche"))
    begin = "Es la una" if twelve == 1 else f"Son las {twelve}"
    return f"{begin}{f' y {minute}' if minute else ''} de la {part}."


def date(day: dt.date, today: dt.date, language: str) -> str:
    """The sentence that tells a date."""
    near, weekdays, months = _NAMES[language]
    ahead, weekday, month = (day - today).days, weekdays[day.weekday()], months[day.month - 1]
    name = near[ahead] if 0 <= ahead < len(near) else ""
    gone = ahead < 0
    if gone and -ahead <= len(_GONE[language]):
        name = _GONE[language][-ahead - 1].replace("avant hier", "avant-hier")
    month += "" if day.year == today.year or name else f"{' de' if language == 'es' else ''} {day.year}"
    if language == "de":
        begin = name.capitalize() if name else "Das"
        return f"{begin} {'war' if gone else 'ist'} {weekday.capitalize()}, der {day.day}. {month}."
    if language == "fr":
        begin = f"{name[0].upper()}{name[1:]}, c'" if name else "C'"
        return f"{begin}{'était' if gone else 'est'} le {weekday} {'1er' if day.day == 1 else day.day} {month}."
    verb = "fue" if gone else "es"
    begin = f"{name.capitalize()} {verb}" if name else verb.capitalize()
    return f"{begin} {weekday}, {day.day} de {month}."


def until(days: int, language: str) -> str:
    """The sentence that says how many days are left."""
    one = {"de": "Noch ein Tag.", "fr": "Encore un jour.", "es": "Falta un día."}
    many = {"de": f"Noch {days} Tage.", "fr": f"Encore {days} jours.", "es": f"Faltan {days} días."}
    none = {"de": "Das ist heute.", "fr": "C'est aujourd'hui.", "es": "Es hoy."}
    return (one if days == 1 else (many if days > 0 else none))[language]


def calendar(ask: str, today: dt.date, language: str) -> str:
    """The sentence that names the year, the month or the week."""
    if ask == "week":
        week = today.isocalendar().week
        return {"de": f"Wir haben Kalenderwoche {week}.", "fr": f"Nous sommes en semaine {week}.",
                "es": f"Es la semana {week}."}[language]  # fmt: skip
    month = _NAMES[language][2][today.month - 1]
    said = str(today.year) if ask == "year" else month
    return {"de": f"Wir haben {said}.", "fr": f"Nous sommes en {said}.", "es": f"Estamos en {said}."}[language]
