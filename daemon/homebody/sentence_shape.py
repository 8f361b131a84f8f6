"""Do these words look like a whole sentence? A guess from their shape alone: no model, no skill, no clock.

Used by the router (a model begins on speculation only when they do) and by the voice (how long a pause is waited out).
There `UNFINISHED` overrules even a skill that takes the words for a whole command, so it is only for what nobody ends
with; what may be an end besides is `SCRAP` or `HANGING`, of which a surely heard whole command makes an end.
"""

from __future__ import annotations

import re
from itertools import pairwise
from typing import Final, NamedTuple

WHOLE: Final = 0.75  # a sentence mark at the end, which Whisper writes after most things that sound finished
PLAIN: Final = 0.55  # nothing speaks for it or against it
UNIT_MISSING: Final = 0.1
SCRAP: Final = 0.1
HANGING: Final = 0.08  # a whole command can end so, and most that are heard so far go on
UNFINISHED: Final = 0.05  # not even where a skill would make do with it

# Behind other words they say nothing, not even that more comes: what stands before them is judged.
POLITE_ENDS: Final = {
    "en": ("please", "thank you", "thanks"),
    "de": ("bitte", "danke"),
    "fr": ("s'il te plaît", "s'il vous plaît", "s'il te plait", "s'il vous plait", "merci"),
    "es": ("por favor", "gracias"),
}
_ENDS_WORDS: Final = 20  # an end is looked for among; more would make long texts slow and tell nothing


class _Language(NamedTuple):
    """What is particular to a language. Words are separated by spaces; where it says pattern, of lower-case words
    without punctuation.

    Attributes:
        go_on: Words after which people go on.
        weak: Those of them that also end whole commands: "what can you do".
        hang: And those that can, and mostly go on: "how much memory is".
        settled: Before one of ``hang`` these make an end likelier: "tell me what time it is".
        ends: Pattern of the ends of whole commands whose last word goes on elsewhere: "stell den Wecker aus".
        openings: Pattern of what may stand before a command, and goes on.
        reminder: Pattern of the beginning of what wants a thing and a time.
        alarm: And of what wants a time of the day.
        clock: Words that tell a time of the day, or how long until then.
        days: Words that tell a day.
        date: Pattern of what tells a day without these: "on the third".
        time_before: Words before times, which make a time of a number: "for seven", "half past six".
        numbers: Pattern of a number word.
        count_for: "A timer for eight" goes on, "plus eight" need not.
    """

    go_on: str
    weak: str
    hang: str
    settled: str
    ends: str
    openings: str
    reminder: str
    alarm: str
    clock: str
    days: str
    date: str
    time_before: str
    numbers: str
    count_for: str


