"""Which language a sentence is in: by its script, its small words and its letters. Pure; some ten microseconds.

A sentence of eight words is too short for letter statistics alone, and it needs no more than its small words ("the",
"jest", "wat"), which hardly differ from speaker to speaker. Letters decide where none was said. English is preferred in
a tie: it is what most asks are in, and its words are borrowed everywhere.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Mapping
from functools import cache, lru_cache
from typing import Final

LANGUAGES: Final = ("en", "de", "fr", "es", "it", "pt", "nl", "pl")

# Closed-class words, question words, common verbs. With and without their accents: recognisers drop them.
_WORDS: Final = {
    "en": """the a an and or but if of to in on at for with from by about as is are was were be been am do does did
        have has had will would can could should may might must what who whom whose which when where why how this that
        these those it its i you he she we they me him her us them my your his our their not no yes there here some
        any all many much more most please tell give make write explain describe show help find get go know think say
        said let just like than then so very too up out down off over between into what's i'm it's don't that's one
        two three good morning today hello thanks thank hey make me something anything people name want need new old
        plus correct use using read look feel tomorrow yesterday today weather rain snow cold hot news price prices rate
        exchange next train bus won late who's how's where's""",
    "de": """der die das den dem des ein eine einen einem einer eines und oder aber wenn von zu zum zur in im am an
        auf für mit aus bei nach über um als ist sind war waren sein bin bist seid hat habe haben hast hatte wird
        werden würde kann kannst können könnte soll sollte muss was wer wen wem welche welcher welches wann wo warum
        wieso wie wieviel viele viel dies diese dieser dieses es ich du er sie wir ihr mich mir dich dir uns euch ihn
        ihm mein meine meinen dein deine unser nicht kein keine ja nein da hier einige alle mehr bitte sag erzähl
        erzähle gib mach schreib schreibe erklär erkläre zeig hilf finde gibt geht heute morgen gestern guten danke
        hallo sagt man heißt auf deutsch doch mal eigentlich auch noch schon nur sehr gut zwei drei steht brauche ohne
        dass denn warum möchte will lass uns sich beschreibe lies sprichst spricht wetter regnet schneit regen
        schnee natürlich genau weiter sonne
        kostet kurs nachrichten neues spiel gewonnen ergebnisse nächste nächster zug fährt draußen kalt aktie offen""",
    "fr": """le la les l un une des du de d et ou mais si à au aux en dans sur pour avec par que qui quoi quel quelle
        quels quelles quand où pourquoi comment combien est sont était être suis es êtes a ai as avons avez ont ce cet
        cette ces c il elle on nous vous ils elles je j tu me m te t se s moi toi lui leur mon ma mes ton ta tes son
        sa ses notre votre ne n pas plus oui non y là ici très bien bon bonjour bonsoir merci salut dis raconte donne
        fais écris explique montre aide trouve va vais peux peut pourrais faut fait dit aujourd hui demain hier soir
        est-ce qu'est-ce sans chez tout tous toute quelque chose veux voudrais aimerais deux trois temps parle parles
        décris imagine lis météo meteo pleut pluie pleuvoir neige froid chaud prix cours infos nouvelles actualités
        gagné
        résultat résultats prochain prochaine ouvert ouverte dehors""",
    "es": """el la los las un una unos unas y pero si de del a al en por para con sin sobre que qué quien quién cual
        cuál cuáles cuando cuándo donde dónde cómo como cuánto cuánta cuántos cuántas es son era ser soy eres está
        están estoy estás hay ha he has han tengo tiene tienes este esta estos estas eso esto ese esa yo tú él ella
        nosotros ellos me te se nos lo le les mi mis tu tus su sus no sí muy más hoy mañana ayer ahora hola gracias
        buenos buenas días noches dime cuéntame dame haz escribe explica explícame ayúdame puedes puede podrías quiero
        quiere fue va voy vamos hace dice decir habla hablas favor algo todo todos dos tres mucho mucha
        también porque llueve lluvia llover nieva frío noticias precio acciones partido ganó ganado próximo juega tren
        abierto abierta cierra pronóstico encanta necesito otra vez claro gusta fuera""",
    "it": """il lo la i gli le l un uno una e ma se di del dello della dei degli delle da dal dalla a al alla allo
        ai alle in nel nella nei su sul sulla con per tra fra che chi cosa cos quale quali quando dove perché come
        quanto quanta quanti quante è sono era essere sei siamo ha ho hai hanno abbiamo c ci questo questa questi
        quello quella io tu lui lei noi voi loro mi ti si vi mio mia tuo tua suo sua non sì più molto oggi domani ieri
        adesso ora ciao grazie buongiorno buonasera dimmi raccontami dammi fai fammi scrivi scrivimi spiegami aiutami
        puoi può potresti voglio vorrei va vado fa dice dire parli parla descrivi favore qualcosa tutto tutti due tre
        anche stai sta sto qual meteo piove pioggia nevica neve freddo caldo gradi fuori notizie prezzo azioni
        partita vinto prossimo treno aperto certo bene aperta chiude piace borsa""",
    "pt": """o a os as um uma uns umas e ou mas se de do da dos das em no na nos nas por pelo pela para com sem sobre
        que quê quem qual quais quando onde porque porquê como quanto quanta quantos quantas é são era ser sou és está
        estão estou estás há tem tenho tens têm foi este esta isto esse essa isso aquele eu tu você ele ela nós eles
        elas me te lhe meu minha teu tua seu sua não sim muito muita mais hoje amanhã ontem agora olá obrigado
        obrigada bom boa dia noite diz conta dá faz escreve escreva explica ajuda podes pode poderia quero quer vai
        vou vamos dizer favor algo tudo todos dois duas três também ao à pra ficar fica até gostaria fala falas
        descreve tempo chove chuva chover neva calor fora graus notícias preço ações jogo joga ganhou comboio autocarro
        voo trânsito aberto aberta fecha custa gosto previsão preciso lá faz ser nas passa numa num mede abre quente
        nevar porto chovendo vale
        futebol""",
    "nl": """de het een en of maar als van te naar in op aan voor met uit bij over om dan is zijn was waren ben bent
        wordt worden heeft heb hebt hebben had kan kun kunt kunnen zou moet wil wat wie welke wanneer waar waarom hoe
        hoeveel dit dat deze die er ik jij je u hij zij ze wij we jullie mij me jou hem haar ons hun mijn jouw zijn
        niet geen ja nee hier daar alle veel meer heel erg goed goede morgen vandaag gisteren nu hallo dank bedankt
        vertel geef maak schrijf leg laat help vind zeg zegt gaat eens nog ook al alleen iets alles graag alsjeblieft
        twee drie vertaal tot doe staan ligt dag welk zien beschrijf spreek spreekt man regent sneeuwt regen sneeuw
        koud buiten nieuws weerbericht koers prijs kost wedstrijd gewonnen
        trein volgende uitslagen beurs hou""",
    "pl": """i w z na do od po za dla o u przez przy pod nad bez ze we że czy nie tak jest są był była było być jestem
        jesteś mam masz ma mają co kto kogo komu czego czym jaki jaka jakie jakich który która które kiedy gdzie
        dlaczego jak ile ilu to ten ta te tego tej tym ja ty on ona ono my wy oni mnie mi mną ci cię się go jego jej
        mój moja moje mojego moim twój nas nam was proszę dziękuję powiedz opowiedz daj napisz zrób zrobić wyjaśnij
        wytłumacz pomóż pokaż możesz może chcę chce chciałbym chciałabym dziś dzisiaj jutro wczoraj teraz cześć dzień
        dobry dobranoc bardzo też już tylko wszystko coś ale albo lub jeśli gdy dwa trzy mówi będzie lubisz pogoda
        pogody pada padać deszcz śnieg zimno ciepło stopni kurs cena kosztuje akcje
        wiadomości mecz wygrał wyniki pociąg autobus otwarta lubię uwielbiam dobrze jasne jeszcze raz kursy miłego""",
}  # fmt: skip

