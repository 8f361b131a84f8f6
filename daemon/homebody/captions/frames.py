"""Words that frame a search without saying what is searched for, in the languages people ask in. Pure."""

from __future__ import annotations

from typing import Final

from homebody.language import identify

_FRAMES: Final = {
    "en": """a about all am an and any are at be been by can could did do does find for from give had has have here i
        image images in into is it its look me my of on one ones or our out photo photograph photographs photos pic pics
        picture pictures please search see shot shots show some that the their them there these this those to up us was
        we were what when where which who whose with would you your""",
    "de": """aber alle allen am an auf aufnahme aufnahmen aus bei beim bild bilder bildern bitte da das dein deine dem
        den denen der des dich die dies diese diesem diesen dieser dieses dir du durchsuche ein eine einem einen einer
        eines er es finde für fotos foto gibt hab habe haben hat hatte hier ich im in ins irgendein ist kannst mal man
        mein meine meinem meinen meiner mich mir mit nach noch oder photo photos schau sehen sich sie siehst sieht sind
        such suche um und uns unser unsere vom von vor war waren was wegen welche welchem welchen welcher welches wem
        wen wer wir wo zeig zeige zeigt zu zum zur über""",
    "fr": """a ai as au aux avec avons c ce ces cet cette cherche chez d dans de des donne dont du elle en est et eu
        il ils image images j je l la le les leur leurs lui m ma me mes moi mon montre n ne nos notre nous on ont ou où
        par photo photos photographie photographies pour qu que quel quelle quelles quels qui quoi s sa se ses son sont
        sur t ta te tes toi ton trouve tu un une vois voit vos votre vous y à était étaient""",
    "es": """a al algún alguna algunas algunos aparece aquí busca búscame con cuál cuáles de del donde dónde el ella en
        encuentra encuéntrame era eran es esa ese eso esta estaba estaban este esto está están fotografía fotografías
        foto fotos ha hay había he imagen imágenes la las le lo los me mi mis muestra muéstrame nos nuestra nuestro o
        para por que quién qué sale salen se son su sus te tengo tenía tiene tienen tu un una unas unos y ve veo yo""",
}
# Which are words of another of these languages too, and say something there: a hat, a man, gold, a son, a year.
_MEANT_ELSEWHERE: Final = frozenset(
    """all am an as car die den des eu fin gibt hat her he hub i lui ma man me mine mir mit nach nos on one or par pic
    pour qui sale salen se ses shot shots show son sont sur te ton tu um vis vos war was were""".split()  # noqa: SIM905
)
_WORDS: Final = {language: frozenset(words.split()) for language, words in _FRAMES.items()}
_ANYWHERE: Final = frozenset().union(*_WORDS.values()) - _MEANT_ELSEWHERE


def frames(text: str) -> frozenset[str]:
    """The words that frame this search, as they are written in lower case."""
    return _ANYWHERE | _WORDS.get(identify(text), _WORDS["en"])
