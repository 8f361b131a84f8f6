"""The small words of a conversation in German, French and Spanish. Pure data."""

from __future__ import annotations

import re
from typing import Any, Final

from msgspec import structs

from homebody.skill import Phrases

REPEAT: Final = {
    "de": Phrases(
        templates=("(wiederhole|wiederhol) [das|es] [bitte]", "(sag|sage) das (nochmal|noch einmal|noch mal)",
                   "was hast du [gerade] gesagt", "(wie bitte|nochmal|noch einmal)",
                   "das habe ich nicht (verstanden|gehört)", "ich habe (dich|das) nicht (verstanden|gehört)"),
        examples=("wiederhole das", "was hast du gesagt"),
    ),
    "fr": Phrases(
        templates=("(répète|répétez) [ça|cela]", "tu peux répéter", "qu'est ce que tu as dit", "redis le",
                   "(pardon|comment|encore une fois)", "je n'ai pas (compris|entendu)", "tu as dit quoi"),
        examples=("répète", "qu'est ce que tu as dit"),
    ),
    "es": Phrases(
        templates=("(repite|repítelo|repite eso)", "qué (has dicho|dijiste)", "(otra vez|cómo dices|perdón)",
                   "(dilo|dímelo) otra vez", "no te (he entendido|entendí|oí)"),
        examples=("repite eso", "qué has dicho"),
    ),
}  # fmt: skip
STOP: Final = {
    "de": Phrases(templates=("(stopp|stop|halt|aufhören|hör auf|sei still|sei leise|ruhe|schluss|still|halt an)",
                             "hör auf zu (reden|sprechen)", "das reicht"), examples=("hör auf", "sei still")),
    "fr": Phrases(templates=("(stop|arrête|arrête toi|tais toi|silence|chut|ça suffit|assez)",
                             "arrête de parler"), examples=("arrête", "tais toi")),
    "es": Phrases(templates=("(para|stop|detente|basta|silencio|cállate|callate|calla|ya basta|ya está)",
                             "deja de hablar"), examples=("para", "cállate")),
}  # fmt: skip
NEVER_MIND: Final = {
    "de": Phrases(templates=(("(vergiss es|schon gut|egal|lass es|nicht so wichtig|abbrechen|ach nichts|nichts|macht "
                             "nichts|nein danke)"),
                             ("[nein|halt|okay|ach] ([mach|mache] (das|es) [wieder] rückgängig|rückgängig [machen]|"
                              "nimm das zurück|brich (das|es) [wieder] ab)")),
                  examples=("vergiss es", "schon gut")),
    "fr": Phrases(templates=(("(laisse tomber|oublie|oublie ça|peu importe|ce n'est rien|annule|rien|tant pis|non "
                             "merci|c'est pas grave)"),
                             "[non|attends|pardon] annule (ça|cela)"), examples=("laisse tomber", "oublie ça")),
    "es": Phrases(templates=(("(olvídalo|olvidalo|déjalo|dejalo|no importa|nada|da igual|cancela|cancelar|no "
                             "gracias)"),
                             "[no|espera|perdón] (deshazlo|deshaz eso|cancela eso|cancélalo|cancelalo)"),
                  examples=("olvídalo", "no importa")),
}  # fmt: skip

FORGET: Final = {
    "de": Phrases(templates=("(vergiss|lösch|lösche) (dieses|unser|das) gespräch",
                             "vergiss (alles|was) (ich|wir) gesagt (habe|haben)",
                             "vergiss worüber wir (geredet|gesprochen) haben",
                             "[lass uns] [ein] neues gespräch [anfangen|beginnen]",
                             "fang [noch mal|nochmal] von vorne an"),
                  examples=("vergiss unser gespräch", "neues gespräch")),
    "fr": Phrases(templates=("(oublie|efface) (cette|notre|la) conversation",
                             "oublie (tout ce que|ce que) (j'ai|on a|nous avons) dit",
                             "[commence|commençons] une nouvelle conversation", "nouvelle conversation",
                             "(recommençons|repartons) (à|de) zéro"),
                  examples=("oublie notre conversation", "nouvelle conversation")),
    "es": Phrases(templates=("(olvida|borra) (esta|nuestra|la) conversación",
                             "olvida (todo lo que|lo que) (he dicho|hemos dicho|dije)",
                             "(empieza|empecemos) una (nueva conversación|conversación nueva)", "nueva conversación",
                             "(empecemos|empezamos) de nuevo"),
                  examples=("olvida nuestra conversación", "nueva conversación")),
}  # fmt: skip