# Words of other languages that are common in English sentences too.
_ENGLISH_TOO: Final = frozenset(
    """die hat man war also will bin mal see ten pan do for but long sur mine ton rest per come dove fra due si
    mi no as los las me tu ser dos os um mas door over dan ben hun teen pole to my ja tam tego nad pod nas was
    list test van en of ver fort pas son ai est temps plan sans plus dig mark tag era sin solo grande fine tale
    simple real total final animal hotel radio piano idea area opera menu de la le el""".split()  # noqa: SIM905
)

# Letters and groups of letters; "^" and "$" are the ends of a word.
_LETTERS: Final = {
    "en": "th wh ght sh ck ing$ ould ^kn wr oo ea ould tion$ ^y ly$ 's$ 'm$ n't$",
    "de": "ä ö ü ß sch ch ung$ en$ ^ge ei ie tz cht keit$ lich$ pf ck ^ver ^be heit$",
    "fr": "é è ê ç à ù â î ô œ eau aux$ oi ou qu' ^l' ^d' ^j' ^c' ment$ eux$ ez$ que$ tion$ eur$",
    "es": "ñ ¿ ¡ á é í ó ú ción$ ll ^qu ue dad$ os$ as$ ando$ iendo$ rr ar$",
    "it": "à è ì ò ù zione$ gli zz tt ll cch che$ ghi ^l' ^un' o$ i$ are$ ere$ ggi ia$",
    "pt": "ã õ ç á â ê ô é ção$ ções$ nh lh ão$ ei ou$ em$ am$ inho$ dade$ õe",
    "nl": "ij aa oo ee uu oe sch ui eu cht en$ ^ge je$ ^zw lijk$ tje$ ee oeg",
    "pl": "ł ą ę ż ź ć ś ń ó sz cz rz dz ów$ ie$ ski$ ego$ ać$ ść$ wy ^prz ch w$ ^w$ k$ y$",
}  # fmt: skip

