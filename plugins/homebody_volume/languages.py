"""How loud, in German, French and Spanish. Pure data."""

from __future__ import annotations

from typing import Any, Final

from homebody.skill import Phrases


def _lists(up: str, down: str, mute: str, unmute: str) -> dict[str, Any]:
    said = {"up": up, "down": down, "mute": mute, "unmute": unmute}
    own = {name: {"values": [{"in": words, "out": name}]} for name, words in said.items()}
    return {**own, "percent": {"range": {"from": 0, "to": 1000}}, "by": {"range": {"from": 1, "to": 100}}}


_ALL: Final = ("{up:direction}", "{down:direction}", "{mute:direction}", "{unmute:direction}")
PHRASES: Final = {
    "de": Phrases(
        templates=(
            *_ALL,
            (
                "(mach|mache|stell|stelle|dreh|drehe|setz|setze) (die lautstärke|den ton) auf {percent:percent} "
                "[prozent]"
            ),
            "lautstärke [auf] {percent:percent} [prozent]",
            "wie laut (bist du|ist es)",
            "(wie hoch|was) ist die lautstärke",
            "lautstärke",
        ),
        lists=_lists(
            "[[mach|sprich|stell] [es|das|die lautstärke]] [etwas|ein bisschen|viel] (lauter|höher)|(lautstärke|ton) "
            "(rauf|hoch|höher)|(mach|dreh|stell) (die lautstärke|den ton) (rauf|hoch|lauter|höher)",
            "[[mach|sprich|stell] [es|das|die lautstärke]] [etwas|ein bisschen|viel] (leiser|niedriger)|"
            "(lautstärke|ton) (runter|leiser)|zu laut|"
            "(mach|dreh|stell) (die lautstärke|den ton) (runter|leiser|niedriger)|"
            "nicht so laut",
            "(stumm|stumm schalten|ton aus|schalte den ton aus|schalt den ton aus|mach den ton aus|schalte stumm)",
            "(ton an|schalte den ton [wieder] (an|ein)|mach den ton [wieder] an|stummschaltung aufheben)",
        ),
        examples=("mach lauter", "stell die lautstärke auf vierzig prozent"),
    ),
    "fr": Phrases(
        templates=(
            *_ALL,
            "(mets|règle) le (volume|son) à {percent:percent} [pour cent]",
            "volume [à] {percent:percent} [pour cent]",
            "(quel est|à combien est) le volume",
            "le volume",
        ),
        lists=_lists(
            "(plus fort|monte le son|monte le volume|augmente le volume|augmente le son|parle plus fort|"
            "mets plus fort)",
            "(moins fort|plus bas|baisse le son|baisse le volume|diminue le volume|parle moins fort|parle plus "
            "doucement|trop fort)",
            "(coupe le son|muet|mets en sourdine)",
            "(remets le son|rétablis le son|réactive le son)",
        ),
        examples=("monte le son", "mets le volume à quarante pour cent"),
    ),
    "es": Phrases(
        templates=(
            *_ALL,
            "(pon|ajusta|sube|baja) el (volumen|sonido) (al|a) {percent:percent} [por ciento]",
            "volumen [al] {percent:percent} [por ciento]",
            "(cuál es|cómo está|a cuánto está) el volumen",
            "el volumen",
        ),
        lists=_lists(
            "(más alto|más fuerte|sube el volumen|sube el sonido|habla más alto|súbelo|aumenta el volumen)",
            "(más bajo|baja el volumen|baja el sonido|habla más bajo|bájalo|demasiado alto)",
            "(silencia|silencia el sonido|quita el sonido|apaga el sonido|mudo)",
            "(activa el sonido|devuelve el sonido|enciende el sonido|vuelve a poner el sonido)",
        ),
        examples=("sube el volumen", "pon el volumen al cuarenta por ciento"),
    ),
}
SAYS: Final = {
    "de": {
        "level": "Die Lautstärke ist bei {} Prozent.",
        "end": "Weiter geht es nicht.",
        "back": "Ich bin wieder da.",
        "none": "Es ist kein Lautsprecher da, also gibt es keine Lautstärke zu ändern.",
    },
    "fr": {
        "level": "Le volume est à {} pour cent.",
        "end": "C'est le maximum possible.",
        "back": "Me revoilà.",
        "none": "Il n'y a pas de haut-parleur, donc pas de volume à changer.",
    },
    "es": {
        "level": "El volumen está al {} por ciento.",
        "end": "No se puede más.",
        "back": "Ya estoy aquí.",
        "none": "No hay altavoz, así que no hay volumen que cambiar.",
    },
}