def _words(**heard: tuple[str, ...]) -> dict[str, Any]:
    values = [{"in": one, "out": name.replace("_", " ")} for name, several in heard.items() for one in several]
    return {"greeting": {"values": values}}


GREETING: Final = {
    "de": Phrases(
        templates=("{greeting} [computer|homebody|zusammen]",),
        lists=_words(hello=("hallo", "guten tag", "servus", "moin", "grüß dich", "hallo du"),
                     good_morning=("guten morgen",), good_evening=("guten abend",),
                     good_night=("gute nacht", "schlaf gut"), goodbye=("tschüss", "tschüß", "auf wiedersehen",
                     "bis später", "bis morgen"), thank_you=("danke", "vielen dank", "danke schön", "danke dir")),
        examples=("hallo", "guten morgen"),
    ),
    "fr": Phrases(
        templates=("{greeting} [ordinateur|homebody|tout le monde]",),
        lists=_words(hello=("bonjour", "salut", "coucou"), good_evening=("bonsoir",),
                     good_night=("bonne nuit", "dors bien"), goodbye=("au revoir", "à bientôt", "à demain",
                     "à plus tard"), thank_you=("merci", "merci beaucoup", "merci bien")),
        examples=("bonjour", "bonne nuit"),
    ),
    "es": Phrases(
        templates=("{greeting} [ordenador|homebody|a todos]",),
        lists=_words(hello=("hola", "buenas", "qué tal"), good_morning=("buenos días",),
                     good_afternoon=("buenas tardes",), good_night=("buenas noches",),
                     goodbye=("adiós", "hasta luego", "hasta mañana", "hasta pronto"),
                     thank_you=("gracias", "muchas gracias", "mil gracias")),
        examples=("hola", "buenos días"),
    ),
}  # fmt: skip
ANSWERS: Final = {
    "de": {"hello": "Hallo.", "good morning": "Guten Morgen.", "good evening": "Guten Abend.",
           "good night": "Gute Nacht.", "goodbye": "Tschüss.", "thank you": "Gern geschehen."},
    "fr": {"hello": "Bonjour.", "good evening": "Bonsoir.", "good night": "Bonne nuit.", "goodbye": "Au revoir.",
           "thank you": "Je t'en prie."},
    "es": {"hello": "Hola.", "good morning": "Buenos días.", "good afternoon": "Buenas tardes.",
           "good night": "Buenas noches.", "goodbye": "Adiós.", "thank you": "De nada."},
}  # fmt: skip
OKAY: Final = {"de": "Okay.", "fr": "D'accord.", "es": "De acuerdo."}
# What people say to have something undone; "cancel" alone is said to drop what was begun.
TAKES_BACK: Final = re.compile(
    r"\b(?:cancel (?:that|it|this)|undo|scratch that|(?:take|took) (?:that|it) back|rückgängig|zurück|brich|"
    r"annule (?:ça|cela)|deshaz(?:lo| eso)|cancela eso|canc[eé]lalo)\b"
)
CANCEL_WHAT: Final = {
    "de": "Ich weiß nicht, was ich abbrechen soll. Sag zum Beispiel: Lösche den Timer.",
    "fr": "Je ne sais pas quoi annuler. Dis par exemple : annule le minuteur.",
    "es": "No sé qué cancelar. Di, por ejemplo: cancela el temporizador.",
}
FORGOTTEN: Final = {"de": "Vergessen.", "fr": "C'est oublié.", "es": "Olvidado."}
NOTHING: Final = {
    "de": "Es gibt noch nichts zu wiederholen.", "fr": "Il n'y a encore rien à répéter.",
    "es": "Todavía no hay nada que repetir.",
}  # fmt: skip
for _language, _answers in ANSWERS.items():
    GREETING[_language] = structs.replace(GREETING[_language], says=tuple(_answers.values()))
    FORGET[_language] = structs.replace(FORGET[_language], says=(FORGOTTEN[_language],))
    NEVER_MIND[_language] = structs.replace(NEVER_MIND[_language], says=(OKAY[_language], CANCEL_WHAT[_language]))