# Short function words are what the languages have in common. Where a word is in doubt it goes on: waiting costs less
# than cutting off.
_LANGUAGES: Final = {
    "en": _Language(
        go_on="""
        and or but nor so because if unless until when while than that which who whose to for from with without of
        at in into on onto by about as like the a an my your our their his her its this these those is are was were
        am be been will would can could should may might must does do did have has had please uh um er erm hmm well
        times plus minus divided multiplied over per and's called named between half every another what's who's
        where's
        """,
        weak="""
        like am be been can might must does do did have has had this that these those who which when while her his
        its as well what's who's where's another
        """,
        hang="on in at by about is are was were into onto over per may will would could should",
        settled="it that this there he she they you we i",
        ends=r"""
        (?:turn|switch)\ (?:\S+\ )+on | (?:been|going|go|come|fall)\ on | (?:start|is|are)\ over | (?:of|in|next)\ may
        | (?:talked|talking|spoke|spoken|speaking)\ about | (?:am|are)\ \S+\ looking\ at | battery\ at
        | ^(?:what|who|where)\ (?:\S+\ )*(?:i|you|me|we|it)\ (?:\S+\ )?(?:with|for|to|from|of)
        """,
        openings="please|can you|could you|would you|will you",
        reminder="remind me|set a reminder",
        alarm="wake me(?: up)?|set (?:an|the|my|another) alarm",
        clock="noon midday midnight second seconds minute minutes hour hours o'clock oclock am pm a.m p.m",
        days="""
        today tonight tomorrow morning mornings afternoon evening evenings night day days daily week weeks weekly
        weekday weekdays weekend weekends month months year years monday tuesday wednesday thursday friday saturday
        sunday mondays tuesdays wednesdays thursdays fridays saturdays sundays january february march april may june
        july august september october november december christmas easter
        """,
        date=r"on the \w+(?:st|nd|rd|th)|me (?:at|on|before|after) \w+",  # "remind me at lunch to"
        time_before="for at in by past half to before after until every next",
        numbers=r"""
        one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|(?:thir|four|fif|six|seven|eigh|nine)teen
        |(?:twen|thir|for|fif|six|seven|eigh|nine)ty|hundred|thousand
        """,
        count_for="for in",
    ),
    "de": _Language(
        go_on="""
        und oder aber denn weil wenn dass ob als wie zu für von mit ohne aus bei nach in im ins am an auf um bis ab der
        die das den dem des ein eine einen einem einer mein meine meinen dein ist sind war bin wird kann soll mal
        plus minus geteilt daran jede jeden jedes äh ähm hm also bitte
        """,
        weak="denn",
        hang="das ist sind war bin wird kann soll",
        settled="es er sie ich du wir ihr das",
        # Verbs leave their first half for the end. "Stell den Wecker auf" is none of them, and goes on.
        ends=r"""
        (?:schalte?|mache?|stelle?|drehe?)\ (?:\S+\ )*(?:aus|an|ab) | (?:schalte?|stelle?)\ (?:\S+\ )+(?<!mir\ )ein
        | ^(?!denke?|erinnere?)\S+\ (?:aus|an|ab) | (?:schau|sieh|höre?)\ (?:\S+\ )*an
        | (?:höre?|wache?|steh|nimm|pass)\ (?:\S+\ )*auf | (?:höre?|mach)\ (?:\S+\ )*zu
        | (?:rechne|wandle|wandele)\ (?:\S+\ )+um | (?:wiederhole?|lösche?|vergiss|streiche?|entferne?|beende)\ das
        | (?:noch|doch|erst|warte|hör|stopp)\ mal
        """,
        openings="bitte|(?:kannst|könntest|würdest) du(?: mir| mich)?",
        reminder="erinnere? (?:mich|uns)",
        alarm="wecke? (?:mich|uns)|stelle? (?:mir )?einen wecker",
        clock="mittag mitternacht uhr sekunde sekunden minute minuten stunde stunden viertelstunde",
        days="""
        heute morgen übermorgen abend nachmittag vormittag nacht früh morgens mittags abends nachmittags nachts tag
        tage tagen täglich woche wochen wöchentlich werktags wochenende wochenenden monat monate monaten jahr jahre
        jahren montag dienstag mittwoch donnerstag freitag samstag sonnabend sonntag montags dienstags mittwochs
        donnerstags freitags samstags sonnabends sonntags januar februar märz april mai juni juli august september
        oktober november dezember weihnachten ostern
        """,
        date=r"am (?:ersten|dritten|siebten|(?:\w*(?:zwei|vier|fünf|sechs|ach|neun|zehn|elf|zwölf)|\w+[zß]igs)ten)",
        time_before="""
        um in am auf für gegen ab bis nach vor halb viertel dreiviertel jeden jede jedes nächste nächsten nächstes
        nächster
        """,
        numbers=r"""
        null|eins|zwei|zwo|drei|vier|fünf|sechs|sieben|acht|neun|zehn|elf|zwölf|\w+zehn|\w*(?:zwan|vier|fünf|sech|sieb
        |acht|neun)zig|\w*dreißig|\w*hundert|\w*tausend
        """,
        count_for="für in",
    ),
    "fr": _Language(
        go_on="""
        et ou mais car parce que qui si quand comme à de du des pour avec sans dans sur sous par en le la les un une
        mon ma mes ton ta tes son sa ses ce cette ces est sont était fois plus moins euh hum alors
        """,
        weak="alors",
        hang="est sont était",
        settled="il elle on ils elles ça",
        ends=r"""
        (?:le|du|ton)\ son | (?:de|en|peu|encore|n'\S+|ne\ \S+)\ plus | (?:de|en|peu|au|du)\ moins
        | (?:une|dernière|autre)\ fois | (?:c'est|depuis|jusqu'à)\ (?:quand|qui)
        """,
        openings="s'il te plaît|(?:tu peux|peux-tu|tu pourrais|pourrais-tu|est-ce que tu peux)(?: me)?",
        reminder="rappelle moi",
        alarm="réveille moi|mets(?: moi)? (?:une alarme|un réveil|un rappel)",
        clock="midi minuit heure heures d'heure demi-heure minute minutes seconde secondes",
        days="""
        demain aujourd'hui après-demain matin soir après-midi nuit jour jours semaine semaines week-end mois an ans
        année prochain prochaine lundi mardi mercredi jeudi vendredi samedi dimanche lundis mardis mercredis jeudis
        vendredis samedis dimanches janvier février mars avril mai juin juillet août septembre octobre
        novembre décembre noël pâques
        """,
        date="le premier",
        time_before="à vers pour dans le avant après tous toutes chaque",
        numbers=r"""
        (?:(?:zéro|une?|deux|trois|quatre|cinq|six|sept|huit|neuf|dix|onze|douze|treize|quatorze|quinze|seize|vingts?
        |trente|quarante|cinquante|soixante|mille|et)(?:-(?=\w)|$))+
        """,
        count_for="pour dans",
    ),
    "es": _Language(
        go_on="""
        y o pero porque que quien si cuando como a al de del para por con sin en sobre entre el la los las un una
        unos unas mi mis tu tus su sus es son era por más menos eh em pues este
        """,
        weak="pues",
        hang="es son era este",
        settled="",
        ends=r"""
        ^para | (?:hora|horas|día|fecha|mes|año)\ (?:es|son) | a\ la\ una | no\ \S+\ más
        | (?:minutos?|segundos?|horas?|días?|semanas?|poco|algo|nada|vez)\ (?:más|menos)
        """,
        openings="por favor|(?:me )?(?:puedes|podrías)",
        reminder="recuérdame",
        alarm="despiértame|pon(?:me)? (?:una alarma|un despertador|un recordatorio)",
        clock="mediodía medianoche hora horas minuto minutos segundo segundos",
        days="""
        hoy mañana pasado tarde noche madrugada día días semana semanas mes meses año años diario lunes martes
        miércoles jueves viernes sábado domingo sábados domingos enero febrero marzo abril mayo junio julio agosto
        septiembre octubre noviembre diciembre navidad
        """,
        date="el primero",
        time_before="la las el en dentro de a cada todos todas próximo próxima",
        numbers=r"""
        cero|una|uno|dos|tres|cuatro|cinco|seis|siete|ocho|nueve|diez|once|doce|trece|catorce|quince|dieci\w+|veinte
        |veinti\w+|treinta|cuarenta|cincuenta|sesenta|setenta|ochenta|noventa|cien|mil
        """,
        count_for="para",
    ),
}
_HOUR_WORDS: Final = "one two three four five six seven eight nine ten eleven twelve"
_HOURS: Final = frozenset([*_HOUR_WORDS.split(), *map(str, range(25))])
_ROUND: Final = ("hundred", "thousand")
_CLOCK: Final = re.compile(r"\d{1,2}(?:[:.h]\d\d|h)")  # 7:30, 7h30, 18h


