"""What the router says of itself, in the eight languages of `homebody.language`; others get English."""

from __future__ import annotations

from typing import Final

_LET_ME_THINK: Final = {
    "en": "Let me think.",
    "de": "Lass mich nachdenken.",
    "fr": "Laissez-moi réfléchir.",
    "es": "Déjame pensar.",
    "it": "Fammi pensare.",
    "pt": "Deixa-me pensar.",
    "nl": "Laat me even denken.",
    "pl": "Niech pomyślę.",
}
_LOST_THE_THREAD: Final = {
    "en": "I lost the thread there.",
    "de": "Da habe ich den Faden verloren.",
    "fr": "J'ai perdu le fil.",
    "es": "He perdido el hilo.",
    "it": "Ho perso il filo.",
    "pt": "Perdi o fio à meada.",
    "nl": "Ik ben de draad kwijt.",
    "pl": "Straciłem wątek.",
}
_DISAGREE: Final = {
    "en": "I asked two models and they do not agree. One says: {one} The other says: {other}",
    "de": "Ich habe zwei Modelle gefragt, und sie sind sich nicht einig. Das eine sagt: {one} Das andere sagt: {other}",
    "fr": "J'ai demandé à deux modèles et ils ne sont pas d'accord. L'un dit: {one} L'autre dit: {other}",
    "es": "He preguntado a dos modelos y no coinciden. Uno dice: {one} El otro dice: {other}",
    "it": "Ho chiesto a due modelli e non sono d'accordo. Uno dice: {one} L'altro dice: {other}",
    "pt": "Perguntei a dois modelos e eles não concordam. Um diz: {one} O outro diz: {other}",
    "nl": "Ik heb het twee modellen gevraagd en ze zijn het niet eens. Het ene zegt: {one} Het andere zegt: {other}",
    "pl": "Zapytałem dwa modele i nie są zgodne. Jeden mówi: {one} Drugi mówi: {other}",
}
_UNSURE: Final = {
    "en": "I asked two models and cannot tell whether they agree. One says: {one} The other says: {other}",
    "de": "Ich habe zwei Modelle gefragt und weiß nicht, ob sie sich einig sind. Das eine sagt: {one} "
    "Das andere sagt: {other}",
    "fr": "J'ai demandé à deux modèles sans savoir s'ils sont d'accord. L'un dit: {one} L'autre dit: {other}",
    "es": "He preguntado a dos modelos y no sé si coinciden. Uno dice: {one} El otro dice: {other}",
    "it": "Ho chiesto a due modelli e non so se sono d'accordo. Uno dice: {one} L'altro dice: {other}",
    "pt": "Perguntei a dois modelos e não sei se concordam. Um diz: {one} O outro diz: {other}",
    "nl": "Ik heb het twee modellen gevraagd en weet niet of ze het eens zijn. Het ene zegt: {one} "
    "Het andere zegt: {other}",
    "pl": "Zapytałem dwa modele i nie wiem, czy są zgodne. Jeden mówi: {one} Drugi mówi: {other}",
}
_UNVERIFIED: Final = {
    "en": "Only one model answered, so this is not verified. {one}",
    "de": "Nur ein Modell hat geantwortet, das ist also nicht geprüft. {one}",
    "fr": "Un seul modèle a répondu, ce n'est donc pas vérifié. {one}",
    "es": "Solo ha respondido un modelo, así que no está comprobado. {one}",
    "it": "Ha risposto un solo modello, quindi non è verificato. {one}",
    "pt": "Só um modelo respondeu, por isso não está verificado. {one}",
    "nl": "Maar één model heeft geantwoord, dus dit is niet gecontroleerd. {one}",
    "pl": "Odpowiedział tylko jeden model, więc nie jest to sprawdzone. {one}",
}


def let_me_think(language: str) -> str:
    """Said while a model has nothing sayable yet."""
    return _in(_LET_ME_THINK, language)


def lost_the_thread(language: str) -> str:
    """Said when an answer turns out to be worthless after some of it was said."""
    return _in(_LOST_THE_THREAD, language)


def disagreement(language: str, one: str, other: str, *, sure: bool = True) -> str:
    """Two answers that say different things or, not ``sure``, may do so."""
    return _in(_DISAGREE if sure else _UNSURE, language).format(one=_sentence(one), other=_sentence(other))


def unverified(language: str, one: str) -> str:
    """The one answer there is, where there should have been two."""
    return _in(_UNVERIFIED, language).format(one=one.strip())


def _in(table: dict[str, str], language: str) -> str:
    return table.get(language, table["en"])


def _sentence(text: str) -> str:
    text = text.strip()
    return text if text[-1:] in ".!?…。！？" else f"{text}."
