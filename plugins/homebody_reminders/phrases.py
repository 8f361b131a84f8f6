"""How people ask for reminders and alarms: sentence templates in four languages, in hassil's syntax. Pure data."""

from __future__ import annotations

from typing import Any, Final

from homebody.skill import NTH
from homebody_reminders.words import MONTHS, ORDINAL_DAYS

# What a time begins with, so that "remind me why" or "in what year" is left to a model.
_STARTS: Final = (
    "at|in|on|by|for|from|every|each|today|tomorrow|tonight|this|next|daily|noon|midnight|half|a quarter|quarter|the|"
    "um|am|an|für|jeden?|jedes|alle|heute|morgen|übermorgen|diesen|nächsten?|täglich|werktags|halb|viertel|dreiviertel|gegen|"
    "auf|von|monthly|weekdays|weekends|du|chaque|toutes|de|mediodía|medianoche|"
    "à|dans|demain|après|aujourd'hui|ce|cet|cette|tous|chaque|le|les|vers|pour|midi|minuit|en|"
    "a|al|el|hoy|mañana|pasado|esta|este|todos|todas|cada|los|dentro|las?|para|entre|"
    "monday|tuesday|wednesday|thursday|friday|saturday|sunday|montags?|dienstags?|mittwochs?|donnerstags?|freitags?|"
    "samstags?|sonntags?|lundi|mardi|mercredi|jeudi|vendredi|samedi|dimanche|lunes|martes|miércoles|jueves|viernes|"
    r"sábado|domingo|\d[\d:.]*"
)
_TIME_WORD: Final = (
    r"\d[\d:.]*|\d{1,2}(?:st|nd|rd|th)|"
    + "|".join(word for names in MONTHS.values() for word in names)
    + "|"
    + "|".join(word.split()[-1] for word in ORDINAL_DAYS)
    + r"|am|pm|o'?clock|half|quarter|past|to|noon|midnight|today|tonight|tomorrow|day|morning|afternoon|evening|"
    "night|hours?|minutes?|seconds?|days?|weeks?|weekdays?|weekends?|daily|uhr|halb|viertel|dreiviertel|nach|vor|mittag|"
    "mitternacht|heute|morgen|übermorgen|früh|abends?|morgens|nachmittags?|vormittags?|mittags|nachts?|tag|"
    "täglich|werktags|stunden?|minuten?|sekunden?|tagen?|wochen?|heures?|midi|minuit|demain|matin|soir|nuit|jours?|"
    "secondes?|semaines?|quart|demie?|aujourd'hui|mañana|tarde|noche|hoy|mediodía|medianoche|media|cuarto|horas?|"
    "minutos?|segundos?|días?|semanas?|mondays?|tuesdays?|wednesdays?|thursdays?|fridays?|saturdays?|sundays?|"
    "montags?|dienstags?|mittwochs?|donnerstags?|freitags?|samstags?|sonntags?|lundis?|mardis?|mercredis?|jeudis?|"
    "vendredis?|samedis?|dimanches?|lunes|martes|miércoles|jueves|viernes|sábados?|domingos?"
)
_SMALL: Final = (
    "at|in|on|the|a|an|and|of|this|next|every|each|by|for|um|am|der|in|gegen|auf|jeden|und|à|dans|le|la|du|de|l'|de "
    "l'après|après|ce|cet|et|moins|tous|les|chaque|pour|a|las?|el|por|dentro|todos|los|cada|y|menos|en|para|oh|from|"
    "through|till|entre|bis|von|du|au|am|den|die|das|nächsten?|kommenden|prochaine?|que|viene|próxim[oa]|one|first|third|fourth|fifth"
)
WHAT: Final = (
    r"^(?!(?:who|why|what|how|when|where|which|whose|qui|quoi|pourquoi|comment|quand|où|quel\w*|quién|quien|qué|cómo|"
    r"cuándo|dónde|cuál|cuánto|wer|warum|wie|was|wo|wann)(?!\w))"
)
WHEN: Final = rf"^(?:{_STARTS})(?!\w).*|^$"
_TIMES: Final = rf"(?:{_TIME_WORD}|{_SMALL})(?:\s|$)"
# An answer to "When?" holds nothing but times. Most sentences fail at their first word.
BARE: Final = rf"^(?={_TIMES})(?=.*(?<!\S)(?:{_TIME_WORD})(?!\S))(?:(?<!\S){_TIMES})+$|^$"

