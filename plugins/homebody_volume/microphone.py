"""Whether the assistant hears anything at all, in four languages."""

from __future__ import annotations

from typing import Any, Final, Literal

from homebody.skill import Context, Phrases, Reply, SkillFailed, skill

_SAYS: Final = {
    "en": {
        "off": "I'm not listening any more. To have me listen again, run homebody unmute.",
        "on": "I'm listening again.",
        "none": "There is no microphone attached.",
    },
    "de": {
        "off": "Ich höre nicht mehr zu. Damit ich wieder zuhöre, starte homebody unmute.",
        "on": "Ich höre wieder zu.",
        "none": "Es ist kein Mikrofon da.",
    },
    "fr": {
        "off": "Je n'écoute plus. Pour que j'écoute de nouveau, lancez homebody unmute.",
        "on": "J'écoute de nouveau.",
        "none": "Il n'y a pas de micro.",
    },
    "es": {
        "off": "Ya no escucho. Para que vuelva a escuchar, ejecuta homebody unmute.",
        "on": "Vuelvo a escuchar.",
        "none": "No hay micrófono.",
    },
}
_TEMPLATES: Final = ("{off:hears}", "{on:hears}")


def _lists(off: str, on: str) -> dict[str, Any]:
    return {name: {"values": [{"in": words, "out": name}]} for name, words in (("off", off), ("on", on))}


def _says(language: str) -> tuple[str, ...]:
    return tuple(_SAYS[language].values())[:-1]


def _phrases(language: str, examples: tuple[str, ...], off: str, on: str) -> Phrases:
    return Phrases(templates=_TEMPLATES, lists=_lists(off, on), examples=examples, says=_says(language))


_TRANSLATIONS: Final = {
    "de": _phrases(
        "de",
        ("hör nicht mehr zu", "schalte das mikrofon aus"),
        off="(hör|höre) (nicht mehr|nicht länger|jetzt nicht|nicht) zu|(hör|höre) auf zuzuhören|"
        "(schalte|schalt|mach|stell|stelle) (das|dein) (mikrofon|mikro) (aus|ab|stumm)|(mikrofon|mikro) (aus|ab|stumm)|"
        "(schalte|schalt|stell|stelle) dich stumm|weghören|(hör|höre) weg",
        on="(hör|höre) wieder zu|(schalte|schalt|mach|stell|stelle) (das|dein) (mikrofon|mikro) [wieder] (an|ein)|"
        "(mikrofon|mikro) [wieder] (an|ein)",
    ),
    "fr": _phrases(
        "fr",
        ("arrête d'écouter", "coupe le micro"),
        off="(arrête|arrêtez|cesse) [de m'|d'|de nous ](écouter|écoute)|n'écoute plus|ne m'écoute plus|"
        "(coupe|éteins|désactive) (le|ton) (micro|microphone)|(micro|microphone) (coupé|éteint)",
        on="(écoute|recommence à écouter|écoute-moi) (de nouveau|à nouveau|encore)|recommence à écouter|"
        "(rallume|active|réactive|remets) (le|ton) (micro|microphone)",
    ),
    "es": _phrases(
        "es",
        ("deja de escuchar", "apaga el micrófono"),
        off="(deja|para) de (escuchar|escucharme|escucharnos)|no (escuches|me escuches) [más]|"
        "(apaga|silencia|desactiva|corta) (el|tu) (micrófono|micro)|(micrófono|micro) apagado",
        on="(escucha|escúchame) (otra vez|de nuevo)|vuelve a (escuchar|escucharme)|"
        "(enciende|activa|conecta) (el|tu) (micrófono|micro) [otra vez|de nuevo]",
    ),
}


@skill(
    *_TEMPLATES,
    "(turn|switch) {switched:hears} (the|your) (microphone|mic|mike)",
    "[(turn|switch) (the|your)] (microphone|mic|mike) [back] {switched:hears}",
    lists=_lists(
        off="(stop|quit) listening [(to me|to us|now)]|(don't|do not) listen [(any more|anymore|to me|to us|now)]|"
        "mute (yourself|[the|your] (microphone|mic|mike))|close your ears|cover your ears|go deaf",
        on="unmute (yourself|[the|your] (microphone|mic|mike))|(start listening|listen) [to (me|us)] again|"
        "start listening|open your ears",
    )
    | {"switched": {"values": ["on", "off"]}},
    side_effect=True,
    examples=("stop listening", "mute yourself", "turn off the microphone", "listen again"),
    translations=_TRANSLATIONS,
    says=_says("en"),
)
def microphone(ctx: Context, hears: Literal["on", "off"]) -> Reply:
    """Stop hearing anything at all, or hear again."""
    says = _SAYS.get(ctx.language, _SAYS["en"])
    try:
        ctx.voice.mute_microphone(hears == "off")
    except SkillFailed:
        return Reply(says["none"], value={"hears": hears})
    return Reply(says[hears], value={"hears": hears})