# Where the script alone says it, or nearly. The languages are the usual ones of each script.
_SCRIPTS: Final = {
    "HIRAGANA": "ja",
    "KATAKANA": "ja",
    "HANGUL": "ko",
    "CJK": "zh",
    "CYRILLIC": "ru",
    "GREEK": "el",
    "ARABIC": "ar",
    "HEBREW": "he",
    "DEVANAGARI": "hi",
    "THAI": "th",
}

SCRIPTS_OF: Final = frozenset(_SCRIPTS.values())  # languages that are told by their script

_TOKEN: Final = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*['’]?")
_LETTER_WEIGHT: Final = 0.25
_ENGLISH_BONUS: Final = 0.3
FEW_WORDS: Final = 2
LEANING: Final = 0.5  # as `evidence` counts: half a small word
_TEXT_LIMIT_CHARS: Final = 1000
_TOKEN_LIMIT: Final = 80  # more words make it no surer, only slower


def plain(text: str) -> str:
    """The text without accents, in lower case: "été" becomes "ete"."""
    return "".join(c for c in unicodedata.normalize("NFKD", text.lower().replace("ł", "l")) if c.isascii())


@cache
def _word_weights() -> dict[str, dict[str, float]]:
    """For every word, what it says for each language that has it: less, the more languages do."""
    owners: dict[str, set[str]] = {}
    for language, words in _WORDS.items():
        for word in words.split():
            owners.setdefault(word, set()).add(language)
    weights = {word: dict.fromkeys(found, 1 / len(found)) for word, found in owners.items()}
    for word, found in list(weights.items()):
        bare = plain(word)
        if bare != word and bare not in owners:
            kept = weights.setdefault(bare, {})
            for language, weight in found.items():
                kept[language] = max(kept.get(language, 0.0), 0.8 * weight)
    return weights


@lru_cache(maxsize=8)  # a question is looked at for its purpose, for skills, and for its answer's language
def identify(text: str, usual: str | None = None) -> str:
    """The language of a text as its ISO 639-1 code: one of `LANGUAGES`, or that of a script (``ja``, ``ru``, ...).

    Args:
        text: As heard or written.
        usual: What is spoken here, ISO 639-1, where that is known: a word or two are in it that do not tell ("42",
            "stop", "ok"), and whatever could nearly as well be in it as in another.
    """
    lowered = _lowered(text)
    if script := _script(lowered):
        return script
    scores = _scores(lowered)
    best = max(LANGUAGES, key=lambda language: scores[language])
    if usual is None or scores.get(usual, 0.0) < scores[best] - LEANING:
        return best
    spoken_too = usual in scores and usual != "en" and scores[usual] > 0  # English has its bonus
    return usual if spoken_too or len(lowered.split()) <= FEW_WORDS else best


def evidence(text: str) -> Mapping[str, float]:
    """What small words and letters say for each of `LANGUAGES`: about one for each small word. Of the Latin script."""
    return _scores(_lowered(text))


def _lowered(text: str) -> str:
    return unicodedata.normalize("NFC", text[:_TEXT_LIMIT_CHARS].lower())


@lru_cache(maxsize=8)
def _scores(lowered: str) -> Mapping[str, float]:
    scores = dict.fromkeys(LANGUAGES, 0.0) | {"en": _ENGLISH_BONUS}
    for token in _TOKEN.findall(lowered.replace("’", "'"))[:_TOKEN_LIMIT]:
        for language, score in _token_scores(token):
            scores[language] += score
    return scores


@lru_cache(maxsize=4096)  # words come again
def _token_scores(token: str) -> tuple[tuple[str, float], ...]:
    weights = _word_weights()
    parts = [token] if token in weights else re.split(r"['-]", token)
    words = (item for part in parts for item in weights.get(part, {}).items())
    counts = _letter_counts(f"^{token}$")
    return (*words, *((language, _LETTER_WEIGHT * count) for language, count in counts.items()))


def strangers(tokens: list[str]) -> int:
    """How many of these words (lower case) are small words of other languages and no English ones."""
    weights = _word_weights()
    return sum(
        token in weights and "en" not in weights[token] and len(token) > 1 and token not in _ENGLISH_TOO
        for token in tokens
    )


@cache
def _letter_groups() -> tuple[dict[str, list[str]], tuple[int, ...]]:
    """The languages of each group of letters, and how long groups are."""
    owners: dict[str, list[str]] = {}
    for language, groups in _LETTERS.items():
        for group in dict.fromkeys(groups.split()):
            owners.setdefault(group, []).append(language)
    return owners, tuple(sorted({len(group) for group in owners}))


def _letter_counts(framed: str) -> dict[str, int]:
    """How many of each language's groups a word has; ``framed`` is the word between ^ and $. Looks up the word's own
    groups, which are far fewer than all."""
    owners, lengths = _letter_groups()
    counts: dict[str, int] = {}
    for part in {framed[at : at + length] for length in lengths for at in range(len(framed) - length + 1)}:
        for language in owners.get(part, ()):
            counts[language] = counts.get(language, 0) + 1
    return counts


def _script(text: str) -> str | None:
    """The language of the script most of the letters are in; None for the Latin one."""
    if text.isascii():
        return None
    letters = [unicodedata.name(c, "").partition(" ")[0] for c in text[:400] if c.isalpha()]
    counts = Counter(letters)
    if counts["HIRAGANA"] + counts["KATAKANA"] > 0 and counts["LATIN"] * 2 < len(letters):
        return "ja"
    script, _ = counts.most_common(1)[0] if counts else ("", 0)
    return _SCRIPTS.get(script)