_THE: Final = {
    "en": "[the|my|a|an|another|new]",
    "de": "[der|den|die|das|meinen|meine|mein|einen|eine|ein]",
    "fr": "[le|la|mon|ma|une|un|mes|les|l']",
    "es": "[el|la|mi|una|un|mis|los|las]",
}
_ALL: Final[dict[str, Any]] = {
    "en": {"values": [{"in": "(all [of]|every|each of) [the|my]", "out": True}]},
    "de": {"values": [{"in": "alle [meine|die]", "out": True}]},
    "fr": {"values": [{"in": "(tous|toutes) (les|mes)", "out": True}]},
    "es": {"values": [{"in": "(todos|todas) (los|las|mis)", "out": True}]},
}


def _kinds(alarm: str, reminder: str) -> dict[str, Any]:
    return {"values": [{"in": alarm, "out": "alarm"}, {"in": reminder, "out": "reminder"}]}


KINDS: Final = {
    "en": _kinds("(alarm|alarms|alarm clock|wake up call)", "(reminder|reminders)"),
    "de": _kinds("(wecker|alarm|alarme)", "(erinnerung|erinnerungen)"),
    "fr": _kinds("(alarme|alarmes|réveil|réveils)", "(rappel|rappels)"),
    "es": _kinds("(alarma|alarmas|despertador)", "(recordatorio|recordatorios)"),
}
_THE_ALARM: Final = {"values": [{"in": "l'alarme", "out": "alarm"}]}
_NEXT: Final = {
    "en": "next", "de": "(nächste|nächster|nächsten)", "fr": "(prochain|prochaine)", "es": "(próximo|próxima)",
}  # fmt: skip
_ALSO: Final = {
    "en": "(too|as well|also)", "de": "auch [noch]", "fr": "aussi", "es": "también",
}  # fmt: skip
_ANOTHER: Final = {
    "en": "another [1|one]", "de": "noch (einen|eine|ein)", "fr": "(un|une|1) autre", "es": "(otro|otra)",
}  # fmt: skip
_DAYS: Final = {"values": [{"in": "weekday", "out": "on weekdays"}, {"in": "weekend", "out": "on weekends"},
                           {"in": "(daily|everyday)", "out": "every day"}]}  # fmt: skip
_BOTH: Final = {
    "en": "(all|both) [of them|reminders|alarms]", "de": "(alle|alle beide|beide)",
    "fr": "((tous|toutes) [les deux]|les deux)",
    "es": "(todos|todas|los dos|las dos)",
}  # fmt: skip
LISTS: Final[dict[str, dict[str, Any]]] = {
    language: {
        "kind": KINDS[language], "every": _ALL[language], "alarm": _THE_ALARM, "days": _DAYS,
        "both": {"values": [{"in": _BOTH[language], "out": True}]},
        "nth": NTH[language],
        "next": {"values": [{"in": _NEXT[language], "out": True}]},
        "also": {"values": [{"in": _ALSO[language], "out": True}]},
        "another": {"values": [{"in": _ANOTHER[language], "out": True}]},
    }
    for language in KINDS
}  # fmt: skip
RULES: Final = {language: {"the": _THE[language]} for language in KINDS}

