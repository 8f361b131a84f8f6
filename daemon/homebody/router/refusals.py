"""Refusals by capability: "I can't see images", "as a text model I cannot write a poem". Pure.

Small models say so of what they can do, and text models of pictures they were given. What nothing here can do (taste,
remember a birthday, know today's weather) is no such refusal but an honest answer, and so is "I can't see images" where
no picture came along.
"""

from __future__ import annotations

import re
from typing import Final

# How refusals begin, in the eight languages of `homebody.language`. An answer that begins otherwise is none.
OPENERS: Final = (
    "i'm sorry", "i am sorry", "sorry", "i apologize", "my apologies", "unfortunately", "i can't", "i cannot",
    "i can not", "i'm unable", "i am unable", "i'm not able", "i am not able", "i don't", "i do not", "as a ", "as an ",
    "i'm a ", "i am a ", "i'm an ", "i am an ", "i'm just", "i am just", "i'm only", "i am only", "i'm currently",
    "es tut mir leid", "tut mir leid", "entschuldigung", "leider", "ich kann", "ich bin", "als ",
    "je suis", "désolé", "je ne peux", "je ne suis", "malheureusement", "en tant qu",
    "lo siento", "no puedo", "lamentablemente", "como ", "soy un",
    "mi dispiace", "non posso", "purtroppo", "come ", "sono un", "non sono",
    "desculp", "sinto muito", "não posso", "não consigo", "infelizmente", "sou um",
    "het spijt me", "ik kan", "ik ben", "helaas",
    "przykro mi", "przepraszam", "niestety", "nie mogę", "jako ", "jestem", "nie jestem",
)  # fmt: skip

_BEGUN: Final = frozenset(opener[:length] for opener in OPENERS for length in range(len(opener) + 1))
_CANNOT: Final = (
    r"(?:can(?:'t|not| not)|(?:'m|am) (?:unable|not able) to|(?:do not|don't) have the (?:ability|capability) to"
    r"|not capable of|kann|peux|peut|suis|puedo|posso|consigo|kan|mogę|potrafię|bin nicht in der lage)"
)
_NOT: Final = r"(?:n't|not\b|unable|\bnicht|\bkeine|\bpas\b|\bno\b|\bnon\b|\bnão\b|\bniet\b|\bgeen\b|\bnie\b)"
_SEE: Final = (
    r"(?:see|view|look|analy[sz]\w*|process|interpret|access|describe|identify|display|open"
    r"|sehen|ansehen|betrachten|anzeigen|analysieren|voir|regarder|analyser|afficher|ver|analizar|visualizar|vedere"
    r"|analizzare|visualizzare|analisar|zien|bekijken|analyseren|zobaczyć|widzieć|oglądać|analizować|wyświetlić)"
)
_PICTURE: Final = (
    r"(?:images?|pictures?|photos?|photographs?|screenshots?|visual|bild\w*|foto\w*|imagen\w*|imágenes|immagin\w+"
    r"|imagens?|imagem|afbeelding\w*|plaatje\w*|zdję\w+|obraz\w*)"
)
_SIGHT: Final = (
    re.compile(rf"{_CANNOT}[^.!?]{{0,40}}\b{_SEE}\b[^.!?]{{0,60}}\b{_PICTURE}\b"),
    re.compile(rf"{_PICTURE}\b[^.!?]{{0,60}}{_NOT}[^.!?]{{0,40}}\b{_SEE}\b"),  # word order of German and Dutch
    re.compile(rf"{_NOT}[^.!?]{{0,40}}\b{_SEE}\b[^.!?]{{0,60}}\b{_PICTURE}\b"),
    re.compile(rf"{_CANNOT}[^.!?]{{0,60}}\b{_PICTURE}\b[^.!?]{{0,60}}\b{_SEE}\b"),
    re.compile(r"text[- ](?:based|only)|textbasiert|basad[oa] en texto|basado em texto|basato sul testo|tekstow"),
)
_WRITTEN: Final = re.compile(
    r"(?:can(?:'t|not| not)|(?:'m|am) (?:unable|not able) to|(?:do not|don't) have the (?:ability|capability) to)"
    r"\s+(?:\w+ly\s+)?(?:write|compose|translate|calculate|compute|do (?:maths?|arithmetic|calculations|sums)"
    r"|(?:create|generate|make up|come up with|tell|invent)"
    r"\s+(?:\w+\s+){0,3}(?:poems?|stor(?:y|ies)|code|jokes?|text|songs?|lyrics|riddles?))\b"
)
_UNTIL: Final = 40  # words; a refusal comes first


def may_open(text: str) -> bool:
    """Whether an answer that begins like this may turn out to be a refusal."""
    begun = _plain(text)
    return begun in _BEGUN or begun.startswith(OPENERS)


def is_refusal(text: str, *, has_image: bool) -> bool:
    """Whether an answer with this beginning refuses what a model ought to be able to do.

    Args:
        text: At least its first sentence.
        has_image: A picture came with the question.
    """
    begun = _plain(" ".join(text.split()[:_UNTIL]))
    if not begun.startswith(OPENERS):
        return False
    return bool(_WRITTEN.search(begun)) or (has_image and any(found.search(begun) for found in _SIGHT))


def _plain(text: str) -> str:
    return " ".join(text.lower().replace("’", "'").lstrip("\"'“«*¡ \n\t").split()) + (
        " " if text[-1:].isspace() else ""
    )
