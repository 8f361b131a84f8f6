"""How people ask for pictures and for what is on their screen: sentence templates in four languages. Pure data."""

from __future__ import annotations

from typing import Any, Final

LISTS: Final[dict[str, Any]] = {"words": {"wildcard": True}}
WHICH: Final = {  # language -> how the latest picture is called, and the one after what was found
    "en": ("(latest|newest|last|most recent)", "next"),
    "de": ("(neueste|neuestes|neuste|letzte|jüngste|aktuellste)", "(nächste|nächstes)"),
    "fr": ("dernière", "suivante"),
    "es": ("última", "siguiente"),
}


def which(language: str) -> dict[str, Any]:
    """The slot lists of `picture_show` in this language."""
    latest, next_ = WHICH[language]
    said = (("latest", latest), ("next", next_))
    return {**LISTS, **{name: {"values": [{"in": words, "out": name}]} for name, words in said}}


RULES: Final = {
    "en": {
        "one": "(picture|photo|image|photograph|screenshot|snapshot|pic)",
        "all": "(pictures|photos|images|photographs|screenshots|snapshots|pics)",
        "with": "(of|with|that has|that had|that shows|showing|about|from|where|in which|taken)",
        "this": "(this|that|the|my)",
        "aloud": "[to me|aloud|out loud]",
        "screen": "(my|the|this) (screen|desktop|display|monitor)",
        "error": "(error|error message|message|warning|dialog|popup|pop up|text)",
    },
    "de": {
        "one": "(bild|foto|photo|aufnahme|screenshot|bildschirmfoto|schnappschuss)",
        "all": "(bilder|fotos|photos|aufnahmen|screenshots|bildschirmfotos|bildern|schnappschüsse)",
        "the": "[(das|die|ein|eine|den|einen|mein|meine|meinen|unser|unsere|alle)]",
        "with": "(von|vom|mit|mit dem|mit der|aus|aus dem|auf dem|auf der|auf denen|wo|in dem|über)",
        "seen": "[(zu sehen|drauf|abgebildet)]",
        "screen": "((meinem|dem|diesem) (bildschirm|monitor|schirm|desktop)|meiner oberfläche)",
        "it": "((mein|der|dieser|meinen|den|diesen) (bildschirm|monitor|desktop))",
        "error": "[(diesen|den|diese|die|das|dieses|dieser|der)] (fehler|fehlermeldung|meldung|nachricht|warnung|"
                 "hinweis|text|dialog)",
    },
    "fr": {
        "one": "(photo|image|capture|capture d'écran|capture d' écran|photographie)",
        "all": "(photos|images|captures|captures d'écran|captures d' écran|photographies)",
        "the": "[(la|le|l'|l' |une|un|les|des|ma|mon|mes|nos|toutes les)]",
        "with": "(de la|de l'|de l' |de|du|des|d'|d' |avec|où il y a|où|qui montre|sur laquelle)",
        "screen": "((mon|cet) écran|l'écran|l' écran|(mon|le) bureau)",
        "error": "(cette erreur|l'erreur|l' erreur|ce message|le message|ce message d'erreur|ce message d' erreur|"
                 "le message d'erreur|le message d' erreur|cet avertissement|ce texte|cette fenêtre)",
        "shot": "(capture|capture d'écran|capture d' écran|copie d'écran|copie d' écran|photo de <screen>|"
                "capture de <screen>)",
    },
    "es": {
        "one": "(foto|imagen|captura|captura de pantalla|fotografía|pantallazo)",
        "all": "(fotos|imágenes|capturas|capturas de pantalla|fotografías|pantallazos)",
        "the": "[(la|una|el|un|las|los|mi|mis|nuestra|nuestras|alguna|todas las)]",
        "with": "(de la|del|de|con|donde sale|donde está|que muestra|en la que sale|en la que está|en la que)",
        "screen": "((mi|la|esta) pantalla|(mi|el|este) (monitor|escritorio))",
        "error": "(este|ese|el|esta|esa|la) (error|mensaje|mensaje de error|aviso|texto|ventana|advertencia)",
        "shot": "(captura|captura de pantalla|captura de <screen>|pantallazo|foto de <screen>)",
    },
}  # fmt: skip
FIND: Final = {
    "en": (
        "(which|what) (<one>|<all>) (had|has|have|shows|showed|show|is of|was of|are of|contains) {words}",
        "(in|on) (which|what) <one> (is|was|are|were) {words}",
        ("(find|look for|search for|where is|where's|do i have|do we have|do you have|have you got|is there|are there) "
        "[me] [(the|a|an|my|our|any|that|some|all)] (<one>|<all>) <with> {words}"),
        "(which|what) <all> (do i have|do we have|do you have|are there) <with> {words}",
        "(find|look for|search for) [me] (my|our) {words} (<one>|<all>)",
        "(search|look through) [(my|our|the|all)] [(my|our|the)] <all> for {words}",
    ),
    "de": (
        "(welches|welche|was für ein) (<one>|<all>) (zeigt|zeigte|zeigen|hat|hatte|haben|enthält) {words} <seen>",
        "(auf|in) (welchem|welchen) (<one>|<all>) (ist|war|sind|waren|sieht man|sehe ich|gibt es) {words} <seen>",
        ("(finde|find|such|suche|suche nach|such nach|wo ist|wo sind|gibt es|habe ich|haben wir|hast du) [mir] <the> "
        "(<one>|<all>) <with> {words} <seen>"),
        "(durchsuche|durchsuch) <the> <all> nach {words}",
        "(welche|was für) <all> (habe ich|haben wir|hast du|gibt es) <with> {words}",
    ),
    "fr": (
        "(quelle|quelles) (<one>|<all>) (montre|montrait|montrent|a|avait|ont|contient) {words}",
        "(sur|dans) (quelle|quelles) (<one>|<all>) (est|était|sont|étaient|y a t il|il y a|voit on|on voit) {words}",
        ("(trouve|cherche|retrouve|où est|où sont|y a t il|est ce qu'il y a|ai je|est ce que j'ai) [moi] <the> "
        "(<one>|<all>) <with> {words}"),
    ),
    "es": (
        "(qué|cuál|cuáles) (<one>|<all>) (tiene|tenía|tienen|muestra|mostraba|muestran|contiene) {words}",
        ("en (qué|cuál|cuáles) (<one>|<all>) (está|estaba|están|sale|salía|salen|aparece|aparecía|hay|había|se ve) "
        "{words}"),
        ("(busca|búscame|encuentra|encuéntrame|dónde está|dónde están|hay|tengo|tenemos) <the> (<one>|<all>) <with> "
        "{words}"),
    ),
}  # fmt: skip
SHOW: Final = {
    "en": (
        ("(show|bring up) [me] [(the|a|an|my|our|that|some)] [(latest|newest|last|most recent)] (<one>|<all>) <with> "
        "{words}"),
        "open [me] (the|a|an|my|our|that) <one> <with> {words}",
        "(show|open) [me] [(it|that one|this one|<this> <one>|the best one|the first one)] [please]",
        "(show|open) it to me",
        "let me see (it|that|<this> <one>)",
        "(show|bring up) [me] (my|our) {words} (<one>|<all>)",
        "(show|open|bring up) [me] (the|my|our) {latest:which} <one>",
        "[(show|open|bring up) [me]] [the] {next:which} <one>",
        "(show|bring up) [me] the {next:which} one",
    ),
    "de": (
        "(zeig|zeige|öffne|öffnen) [mir] <the> (<one>|<all>) <with> {words}",
        "(zeig|zeige|öffne) [mir] [(es|das|dieses|das beste|das erste|(das|dieses) <one>|her|mal her)]",
        "(zeig|zeige) (es|das) [mir]",
        "lass (mich es|mich das|es mich|mich) sehen",
        "(zeig|zeige|öffne) [mir] (das|die|mein|unser) {latest:which} <one>",
        "[(zeig|zeige|öffne) [mir]] (das|die|den) {next:which} <one>",
        "(zeig|zeige) [mir] das {next:which}",
    ),
    "fr": (
        "(montre|affiche|ouvre) [moi] <the> (<one>|<all>) <with> {words}",
        "(montre|affiche|ouvre) (moi|la|le|ça|la moi|le moi|moi ça|[moi] (la|cette) <one>)",
        "fais (moi voir|la voir|moi la voir)",
        "(montre|affiche|ouvre) [moi] (la|ma) {latest:which} <one>",
        "[(montre|affiche|ouvre) [moi]] la <one> {next:which}",
        "(montre|affiche) [moi] la {next:which}",
    ),
    "es": (
        "(muéstrame|muestra|enséñame|enseña|abre|ábreme) <the> (<one>|<all>) <with> {words}",
        "(muéstrame|enséñame|muéstramela|muéstramelo|enséñamela|enséñamelo|muéstrala|enséñala|ábrela|ábrelo)",
        "(muéstrame|muestra|enséñame|enseña|abre) (la|esa|esta) (<one>|mejor|primera)",
        "déjame (verla|verlo|ver)",
        "(muéstrame|muestra|enséñame|enseña|abre) (la|mi) {latest:which} <one>",
        "[(muéstrame|muestra|enséñame|enseña|abre)] la {next:which} <one>",
        "(muéstrame|enséñame) la {next:which}",
    ),
}  # fmt: skip
COUNT: Final = {
    "en": (
        "how many <all> are [(still|there)] (waiting|left|to do|to go|missing|in the queue|not described|undescribed)",
        "how many <all> (do i have|do we have|are there|have you (seen|described)|do you know)",
        "(how far|how far along) (is|are) (the gallery|<this> <all>|you with <this> <all>)",
        "are [all] <this> <all> (done|described|ready|finished) [yet]",
    ),
    "de": (
        "wie viele <all> (warten|warten noch|fehlen|fehlen noch|stehen noch aus|sind noch (offen|übrig|zu tun))",
        "wie viele <all> (habe ich|haben wir|gibt es|kennst du|hast du gesehen|hast du beschrieben)",
        "wie weit (ist die galerie|sind (die|meine) <all>|bist du mit (den|meinen) <all>)",
        "sind [(alle|die|meine)] <all> [schon] (fertig|beschrieben)",
    ),
    "fr": (
        "combien de <all> (attendent|restent|sont en attente|reste t il|il reste|ne sont pas décrites)",
        "combien de <all> (ai je|j'ai|avons nous|y a t il|il y a|connais tu|as tu vues|as tu décrites)",
        "où en (est la galerie|sont (les|mes) <all>|es tu avec (les|mes) <all>)",
    ),
    "es": (
        "cuántas <all> (faltan|quedan|esperan|están esperando|hay pendientes|están pendientes)",
        "cuántas <all> (tengo|tenemos|hay|conoces|has visto|has descrito)",
        "cómo (va|vas con) (la galería|(las|mis) <all>)",
        "[ya] están (las|mis|todas las) <all> [ya] (listas|descritas|hechas)",
    ),
}  # fmt: skip
ASK: Final = {
    "en": (
        "(what is|what's|whats|tell me what is|tell me what's|what do you see|what can you see) (on|at) <screen>",
        "(describe|look at|explain) <screen>",
        "what (does|do) <screen> (say|show)",
        "what am i looking at",
    ),
    "de": (
        "was (ist|steht|siehst du|kannst du sehen|gibt es|sehe ich|ist gerade) auf <screen> <seen>",
        "was (zeigt|steht auf|ist auf) <it>",
        "(beschreib|beschreibe|erklär|erkläre) [mir] <it>",
        "(schau|sieh) [dir] <it> an",
        "was sehe ich (da|hier|gerade)",
    ),
    "fr": (
        ("(qu'est ce qu'il y a|qu'y a t il|que vois tu|qu'est ce que tu vois|dis moi ce qu'il y a|il y a quoi) sur "
        "<screen>"),
        "(décris|regarde|explique) [moi] <screen>",
        "que (dit|montre|affiche) <screen>",
        "qu'est ce que je (regarde|vois)",
    ),
    "es": (
        "(qué hay|qué ves|qué puedes ver|qué se ve|dime qué hay|qué pone) en <screen>",
        "(describe|mira|explica|descríbeme|explícame) <screen>",
        "qué (dice|muestra) <screen>",
        "qué estoy (viendo|mirando)",
    ),
}  # fmt: skip
READ: Final = {
    "en": (
        "read [me] [out] <this> <error> <aloud> [on <screen>]",
        "read [me] <screen> <aloud>",
        "what (does|is) <this> (error|error message|warning|dialog|popup|pop up) [say|mean|about|on <screen>]",
        "what (error|error message|warning) is (this|that|on <screen>)",
    ),
    "de": (
        "(lies|lese) [mir] <error> [auf <screen>] [vor]",
        "(lies|lese) [mir] <it> [vor]",
        "was (bedeutet|heißt|sagt|besagt|steht in) <error> [auf <screen>]",
        "was ist das für (ein fehler|eine fehlermeldung|eine meldung|eine warnung)",
        "welcher fehler (ist das|steht da|wird angezeigt)",
    ),
    "fr": (
        "(lis|lire) [moi] <error> [à voix haute] [sur <screen>]",
        "(lis|lire) [moi] <screen> [à voix haute]",
        "que (dit|signifie|veut dire) <error>",
        "(c'est quoi|quelle est) (cette|l'|l' ) erreur",
    ),
    "es": (
        "(lee|léeme|leer) <error> [en voz alta] [en <screen>]",
        "(lee|léeme|leer) <screen> [en voz alta]",
        "qué (dice|significa|es|quiere decir) <error>",
        "(qué|cuál) (error|es el error|es este error)",
    ),
}  # fmt: skip
TAKE: Final = {
    "en": (
        ("(take|make|grab|capture|do) [me] (a|another|one) (screenshot|screen shot|screen capture|picture of <screen>|"
        "photo of <screen>|snapshot of <screen>)"),
        "(screenshot|capture) [<screen>] [please|now]",
    ),
    "de": (
        ("(mach|mache|nimm|erstell|erstelle|schieß|schieße) [mir] [noch] (ein|einen|1) (screenshot|bildschirmfoto|"
        "schnappschuss|(foto|bild|screenshot) (von|vom) (<screen>|bildschirm)) [auf]"),
        "(screenshot|bildschirmfoto) [(machen|aufnehmen)]",
    ),
    "fr": ("(prends|fais|réalise) [moi] (une|la|1) [autre|nouvelle] <shot>", "<shot>"),
    "es": ("(haz|hazme|toma|saca|realiza) (una|un|otra|otro|1) <shot>", "<shot>", "captura <screen>"),
}  # fmt: skip
EXAMPLES: Final[dict[str, dict[str, tuple[str, ...]]]] = {
    "picture_find": {
        "en": ("which picture had the red bicycle", "find the photo of the dog on the beach from last summer"),
        "de": ("auf welchem bild war das rote fahrrad", "suche das foto mit dem hund am strand"),
        "fr": ("sur quelle photo est le vélo rouge", "trouve la photo du chien sur la plage"),
        "es": ("en qué foto sale la bicicleta roja", "busca la foto del perro en la playa"),
    },
    "picture_show": {
        "en": ("show me", "show me the picture of the red bicycle"),
        "de": (
            "zeig es mir", "zeig mir das bild mit dem roten fahrrad", "zeig mir das neueste bild", "das nächste bild",
        ),
        "fr": ("montre moi", "montre moi la photo du vélo rouge", "montre moi la dernière photo", "la photo suivante"),
        "es": ("muéstrame", "enséñame la foto de la bicicleta roja", "muéstrame la última foto", "la siguiente foto"),
    },
    "picture_count": {
        "en": ("how many pictures are waiting",),
        "de": ("wie viele bilder warten noch",),
        "fr": ("combien de photos sont en attente",),
        "es": ("cuántas fotos faltan",),
    },
    "screen_ask": {
        "en": ("what is on my screen",),
        "de": ("was ist auf meinem bildschirm",),
        "fr": ("qu'est ce qu'il y a sur mon écran",),
        "es": ("qué hay en mi pantalla",),
    },
    "screen_read": {
        "en": ("read me this error",),
        "de": ("lies mir diese fehlermeldung vor",),
        "fr": ("lis moi cette erreur",),
        "es": ("léeme este error",),
    },
    "screenshot": {
        "en": ("take a screenshot",),
        "de": ("mach ein bildschirmfoto",),
        "fr": ("prends une capture d'écran",),
        "es": ("haz una captura de pantalla",),
    },
}  # fmt: skip
