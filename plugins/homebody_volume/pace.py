"""How fast the assistant speaks, in four languages."""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal

from msgspec import Meta

from homebody.skill import Context, Phrases, Reply, SkillFailed, skill

_STEP_PERCENT: Final = 15
_USUAL_PERCENT: Final = 100


def _lists(slower: str, faster: str, usual: str) -> dict[str, Any]:
    said = {"slower": slower, "faster": faster}
    own: dict[str, Any] = {name: {"values": [{"in": words, "out": name}]} for name, words in said.items()}
    own["usual"] = {"values": [{"in": usual, "out": _USUAL_PERCENT}]}
    return own


_SAYS: Final = {
    "en": {
        "slower": "I'm speaking slower now.",
        "faster": "I'm speaking faster now.",
        "usual": "I'm speaking at my usual speed.",
        "slowest": "That is as slow as it gets.",
        "fastest": "That is as fast as it gets.",
        "none": "There is no loudspeaker attached, so there is nothing to speed up or slow down.",
    },
    "de": {
        "slower": "Ich spreche jetzt langsamer.",
        "faster": "Ich spreche jetzt schneller.",
        "usual": "Ich spreche jetzt normal schnell.",
        "slowest": "Langsamer geht es nicht.",
        "fastest": "Schneller geht es nicht.",
        "none": "Es ist kein Lautsprecher da, also kann ich nicht schneller oder langsamer sprechen.",
    },
    "fr": {
        "slower": "Je parle plus lentement maintenant.",
        "faster": "Je parle plus vite maintenant.",
        "usual": "Je parle à ma vitesse normale.",
        "slowest": "Je ne peux pas parler plus lentement.",
        "fastest": "Je ne peux pas parler plus vite.",
        "none": "Il n'y a pas de haut-parleur, donc je ne peux parler ni plus vite ni plus lentement.",
    },
    "es": {
        "slower": "Ahora hablo más despacio.",
        "faster": "Ahora hablo más rápido.",
        "usual": "Ahora hablo a mi velocidad normal.",
        "slowest": "No puedo hablar más despacio.",
        "fastest": "No puedo hablar más rápido.",
        "none": "No hay altavoz, así que no puedo hablar ni más rápido ni más despacio.",
    },
}
_TEMPLATES: Final = ("{slower:pace}", "{faster:pace}", "{usual:percent}")


def _phrases(language: str, examples: tuple[str, ...], **heard: str) -> Phrases:
    return Phrases(
        templates=_TEMPLATES, lists=_lists(**heard), examples=examples, says=tuple(_SAYS[language].values())[:-1]
    )


_TRANSLATIONS: Final = {
    "de": _phrases(
        "de",
        ("sprich langsamer", "sprich schneller"),
        slower="[(sprich|rede|lies|sprich bitte|red)] [(etwas|ein bisschen|viel)] langsamer|nicht so schnell|"
        "du (sprichst|redest) [viel] zu schnell|zu schnell",
        faster="[(sprich|rede|lies|red)] [(etwas|ein bisschen|viel)] schneller|nicht so langsam|"
        "du (sprichst|redest) [viel] zu langsam|zu langsam",
        usual="(sprich|rede) [wieder] (normal|normal schnell|in normaler geschwindigkeit|wie immer)",
    ),
    "fr": _phrases(
        "fr",
        ("parle plus lentement", "parle plus vite"),
        slower="[(parle|lis|dis le)] [un peu] (plus lentement|moins vite)|pas si vite|"
        "tu parles [beaucoup] trop vite|trop vite|ralentis",
        faster="[(parle|lis|dis le)] [un peu] (plus vite|plus rapidement|moins lentement)|"
        "tu parles [beaucoup] trop lentement|trop lentement|accélère",
        usual="parle [de nouveau] (normalement|à vitesse normale|comme d'habitude)",
    ),
    "es": _phrases(
        "es",
        ("habla más despacio", "habla más rápido"),
        slower="[(habla|lee|dilo)] [un poco] (más despacio|más lento|más lentamente)|no tan rápido|"
        "hablas [demasiado|muy] rápido|demasiado rápido",
        faster="[(habla|lee|dilo)] [un poco] (más rápido|más deprisa|más rápidamente)|no tan (lento|despacio)|"
        "hablas [demasiado|muy] (lento|despacio)|demasiado (lento|despacio)",
        usual="habla [otra vez] (normal|normalmente|a velocidad normal|como siempre)",
    ),
}


@skill(
    *_TEMPLATES,
    lists=_lists(
        slower="[(speak|talk|read|say it|go|speak to me|talk to me)] [(a bit|a little|a little bit|even|much)] "
        "(slower|more slowly|less fast|less quickly)|slow down [(a bit|a little|a little bit|please)]|not so fast|"
        "[you are|you're|that's|that is|you] [speak|speaking|talk|talking] [way|much] too (fast|quickly)|speak slowly",
        faster="[(speak|talk|read|say it|go|speak to me|talk to me)] [(a bit|a little|a little bit|even|much)] "
        "(faster|more quickly|quicker|less slowly)|speed up [(a bit|a little|a little bit|please)]|not so slow|"
        "[you are|you're|that's|that is|you] [speak|speaking|talk|talking] [way|much] too (slow|slowly)|speak quickly",
        usual="(speak|talk) [again] (normally|at [your] (normal|usual|the normal) speed|as usual)|"
        "(normal|usual) [speaking|talking] speed",
    ),
    side_effect=True,
    examples=("speak slower", "talk a bit faster", "you are speaking too fast", "speak normally"),
    translations=_TRANSLATIONS,
    says=tuple(_SAYS["en"].values())[:-1],
)
def speed(
    ctx: Context,
    pace: Literal["slower", "faster"] | None = None,
    percent: Annotated[int, Meta(ge=50, le=200, description="of the usual speed")] | None = None,
) -> Reply:
    """Change how fast I speak."""
    says = _SAYS.get(ctx.language, _SAYS["en"])
    try:
        if pace is None:
            now = ctx.voice.speed(_USUAL_PERCENT if percent is None else percent)
            said = says["usual" if now == _USUAL_PERCENT else "slower" if now < _USUAL_PERCENT else "faster"]
            return Reply(said, value={"percent": round(now)})
        before = ctx.voice.speed()
        now = ctx.voice.speed(f"{'-' if pace == 'slower' else '+'}{_STEP_PERCENT}")
    except SkillFailed:
        return Reply(says["none"], value={"pace": pace} if pace else {"percent": percent})
    end = {"slower": "slowest", "faster": "fastest"}[pace]
    return Reply(says[end if now == before else pace], value={"pace": pace, "percent": round(now)})
