"""What is answered about reminders and alarms, in four languages. Pure data.

Placeholders: ``{what}`` is the matter, ``{when}`` a time, ``{ago}`` a length, ``{name}`` a reminder or an alarm in words.
"""

from __future__ import annotations

from typing import Final

SAYS: Final = {
    "en": {
        "alarm_set": "Alarm set {when}.", "reminder_set": "I will remind you {when}: {what}.",
        "reminder_set_bare": "I will remind you {when}.", "when": "When?", "what_time": "For what time?",
        "past": "That time is over. When do you want it?", "many": "There are too many already. Cancel some first.",
        "no_alarms": "No alarm is set.", "no_reminders": "You have no reminders.",
        "no_such": "There is none like that. There is {names}.", "which": "Which one: {names}?",
        "cancelled": "Cancelled: {name}.", "all_cancelled": "All {count} are cancelled.",
        "snoozed": "Again in {when}.", "nothing_rings": "Nothing is ringing.", "okay": "Okay.",
        "alarm": "the alarm {when}", "reminder": "the reminder {when}, {what}", "reminder_bare": "the reminder {when}",
        "rings": "It is {time}. This is your alarm.", "reminds": "A reminder: {what}.",
        "reminds_bare": "You wanted to be reminded now.",
        "alarm_late": "Your alarm was due {ago} ago, while I was away.",
        "reminder_late": "A late reminder, due {ago} ago while I was away: {what}.",
        "and": "and", "or": "or", "in": "in {length}", "first": "The next: {names}.", "and_then": "{names}.",
    },
    "de": {
        "alarm_set": "Der Wecker klingelt {when}.", "reminder_set": "Ich erinnere dich {when}: {what}.",
        "reminder_set_bare": "Ich erinnere dich {when}.", "when": "Wann?", "what_time": "Auf wann?",
        "past": "Diese Zeit ist vorbei. Wann soll es sein?", "many": "Es sind schon zu viele. Lösche erst welche.",
        "no_alarms": "Es ist kein Wecker gestellt.", "no_reminders": "Du hast keine Erinnerungen.",
        "no_such": "So etwas gibt es nicht. Es gibt {names}.", "which": "Welche: {names}?",
        "cancelled": "Gelöscht: {name}.", "all_cancelled": "Alle {count} sind gelöscht.",
        "snoozed": "Noch einmal in {when}.", "nothing_rings": "Es klingelt nichts.", "okay": "Okay.",
        "alarm": "der Wecker {when}", "reminder": "die Erinnerung {when}, {what}",
        "reminder_bare": "die Erinnerung {when}", "rings": "Es ist {time}. Das ist dein Wecker.",
        "reminds": "Eine Erinnerung: {what}.", "reminds_bare": "Du wolltest jetzt erinnert werden.",
        "alarm_late": "Dein Wecker war vor {ago} dran, als ich nicht da war.",
        "reminder_late": "Eine späte Erinnerung, fällig vor {ago}, als ich nicht da war: {what}.",
        "and": "und", "or": "oder", "in": "in {length}", "first": "Als Nächstes: {names}.", "and_then": "{names}.",
    },
    "fr": {
        "alarm_set": "L'alarme sonnera {when}.", "reminder_set": "Je te le rappellerai {when} : {what}.",
        "reminder_set_bare": "Je te le rappellerai {when}.", "when": "Quand ?", "what_time": "Pour quelle heure ?",
        "past": "Cette heure est passée. Quand le veux-tu ?", "many": "Il y en a déjà trop. Annules-en d'abord.",
        "no_alarms": "Aucune alarme n'est réglée.", "no_reminders": "Tu n'as pas de rappel.",
        "no_such": "Il n'y en a pas de tel. Il y a {names}.", "which": "Lequel : {names} ?",
        "cancelled": "Annulé : {name}.", "all_cancelled": "Les {count} sont annulés.",
        "snoozed": "Encore une fois dans {when}.", "nothing_rings": "Rien ne sonne.", "okay": "D'accord.",
        "alarm": "l'alarme {when}", "reminder": "le rappel {when}, {what}", "reminder_bare": "le rappel {when}",
        "rings": "Il est {time}. C'est ton alarme.", "reminds": "Un rappel : {what}.",
        "reminds_bare": "Tu voulais que je te prévienne maintenant.",
        "alarm_late": "Ton alarme était prévue il y a {ago}, quand j'étais absent.",
        "reminder_late": "Un rappel en retard, prévu il y a {ago} quand j'étais absent : {what}.",
        "and": "et", "or": "ou", "in": "dans {length}", "first": "À venir : {names}.", "and_then": "{names}.",
    },
    "es": {
        "alarm_set": "La alarma sonará {when}.", "reminder_set": "Te lo recordaré {when}: {what}.",
        "reminder_set_bare": "Te lo recordaré {when}.", "when": "¿Cuándo?", "what_time": "¿A qué hora?",
        "past": "Esa hora ya pasó. ¿Cuándo lo quieres?", "many": "Ya hay demasiados. Cancela alguno primero.",
        "no_alarms": "No hay ninguna alarma.", "no_reminders": "No tienes recordatorios.",
        "no_such": "No hay ninguno así. Hay {names}.", "which": "¿Cuál: {names}?",
        "cancelled": "Cancelado: {name}.", "all_cancelled": "Los {count} están cancelados.",
        "snoozed": "Otra vez en {when}.", "nothing_rings": "No suena nada.", "okay": "De acuerdo.",
        "alarm": "la alarma {when}", "reminder": "el recordatorio {when}, {what}",
        "reminder_bare": "el recordatorio {when}", "rings": "Tu alarma: {time}.", "reminds": "Un recordatorio: {what}.",
        "reminds_bare": "Querías que te avisara ahora.",
        "alarm_late": "Tu alarma era hace {ago}, cuando yo no estaba.",
        "reminder_late": "Un recordatorio tardío, de hace {ago}, cuando yo no estaba: {what}.",
        "and": "y", "or": "o", "in": "en {length}", "first": "Lo siguiente: {names}.", "and_then": "{names}.",
    },
}  # fmt: skip