class _Shape:
    """A language, made ready; judges sentences in lower case without punctuation."""

    def __init__(self, language: _Language, polite: tuple[str, ...]) -> None:
        self.go_on = frozenset(language.go_on.split())
        self.weak = frozenset(language.weak.split())
        self.hang = frozenset(language.hang.split())
        self.settled = frozenset(language.settled.split())
        self.clock = frozenset(language.clock.split())
        self.days = frozenset(language.days.split())
        self.time_before = frozenset(language.time_before.split())
        self.count_for = frozenset(language.count_for.split())
        self.polite = re.compile(rf"(?<=\S)(?: (?:{'|'.join(polite)}))+$")
        self.ends = re.compile(rf"(?<!\S)(?:{language.ends})$", re.VERBOSE)
        self.date = re.compile(rf"\b(?:{language.date})\b")
        self.openings = re.compile(rf"(?:{language.openings})(?: (?:{language.openings}))*")
        self.reminder = re.compile(rf"(?:(?:{language.openings}) )*(?:{language.reminder})(?!\S)")
        self.alarm = re.compile(rf"(?:(?:{language.openings}) )*(?:{language.alarm})(?!\S)")
        self.numbers = re.compile(language.numbers, re.VERBOSE)

    def ending(self, words: list[str]) -> float:
        """What the last word says; `PLAIN` where it is none after which people go on."""
        last = words[-1]
        if self.openings.fullmatch(" ".join(words[:_ENDS_WORDS])):
            return UNFINISHED
        if last not in self.go_on:
            return PLAIN
        if last in self.weak or self.ends.search(" ".join(words[-_ENDS_WORDS:])):
            return SCRAP
        if last in self.hang:
            return SCRAP if len(words) > 1 and words[-2] in self.settled else HANGING
        return UNFINISHED

    def asked_for(self, words: list[str]) -> float:
        """Of what wants a time: `UNFINISHED` without one; `HANGING` for a reminder of nothing yet, and an alarm
        of which but the day is known."""
        said = " ".join(words).replace("-moi", " moi")
        reminder = self.reminder.match(said)
        if not reminder and not self.alarm.match(said):
            return PLAIN
        clock = not self.clock.isdisjoint(words) or self._tells_clock(words)
        if not clock and self.days.isdisjoint(words) and not self.date.search(said):
            return UNFINISHED
        if not reminder:
            return PLAIN if clock else HANGING
        known = self.clock | self.days | self.time_before | self.go_on
        of_nothing = all(word in known or self.is_time(word) for word in said[reminder.end() :].split())
        return HANGING if of_nothing else PLAIN

    def number(self, words: list[str]) -> float:
        """What a number at the end says: its unit may come, or more of it."""
        count = next((at for at, word in enumerate(reversed(words)) if not self.is_number(word)), len(words))
        if not count:
            return PLAIN
        before = words[-count - 1] if count < len(words) else ""
        if before in self.count_for:
            hour_and_minutes = count > 1 and words[-count] in _HOURS and words[-1] not in _ROUND  # "for seven thirty"
            return UNIT_MISSING if hour_and_minutes else HANGING
        return UNIT_MISSING

    def is_number(self, word: str) -> bool:
        return word.isdigit() or self.numbers.fullmatch(word) is not None

    def is_time(self, word: str) -> bool:
        return self.is_number(word) or _CLOCK.fullmatch(word) is not None

    def _tells_clock(self, words: list[str]) -> bool:
        return any(_CLOCK.fullmatch(word) for word in words) or any(
            before in self.time_before and self.is_number(word) for before, word in pairwise(words)
        )


