"""Which questions stand alone: the answer is the same for everyone, tomorrow, and whatever was said before. Pure.

It errs on the side of asking again: what does not begin like a question, or holds a single word that could point at a
person, a time, a place or something said before, does not stand alone. The words of eight languages count at once,
since short questions are easily taken for another language; those that are frequent in another one are left out.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final

QUESTION_LIMIT_WORDS: Final = 40
QUESTION_MIN_WORDS: Final = 3

# What is the same for everyone and tomorrow; chat and creative answers are not to be the same twice.
PURPOSES: Final = frozenset({"knowledge", "reasoning", "code", "multilingual"})


def normalised(question: str) -> str:
    """The question without what does not change its meaning: case, spaces, end marks, courtesy."""
    text = unicodedata.normalize("NFKC", question).casefold().replace("’", "'")
    words = [word.strip('"“”«»!?¿¡.,;:…') or word for word in text.split()]
    while words and words[0] in _COURTESY:
        words.pop(0)
    while words and words[-1] in _COURTESY:
        words.pop()
    return " ".join(words)


def stands_alone(question: str, purpose: str) -> bool:
    """Whether the answer is the same for everyone, tomorrow, and whatever was said before."""
    if purpose not in PURPOSES:
        return False
    text = normalised(question)
    words = re.findall(r"[^\W_]+(?:'[^\W_]+)?", text)
    if not QUESTION_MIN_WORDS <= len(words) <= QUESTION_LIMIT_WORDS:
        return False
    if words[0].split("'")[0] not in _ASKS or words[-1] in _GOES_ON or words[-1] in _AT_THE_END:
        return False
    parts = {part for word in words for part in (word, *word.split("'"))}
    if any(part.startswith(_STEMS) for part in parts):
        return False
    return not (parts & _BLOCKED) and not any(phrase in f" {' '.join(words)} " for phrase in _PHRASES)


def _words(*lines: str) -> frozenset[str]:
    return frozenset(word for line in lines for word in line.split())


_COURTESY: Final = _words("please hey hi hello homebody okay ok so well um uh thanks bitte por favor danke merci")

_ASKS: Final = _words(
    "what whats who whos whose which when where why how is are was were does do did can could if at define explain",
    "calculate compute translate name solve convert spell",
    "wer wie wo wann warum wieso weshalb welche welcher welches welchen ist sind hat haben bedeutet erkläre wieviel",
    "quel quelle quels quelles qui que qu quand où pourquoi comment combien est",
    "qué que cuál cual cuáles quién quien cuándo cuando dónde donde por cómo como cuánto cuánta cuántos cuántas",
    "che chi cosa cos quale qual quali quando dove perché come quanto quanta quanti quante",
    "qual quais quem onde quanto quanta quantos quantas",
    "wat wie waar wanneer waarom hoe welke welk hoeveel co kto gdzie kiedy dlaczego jak ile ilu jaki jaka jakie który",
    "która które czy",
)

# A sentence that ends like this goes on with what was said before.
_GOES_ON: Final = _words(
    "and or but then also too instead again more else about und oder aber dann auch noch et ou mais alors aussi encore "
    "y o pero entonces también otra e ma poi anche ancora mas então também outra en of maar dan ook nog lub ale",
    "też",
)

_AT_THE_END: Final = _words("das die es to il on so")

_BLOCKED: Final = _words(
    # persons and what is theirs: English, German, French, Spanish, Italian, Portuguese, Dutch, Polish
    "i me my mine myself we us our ours you your yours he him his she her hers they them their theirs someone",
    "somebody",
    "i'm i've i'd i'll we're we've you're",
    "ich mich mir mein meine meinen meinem meiner wir uns unser unsere du dich dir dein deine deinen ihr ihn ihm",
    "sie",
    "je j moi mon ma mes m nous notre nos tu te t toi ton ta tes vous votre vos elle ils elles lui leur leurs",
    "yo mi mis mí me nosotros nuestro nuestra tú tu tus te ti usted ustedes él ella ellos ellas su sus",
    "io mio mia miei mie noi nostro nostra tu tuo tua tuoi tue te lui lei loro suo sua",
    "eu meu minha meus minhas nós nosso nossa tu teu tua você vocês seu sua ele ela eles elas",
    "ik mij mijn wij ons onze jij jou jouw je u uw hij hem zij haar hun",
    "ja mnie mi mój moja moje mojego mojej my nas nam nasz nasza ty ciebie ci twój twoja twoje ona oni jego jej ich",
    # verbs that carry the person in themselves
    "tengo tienes puedo puedes debo soy estoy eres quiero quieres debería sé ho hai posso puoi devo sei voglio",
    "dovrei so tenho tens podes devo sou estou quero deveria sei mam masz mogę możesz jestem muszę chcę wiem",
    "powinienem",
    # what points: at something said, at something here
    "it its it's this that these those here there one ones same such former latter above below previous",
    "dies dieses diese dieser dort hier daran davon darüber damit dafür dieselbe ça cela ceci ce cet cette ces là",
    "ici celui celle eso esto esa ese este esta aquí allí ello lo questo questa quello quella ciò qui lì",
    "isso isto esse essa este esta aqui ali aquilo dit dat deze hier daar ervan daarvan tego tym ta tu tam",
    # times
    "today tonight tomorrow yesterday now currently current latest recent recently lately still yet soon upcoming",
    "next",
    "last ago since until till nowadays modern present newest time clock date day week weekend month year morning",
    "afternoon evening noon midnight hour hours monday tuesday wednesday thursday friday saturday sunday age old",
    "older",
    "january february march april june july august september october november december season holiday holidays",
    "heute morgen gestern jetzt gerade aktuell aktuelle aktuellen neueste neuesten letzte letzten nächste nächsten",
    "nächster seit bis uhr uhrzeit datum tag woche monat jahr abend alt bald derzeit momentan noch schon",
    "aujourd'hui aujourd hui demain hier maintenant actuel actuelle actuellement dernier dernière prochain",
    "prochaine",
    "depuis heure date jour semaine mois année soir matin âge bientôt encore hoy mañana ayer ahora actual",
    "actualmente",
    "último última próximo próxima desde hora fecha día semana mes año noche tarde edad pronto todavía",
    "oggi domani ieri adesso ora attuale attualmente ultimo ultima prossimo prossima data giorno settimana mese",
    "anno",
    "sera mattina età presto ancora hoje amanhã ontem agora atual atualmente último próximo próxima data dia semana",
    "mês",
    "ano noite manhã idade logo ainda vandaag morgen gisteren nu huidige laatste volgende sinds uur tijd datum dag",
    "week",
    "maand jaar avond oud binnenkort dziś dzisiaj jutro wczoraj teraz obecny obecna obecnie ostatni ostatnia",
    "następny",
    "następna od godzina godzinie data dzień tydzień miesiąc rok wieczorem lat wkrótce jeszcze dni jours tage días",
    "giorni",
    "dias dagen minutes seconds temps ore horas heures laat spät późno tard tarde",
    # who holds an office or a record, and what changes by the day
    "president chancellor minister king queen pope ceo mayor governor senator champion record richest population",
    "price",
    "prices cost costs stock stocks share shares weather forecast temperature outside news score scores election",
    "elections winner winning alive dead died traffic exchange bitcoin inflation version release released",
    "präsident präsidentin kanzler kanzlerin minister könig königin papst bürgermeister preis kostet wetter",
    "nachrichten",
    "président présidente chancelier ministre roi reine pape maire prix coûte météo nouvelles",
    "presidente canciller ministro rey reina papa alcalde precio cuesta clima tiempo noticias re regina sindaco",
    "prezzo",
    "costa tempo meteo notizie rei rainha prefeito preço custa clima notícias koning koningin paus burgemeester",
    "prijs",
    "kost weer nieuws prezydent premier król królowa papież burmistrz cena kosztuje pogoda wiadomości",
    # a household's own things, and secrets
    "mum mom mother dad father wife husband son daughter brother sister grandma grandpa friend boss neighbour",
    "neighbor",
    "birthday anniversary appointment appointments calendar meeting schedule reminder remind timer alarm list",
    "shopping",
    "phone address password pin email account bank doctor school home house kitchen bedroom room garage car dog cat",
    "geburtstag termin kalender mutter vater frau mann sohn tochter bruder schwester passwort adresse zuhause",
    "anniversaire rendez calendrier mère père femme mari fils fille frère soeur adresse maison",
    "cumpleaños cita calendario madre padre esposa marido hijo hija hermano hermana contraseña dirección casa",
    "compleanno appuntamento moglie marito figlio figlia fratello sorella indirizzo aniversário compromisso mãe pai",
    "filho filha irmão irmã senha endereço verjaardag afspraak moeder vader vrouw zoon dochter broer zus wachtwoord",
    "adres",
    "urodziny spotkanie kalendarz matka mama ojciec tata żona mąż syn córka brat siostra hasło adres dom",
    # chance
    "let's let continue switch speak talk poem gedicht poème poema poesia wiersz blague witz grap barzelletta piada",
    "żart raconte vertel moim moich twoim twoich",
    "random pick choose guess roll flip dice coin joke story poem surprise recommend suggest",
)  # fmt: skip

# Beginnings of words that are inflected.
_STEMS: Final = (
    "präsident", "president", "présiden", "presiden", "prezyden", "kanzler", "kancler", "premier", "papież", "król",
    "urodzin", "kalendarz", "pogod", "godzin", "wetter", "weather", "geburtstag", "birthday", "passwor", "aniversar",
    "anniversar", "cumplea", "complean", "verjaar", "obecn", "aktual", "aktuel", "actuel", "actual", "attual", "atual",
)  # fmt: skip

_PHRASES: Final = (
    " what about ", " how about ", " how long until ", " how many more ", " in charge ", " prime minister ", " up to ",
    " so far ", " right now ", " these days ", " at the moment ", " was ist mit ", " et pour ", " wie sieht es mit ",
    " y en ", " zur zeit ", " im moment ", " en ce moment ", " em dia ", " op dit moment ", " na razie ",
    " est il ", " a t il ", " il est ", " il a ", " dove sono ", " ist es ", " wird es ", " la mia ", " il mio ",
)  # fmt: skip