REMIND: Final = {
    "en": ("remind me (to|about|that|of|i have to|i need to) {what}", "remind me {when}", "remind me",
           "(set|make|create|add|give me) [a|another] [new] reminder (to|about|that|of) {what}",
           "(set|make|create|add|give me) [a|another] [new] reminder {when}",
           "(set|make|create|add|give me) [a|another] [new] reminder",
           "(don't|do not) let me forget (to|about|that) {what}",
           "remind us (to|about|that|of) {what}", "remind us {when}", "(i|we) need to remember to {what}",
           "i need a reminder (to|about|that|for) {what}"),
    "de": ("erinnere mich [daran] dass ich {what} (muss|soll|wollte)", "mich {when} erinnern",
           "mich (an|ans|daran) {what} erinnern", "erinnere mich (daran|an|ans) {what}", "erinnere mich {when}",
           "erinnere mich",
           "(erinner|erinnert) mich (daran|an|ans) {what}", "erinner mich {when}",
           "(stell|stelle|setz|setze|erstelle|mach) [mir] [eine] [neue] erinnerung (an|daran|für) {what}",
           "(stell|stelle|setz|setze|erstelle|mach) [mir] [eine] [neue] erinnerung {when}"),
    "fr": ("me rappeler (de|d'|que) {what}", "me rappeler {when}", "rappelle moi que je dois {what}",
           "rappelle moi (de|d'|que|qu'il faut|à) {what}", "rappelle moi {when}", "rappelle moi",
           "(mets|crée|ajoute|règle) [moi] un [nouveau] rappel (pour|de|d') {what}",
           "(mets|crée|ajoute|règle) [moi] un [nouveau] rappel {when}", "fais moi penser à {what}"),
    "es": ("(recuérdame|recuerdame) que tengo que {what}", "recordarme {what}", "recordarme {when}",
           "(recuérdame|recuerdame) (que|de) {what}", "(recuérdame|recuerdame) {what}",
           "(recuérdame|recuerdame) {when}", "(recuérdame|recuerdame)",
           "(pon|ponme|crea|añade) un [nuevo] recordatorio (para|de) {what}",
           "(pon|ponme|crea|añade) un [nuevo] recordatorio {when}"),
}  # fmt: skip
ALARM: Final = {
    "en": ("(wake me|wake me up|get me up|wake us up|wake us) {when}", "set <the> alarm {when}",
           "(set|make|create|add|start|put on|i need|give me) <the> [new] alarm [clock] {when}",
           "(set|make|create|add|i need) [me] [an|a|the|my] [new] {when} alarm", "(wake me|wake me up)",
           "(set|make|create|add|i need) <the> [new] alarm [clock]", "[an|another] alarm {when}",
           "(set|make|create|add|i need) [me] <the> [new] {days:days} alarm {when}"),
    "de": ("(weck|wecke|weckt) mich [auf] {when}", "(stell|stelle|setz|setze|mach) [mir] <the> (wecker|alarm) {when}",
           "<the> (wecker|alarm) {when} stellen", "mich {when} wecken",
           "(wecker|alarm) {when}", "(weck|wecke) mich", "(stell|stelle|setz|setze) [mir] <the> (wecker|alarm)"),
    "fr": ("réveille moi {when}", "(mets|règle|programme|crée|ajoute) [moi] <the> (alarme|réveil) {when}",
           "(mets|règle|programme) [moi] l'(alarme) {when}", "(alarme|réveil) {when}", "réveille moi",
           "(mets|règle|programme|crée|ajoute) [moi] <the> (alarme|réveil)"),
    "es": ("(despiértame|despiertame) {when}", "(pon|ponme|programa|crea|añade) <the> (alarma|despertador) {when}",
           "(alarma|despertador) {when}", "(despiértame|despiertame)",
           "(pon|ponme|programa|crea|añade) <the> (alarma|despertador)"),
}  # fmt: skip
QUERY: Final = {
    "en": ("(what|which) {kind:kind} (do i have|are there|are set|have i [got]|are on|are coming up) [set|left]",
           ("(what are|what's|what is|when is|when's|when are|tell me|read|list|show|show me|check) <the> "
           "{kind:kind}"), "(what is|what's|when is|when's|tell me) <the> {next:first} {kind:kind}",
           "what do (i|we) have [to do|planned|going on|on] {when}", "(what's|what is) (on|planned) [for] {when}",
           "do (i|we) have anything [planned|to do|on] {when}", "do i have [any|an|a] {kind:kind} [set]",
           "do i have [any|an|a] {kind:kind} {when}", "(is|are) there [any|an|a] {kind:kind} {when}",
           "(what|which) {kind:kind} (do i have|are there|are set|have i [got]) {when}",
           "(is|are) there [any|an|a] {kind:kind} [set|on]",
           "(is|are) <the> {kind:kind} (set|on)", "(when|what time) (does|do|will) <the> {kind:kind} (ring|go off)",
           "what time is <the> {kind:kind} [set for|at|set to]", "how many {kind:kind} (do i have|are there|are set)",
           "(read|list|show|tell) [me] all [of] my {kind:kind}", "what do i have to remember", "my {kind:kind}"),
    "de": ("(welche|was für) {kind:kind} (habe ich|gibt es|sind gestellt)", "was sind meine {kind:kind}",
           "(wann|um wie viel uhr|auf wann) (klingelt|ist) <the> {kind:kind} [gestellt]",
           "(habe ich|gibt es) {when} [einen|eine] {kind:kind}",
           "(welche|was für) {kind:kind} (habe ich|gibt es) {when}",
           "(habe ich|gibt es) [einen|eine] {kind:kind} [gestellt]", ("(zeig|zeige|lies|nenne) [mir] [alle] <the> "
           "{kind:kind} [vor]"), "ist <the> {kind:kind} (an|gestellt)", "meine {kind:kind}",
           "(wann|was) (ist|klingelt) <the> {next:first} {kind:kind}", "was steht {when} an",
           "was (habe ich|haben wir) {when} [vor|zu tun]"),
    "fr": ("(quels|quelles) (sont mes|sont les) {kind:kind}", "(quels|quelles) {kind:kind} (ai je|sont réglées)",
           "(est ce que j'ai|ai je|y a t il) [des|un|une] {kind:kind} {when}",
           "(est ce que j'ai|ai je|y a t il) [des|un|une] {kind:kind}", ("à quelle heure sonne (le|mon|la|ma) "
           "{kind:kind}"), "(lis|montre|donne|dis) [moi] [tous|toutes] (mes|les) {kind:kind}", "(mes) {kind:kind}",
           "à quelle heure sonne {alarm:kind}",
           "(quels|quelles) {kind:kind} sont (programmés|programmées|prévus|réglés)",
           "(quel|quelle|quand) (est|sonne) <the> {next:first} {kind:kind}",
           "qu'est ce (que j'ai|qu'on a|qu'il y a) [de prévu|à faire] {when}"),
    "es": ("(qué|cuáles) {kind:kind} (tengo|hay)", "(cuáles son|dime|lee|muéstrame|léeme) (mis|los|las) {kind:kind}",
           "(tengo|hay) [alguna|algún|una|un] {kind:kind} {when}",
           "(tengo|hay) [alguna|algún|una|un] {kind:kind}", "a qué hora (suena|es) <the> {kind:kind}",
           "cuándo suena <the> {kind:kind}", "mis {kind:kind}",
           "(cuál|cuándo) (es|suena) <the> {next:first} {kind:kind}", "qué (tengo|tenemos) [que hacer] {when}"),
}  # fmt: skip
_OFF: Final = "(cancel|delete|remove|clear|turn off|switch off|get rid of|forget|drop|disable)"
CANCEL: Final = {
    "en": (f"{_OFF} <the> [next] {{kind:kind}}", f"{_OFF} {{every:every}} {{kind:kind}}",
           f"{_OFF} <the> {{kind:kind}} (for|to|about|of|that) {{what}}", f"{_OFF} <the> {{kind:kind}} {{when}}",
           f"{_OFF} <the> {{when}} {{kind:kind}}", f"{_OFF} <the> {{what}} {{kind:kind}}",
           "(turn|switch) <the> {kind:kind} off",
           f"{_OFF} <the> {{days:days}} {{kind:kind}}",
           f"{_OFF} (the|that|my) {{nth:nth}} (one|{{kind:kind}})", f"{_OFF} {{both:every}}",
           "(don't|do not) (wake me|wake me up) [{when}]", "(don't|do not) remind me (to|about|of) {what}"),
    "de": ("(lösch|lösche|streich|streiche|entferne|stopp) (den|die|das) {nth:nth} [{kind:kind}]",
           "(lösch|lösche|streich|streiche|entferne) {both:every}",
           "(lösch|lösche|streich|streiche|entferne|vergiss) <the> {kind:kind}",
           "(lösch|lösche|streich|streiche|entferne) {every:every} {kind:kind}",
           "{every:every} {kind:kind} (aus|löschen)",
           "(lösch|lösche|streich|streiche|entferne) <the> {kind:kind} (an|für|daran) {what}",
           "(lösch|lösche|streich|streiche|entferne) <the> {kind:kind} {when}",
           "(schalt|schalte|stell|stelle|mach) <the> {kind:kind} (ab|aus)"),
    "fr": ("(annule|supprime|efface|enlève) (le|la) {nth:nth} [{kind:kind}]", "(annule|supprime) {both:every}",
           "(annule|supprime|efface|enlève|désactive) <the> {kind:kind}", "(annule|supprime|désactive) l'alarme",
           "(annule|supprime|efface|enlève) {every:every} {kind:kind}",
           "(annule|supprime|efface|enlève) <the> {kind:kind} (de|d'|du|des|pour) {what}",
           "(annule|supprime|efface|enlève) <the> {kind:kind} {when}", "(annule|supprime) l'alarme {when}"),
    "es": ("(cancela|borra|elimina|quita) (el|la) {nth:nth} [{kind:kind}]", "(cancela|borra) {both:every}",
           "(cancela|borra|elimina|quita|desactiva|apaga) <the> {kind:kind}",
           "(cancela|borra|elimina|quita) {every:every} {kind:kind}",
           "(cancela|borra|elimina|quita) <the> {kind:kind} (de|del|para|sobre) {what}",
           "(cancela|borra|elimina|quita) <the> {kind:kind} {when}"),
}  # fmt: skip
SNOOZE: Final = {
    "en": ("snooze", "snooze (it|the alarm|that)", ("(snooze|snooze it|snooze the alarm) [for] {minutes:minutes} "
           "(minute|minutes)"), "[just] {minutes:minutes} more minutes [please]",
           "(remind|wake) me [up] again in {minutes:minutes} (minute|minutes)", "(a few|just a few) more minutes",
           "(remind me later|wake me later|not yet)"),
    "de": ("(schlummern|schlummer|snooze)", "noch {minutes:minutes} (minute|minuten)", "(später|nochmal später)",
           "(schlummern|snooze) [für] {minutes:minutes} (minute|minuten)", "erinnere mich später",
           "(weck|wecke|erinnere) mich [nochmal|noch einmal|wieder] in {minutes:minutes} (minute|minuten) [nochmal]"),
    "fr": ("(snooze|plus tard|rappelle moi plus tard)", "encore {minutes:minutes} (minute|minutes)",
           "snooze [dans] {minutes:minutes} (minute|minutes)", "{minutes:minutes} minutes de plus"),
    "es": ("(posponer|pospón|pospon|aplaza|aplazar|más tarde) [la alarma]", "{minutes:minutes} minutos más",
           "(pospón|pospon|posponer|aplaza) [la alarma] {minutes:minutes} (minuto|minutos)"),
}  # fmt: skip
ENOUGH: Final = {
    "en": ("(stop|stop it|stop that|stop the alarm|okay|ok|yes|alright|all right|got it|done|enough|thank you|thanks)",
           "(i am|i'm) (up|awake|getting up)", "(turn|switch) (it|the alarm|that) off",
           "(turn|switch) off (it|the alarm|that)", "(i know|will do|be quiet|quiet|silence)"),
    "de": ("(stopp|stop|halt|okay|ok|ja|gut|danke|genug|erledigt|aus|ruhe|alles klar|ist gut)",
           "ich bin (wach|auf)", "(mach|schalt|schalte|stell) (ihn|das|den wecker) (aus|ab)", "wecker aus"),
    "fr": ("(stop|arrête|arrête ça|d'accord|okay|ok|oui|merci|c'est bon|ça suffit|fait|silence)",
           "je suis (réveillé|réveillée|levé|levée|debout)", "(éteins|arrête|coupe) (l'alarme|le réveil)"),
    "es": ("(para|stop|basta|vale|okay|ok|sí|gracias|ya está|hecho|silencio|ya)", ("(estoy|ya estoy) (despierto|"
           "despierta|levantado|levantada)"), "(apaga|para) (la alarma|el despertador)"),
}  # fmt: skip
ANSWER: Final = {
    "en": ("{when}", "{both:every}", "(the|that|my) {nth:nth} [one|alarm|reminder]",
           "(the|that) one {when}", "(the|my) {when} one", "(the|my) {days:when} one",
           "(the|that) (one|reminder) (about|for|of|that says|to) {what}"),
    "de": ("{when}", "{both:every}", "(den|die|das|der) {nth:nth}",
           "(den|die) {when}", "(den|die) (mit|wegen|für|an|über) {what}"),
    "fr": ("{when}", "{both:every}", "(le|la) {nth:nth}",
           "(celui|celle) (de|d'|à|pour) {what}", "(celui|celle) {when}"),
    "es": ("{when}", "{both:every}", "(el|la) {nth:nth}", "(el|la) de {what}", "(el|la) {when}"),
}  # fmt: skip
_MOVE: Final = "(change|move|reschedule|shift|push|postpone|delay)"
CHANGE: Final = {
    "en": (f"{_MOVE} <the> {{kind:kind}} [back|forward] (to|until|till) {{when}}",
           f"{_MOVE} <the> {{old}} {{kind:kind}} [back|forward] (to|until|till) {{when}}",
           f"{_MOVE} <the> {{what}} {{kind:kind}} [back|forward] (to|until|till) {{when}}",
           f"{_MOVE} <the> {{kind:kind}} (about|of|for) {{what}} (to|until|till) {{when}}"),
    "de": ("(verschieb|verschiebe|ändere|änder) <the> {kind:kind} [auf] {when}",
           "(verschieb|verschiebe|ändere|änder) <the> {kind:kind} (an|für|wegen) {what} auf {when}"),
    "fr": ("(déplace|décale|change|repousse|avance) <the> {kind:kind} {when}",
           "(déplace|décale|change|repousse|avance) {alarm:kind} {when}",
           "(déplace|décale|change|repousse|avance) <the> {kind:kind} (de|d'|du|des) {what} à {when}"),
    "es": ("(cambia|mueve|pasa|aplaza|retrasa) <the> {kind:kind} {when}",
           "(cambia|mueve|pasa|aplaza|retrasa) <the> {kind:kind} (de|del|para) {what} a {when}"),
}  # fmt: skip
# What follows an answer that was given too early, or was not what was meant.
CORRECT: Final = {
    "en": ("{when}", "(no|nope|no wait|wait|sorry|no sorry|actually|rather|oops|[no] (i mean|i meant)) {when}",
           "[no] (make|change) (it|that) [to] {when}", "{when} (instead|rather|i mean|i meant)",
           "[and] (to|that i have to|about) {what}", "[and] {when} {also:also}", "[and] {another:also} {when}"),
    "de": ("{when}", "(nein|nee|halt|doch|doch lieber|lieber|sorry|[nein] ich (meine|meinte)) {when}",
           "(mach|mache) {when} draus", "{when} (stattdessen|meine ich|meinte ich)", "(an|daran) {what}",
           "[und] {when} {also:also}", "[und] {another:also} {when}"),
    "fr": ("{when}", "(non|pardon|plutôt|non plutôt|attends|[non] je (voulais|veux) dire) {when}", "{when} plutôt",
           "(de|d') {what}", "[et] {when} {also:also}", "[et] {another:also} {when}"),
    "es": ("{when}", "(no|perdón|mejor|no mejor|espera|[no] (quiero|quería) decir|[no] digo) {when}", "{when} mejor",
           "(que|de) {what}", "[y] {when} {also:also}", "[y] {another:also} {when}"),
}  # fmt: skip
EXAMPLES: Final[dict[str, dict[str, tuple[str, ...]]]] = {
    "reminder_set": {
        "en": ("remind me at six to call anna", "remind me to call anna in twenty minutes"),
        "de": ("erinnere mich um sechs daran anna anzurufen", "erinnere mich in zwanzig minuten an den kuchen"),
        "fr": ("rappelle moi à six heures d'appeler anna", "rappelle moi dans vingt minutes de sortir le gâteau"),
        "es": ("recuérdame a las seis que llame a anna", "recuérdame en veinte minutos que saque el pan"),
    },
    "alarm_set": {
        "en": ("wake me at seven on weekdays", "set an alarm for half past six"),
        "de": ("weck mich werktags um sieben", "stell einen wecker auf halb sieben"),
        "fr": ("réveille moi à sept heures et demie", "mets une alarme à six heures"),
        "es": ("despiértame a las siete y media", "pon una alarma a las seis"),
    },
    "reminder_query": {
        "en": ("what are my reminders", "which alarms are set"),
        "de": ("welche erinnerungen habe ich", "wann klingelt der wecker"),
        "fr": ("quels sont mes rappels", "à quelle heure sonne l'alarme"),
        "es": ("qué recordatorios tengo", "a qué hora suena la alarma"),
    },
    "reminder_cancel": {
        "en": ("cancel my six o'clock alarm", "delete the reminder to call anna"),
        "de": ("lösche den wecker", "lösche alle erinnerungen"),
        "fr": ("annule l'alarme", "supprime tous mes rappels"),
        "es": ("cancela la alarma", "borra todos mis recordatorios"),
    },
    "snooze": {
        "en": ("snooze", "ten more minutes"), "de": ("schlummern", "noch zehn minuten"),
        "fr": ("encore dix minutes",), "es": ("diez minutos más",),
    },
    "alarm_enough": {"en": ("stop the alarm", "i'm awake"), "de": ("ich bin wach",), "fr": ("éteins l'alarme",),
                     "es": ("apaga la alarma",)},
    "reminder_answer": {"en": ("at six in the evening",), "de": ("um sechs uhr",), "fr": ("à six heures",),
                        "es": ("a las seis",)},
    "reminder_change": {"en": ("move my six o'clock alarm to seven",), "de": ("verschiebe den wecker auf acht uhr",),
                        "fr": ("décale l'alarme à huit heures",), "es": ("cambia la alarma a las ocho",)},
    "reminder_correct": {"en": ("no at seven",), "de": ("nein um sieben",), "fr": ("non à sept heures",),
                         "es": ("no a las siete",)},
    "reminder_undo": {"en": ("take that back",), "de": ("nimm das zurück",), "fr": ("efface ça",),
                      "es": ("borra eso",)},
}  # fmt: skip
