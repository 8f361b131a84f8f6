"""Do these words look like a whole sentence? A guess from their shape alone: no model, no skill, no clock.

Used by the router (a model begins on speculation only when they do) and by the voice (how long a pause is waited out).
"""

from __future__ import annotations

from typing import Final

WHOLE: Final = 0.75  # a sentence mark at the end, which Whisper writes after most things that sound finished
PLAIN: Final = 0.55  # nothing speaks for it or against it
UNIT_MISSING: Final = 0.1
SCRAP: Final = 0.1
HANGING: Final = 0.08  # a whole command can end so, and most that are heard so far go on
UNFINISHED: Final = 0.05  # not even where a skill would make do with it

# Words after which people go on. English, German, French and Spanish, since short function words are what the four have
# in common; where two languages disagree about a word, the one that goes on wins: waiting costs less than cutting off.
_GO_ON: Final = {
    "en": """
        and or but nor so because if unless until when while than that which who whose to for from with without of
        at in into on onto by about as like the a an my your our their his her its this these those is are was were
        am be been will would can could should may might must does did have has had please uh um er erm hmm well
        times plus minus divided multiplied over per and's called named between half every another what's who's
        where's
    """,
    "de": """
        und oder aber denn weil wenn dass ob als wie zu für von mit ohne aus bei nach in im ins am auf um bis der
        die das den dem des ein eine einen einem einer mein meine meinen dein ist sind war bin wird kann soll mal
        plus minus geteilt äh ähm hm also bitte
    """,
    "fr": """
        et ou mais car parce que qui si quand comme à de du des pour avec sans dans sur sous par en le la les un une
        mon ma mes ton ta tes son sa ses ce cette ces est sont était fois plus moins euh hum alors
    """,
    "es": """
        y o pero porque que quien si cuando como a al de del para por con sin en sobre entre el la los las un una
        unos unas mi mis tu tus su sus es son era por más menos eh em pues este
    """,
}
_CONNECTORS: Final = {language: frozenset(words.split()) for language, words in _GO_ON.items()}
_MAY_END: Final = """
    on in at by about like is are was were am be been can could will would should may might must do does did have
    has had this that these those who which when while her his its as into onto over per well what's who's where's
"""
_WEAK: Final = frozenset(_MAY_END.split())  # English ones that also end whole commands: "what can you do"
_MOSTLY_GO_ON: Final = """
    on in at by about is are was were into onto over per may will would could should
"""
_HANG: Final = frozenset(_MOSTLY_GO_ON.split())
_SETTLED: Final = ("it", "that", "this", "there", "he", "she", "they", "you", "we", "i")  # "tell me what time it is"
_NUMBER_WORDS: Final = """
    one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen
    eighteen nineteen twenty thirty forty fifty sixty seventy eighty ninety hundred thousand
"""
_NUMBERS: Final = frozenset(_NUMBER_WORDS.split())
_COUNT_FOR: Final = ("for", "in", "für", "pour", "dans", "para")  # "a timer for eight" goes on, "plus eight" need not
# What is asked for is missing: "remind me to call Anna" goes on with a time more often than not.
_WANT_A_TIME: Final = ("remind me", "wake me", "set an alarm", "erinnere mich", "weck mich")
_TIME_WORDS: Final = """
    at in tomorrow tonight today noon midnight morning evening afternoon minutes minute hours hour seconds o'clock
    am pm monday tuesday wednesday thursday friday saturday sunday um morgen heute abend uhr minuten
"""
_TIMES: Final = frozenset(_TIME_WORDS.split())


def completeness(text: str, language: str | None = None) -> float:
    """How likely nothing more comes, 0.0 to 1.0; `PLAIN` where the words do not tell.

    Args:
        text: As heard, in any case, with or without punctuation.
        language: BCP 47 tag; None or another than en, de, fr, es: read as English.
    """
    said = text.strip()
    if said.endswith(("...", "…", ",", "-", "–", "—", ":", ";")):  # Whisper's own way to write that somebody stopped
        return UNFINISHED
    words = [word.strip(".,!?;:\"'()").lower() for word in said.split()]
    words = [word for word in words if word]
    if not words:
        return PLAIN
    if words[-1] in _CONNECTORS.get((language or "en").partition("-")[0].lower(), _CONNECTORS["en"]):
        return _ends_weakly(words)
    if " ".join(words).startswith(_WANT_A_TIME) and not _TIMES & set(words):
        return UNFINISHED
    if said[-1] in ".!?":
        return WHOLE
    if _is_number(words[-1]):
        before = next((word for word in reversed(words) if not _is_number(word)), "")
        return HANGING if before in _COUNT_FOR else UNIT_MISSING
    return SCRAP if len(words) < 3 else PLAIN


def _is_number(word: str) -> bool:
    return word in _NUMBERS or word.isdigit()


def _ends_weakly(words: list[str]) -> float:
    """Of words that end with one after which people go on."""
    if words[-1] not in _WEAK:
        return UNFINISHED
    settled = len(words) > 1 and words[-2] in _SETTLED
    return HANGING if words[-1] in _HANG and not settled else SCRAP


def looks_complete(text: str, language: str | None = None) -> bool:
    """Whether the words could be all."""
    return completeness(text, language) >= PLAIN