_SHAPES: Final = {code: _Shape(language, POLITE_ENDS[code]) for code, language in _LANGUAGES.items()}


def completeness(text: str, language: str | None = None) -> float:
    """How likely nothing more comes, 0.0 to 1.0; `PLAIN` where the words do not tell.

    Args:
        text: As heard, in any case, with or without punctuation.
        language: BCP 47 tag; None or another than en, de, fr, es: read as English.
    """
    said = text.strip().replace("’", "'")
    if said.endswith(("...", "…", ",", "-", "–", "—", ":", ";")):  # Whisper's own way to write that somebody stopped
        return UNFINISHED
    shape = _SHAPES.get((language or "en").partition("-")[0].lower(), _SHAPES["en"])
    all_words = [word for word in (word.strip(".,!?;:¿¡\"'()").lower() for word in said.split()) if word]
    if not all_words:
        return PLAIN
    # Who says "and a half" has said the unit, or as much of the number as without.
    words = shape.polite.sub("", " ".join(all_words)).removesuffix(" and a half").split()
    ending, asked_for = shape.ending(words), shape.asked_for(words)
    if UNFINISHED in (ending, asked_for):
        return UNFINISHED
    if min(ending, asked_for) < PLAIN:
        return min(ending, asked_for)
    if said[-1] in ".!?":
        return WHOLE
    if (number := shape.number(words)) < PLAIN:
        return number
    return SCRAP if len(all_words) < 3 else PLAIN


def looks_complete(text: str, language: str | None = None) -> bool:
    """Whether the words could be all."""
    return completeness(text, language) >= PLAIN
