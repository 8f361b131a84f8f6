"""How the machine is, in German, French and Spanish: sentences and answers. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from homebody.skill import Phrases


def _lists(**heard: str) -> dict[str, Any]:
    """Each list is named after what it asks for, a number behind it where there are several."""
    return {name: {"values": [{"in": words, "out": name.rstrip("2")}]} for name, words in heard.items()}


PHRASES: Final = {
    "de": Phrases(
        templates=(
            ("wie viel {memory:what} (ist|habe ich|haben wir|hast du|gibt es|ist noch|habe ich noch) "
            "[noch] [frei|übrig|verfügbar|belegt|da]"),
            ("wie viel {disk:what} (ist|habe ich|haben wir|hast du|gibt es|ist noch|habe ich noch) "
            "[noch] [frei|übrig|verfügbar|belegt|da]"),
            "wie voll ist {disk2:what}",
            "(wie (voll|geladen|leer) ist|wie steht es um|was macht) {battery:what}",
            "{battery:what}",
            "(wie (heiß|warm) ist|welche temperatur hat) {load2:what}",
            "wie (ausgelastet|beschäftigt) ist {busy:what}",
            "wie (hoch ist|ist) {load:what}",
            "{load:what}",
            "wie (lange|lang) {uptime:what}",
            "{network:what}",
            "(wie geht es|wie läuft|wie ist der zustand von) {overview:what}",
            "{overview2:what}",
        ),
        lists=_lists(
            memory="[freier] (speicher|arbeitsspeicher|ram|hauptspeicher)",
            disk="[freier] (speicherplatz|festplattenspeicher|plattenplatz|platz auf der festplatte|festplattenplatz)",
            disk2="(die festplatte|die platte|der speicherplatz|der datenträger)",
            battery="[(der|die|dem|den|das)] (akku|batterie|akkustand|ladestand|batteriestand) [(ist|geladen|voll)]",
            load="[die] [aktuelle] (auslastung|prozessorauslastung|prozessorlast|systemlast|cpu auslastung) "
            "[(des|vom) (prozessors|prozessor|rechners|computers)]",
            busy="(der|dieser|mein) (prozessor|rechner|computer|laptop)|die cpu",
            uptime="(läuft|ist) (der|dieser|mein|das|du) (rechner|computer|laptop|system|gerät) [schon] [an|(schon an)]"
            "|bist du [schon] (an|wach)|läufst du schon",
            network="(bin ich|sind wir|bist du|ist der (rechner|computer)) [noch] (online|verbunden|"
            "im (netz|netzwerk|internet)|mit dem (netz|netzwerk|internet) verbunden)|(gibt es|habe ich|haben wir) "
            "(internet|netz|netzwerk|"
            "wlan|eine internetverbindung|eine netzwerkverbindung)|(funktioniert|geht) das (internet|netzwerk|wlan)",
            overview="(dem|der|dein|deinem) (rechner|computer|system|laptop)",
            overview2="(systemstatus|systemzustand|status des (systems|rechners|computers)|zustand des (systems|"
            "rechners|computers))",
        )
        | {
            "load2": {
                "values": [
                    {"in": "(der|dieser|mein) (prozessor|rechner|computer|laptop)", "out": "temperature"},
                    {"in": "die cpu", "out": "temperature"},
                ]
            }
        },
        examples=("wie viel speicher ist frei", "wie voll ist der akku", "wie heiß ist der prozessor"),
    ),
    "fr": Phrases(
        templates=(
            ("combien [de|d'] {memory:what} (reste t il|il reste|y a t il|j'ai|est disponible|est libre|est utilisée) "
            "[de libre|libre|disponible]"),
            ("combien [de|d'] {disk:what} (reste t il|il reste|y a t il|j'ai|est disponible|est libre) "
            "[de libre|libre|disponible|sur le disque]"),
            "il (reste|me reste) combien (de|d') ({memory:what}|{disk:what})",
            "est ce que {disk2:what} est plein",
            "(quel est|où en est|comment va|est ce que) {battery:what}",
            "{battery:what}",
            "(quelle est la température|à quelle température est) {heat:what}",
            "(est ce que|à quel point) {busy:what} est (occupé|chargé|chaud)",
            "[quelle est] {load:what}",
            "depuis (combien de temps|quand) {uptime:what}",
            "{network:what}",
            "comment va {overview:what}",
            "{overview2:what}",
        ),
        lists=_lists(
            memory="(mémoire|mémoire vive|ram) [libre]",
            disk="(espace disque|espace|place|stockage|place sur le disque|espace sur le disque) [libre]",
            disk2="(le disque|le disque dur)",
            battery="[(la|le|mon|ma)] (batterie|niveau de [la] batterie|charge de la batterie) "
            "[(est chargée|est pleine)]",
            busy="(le processeur|l'ordinateur|mon ordinateur)",
            load="[la] charge (du (processeur|système)|de l'ordinateur)",
            uptime="(l'ordinateur|cet ordinateur|mon ordinateur|la machine) (est allumé|est allumée|tourne|fonctionne)"
            "|(es tu|tu es) allumé",
            network="(suis je|sommes nous|es tu|est ce que (je suis|nous sommes|tu es|l'ordinateur est)) "
            "(connecté|connectés|en ligne) "
            "[(à internet|au réseau)]|(y a t il|est ce qu'il y a|avons nous) (internet|du réseau|une connexion|le wifi)"
            "|est ce que (internet|le réseau|le wifi) (marche|fonctionne)",
            overview="(l'ordinateur|le système|ton ordinateur|mon ordinateur)",
            overview2="(état du système|état de l'ordinateur|l'état du système)",
        )
        | {
            "heat": {
                "values": [{"in": "(du processeur|de l'ordinateur|le processeur|l'ordinateur)", "out": "temperature"}]
            }
        },
        examples=("combien de mémoire reste t il", "quel est le niveau de la batterie"),
    ),
    "es": Phrases(
        templates=(
            "(cuánta|cuánto|cuanta) {memory:what} (hay|queda|tengo|está|tiene el ordenador) [libre|disponible|usada]",
            "(cuánto|cuánta|cuanto) {disk:what} (hay|queda|tengo|está) [libre|disponible|en el disco]",
            "(cómo|qué tan|está) [de] lleno [está] {disk2:what}",
            "está lleno {disk2:what}",
            "(cuánta|cómo está|cuál es|qué tal está) {battery:what} [queda|tengo|hay]",
            "{battery:what}",
            "(qué temperatura tiene|cuál es la temperatura|a qué temperatura está|está caliente) {heat:what}",
            "(cómo de|qué tan) caliente está {heat:what}",
            "(cómo de|qué tan|está) ocupado [está] {busy:what}",
            "[cuál es] {load:what}",
            "(cuánto tiempo|desde cuándo) {uptime:what}",
            "{network:what}",
            "cómo está {overview:what}",
            "{overview2:what}",
        ),
        lists=_lists(
            memory="(memoria|memoria ram|ram) [libre]",
            disk="(espacio|espacio en disco|espacio en el disco|almacenamiento|disco) [libre]",
            disk2="(el disco|el disco duro)",
            battery="[(la|el)] (batería|nivel de [la] batería|carga de la batería)",
            busy="(el procesador|el ordenador|la computadora)",
            load="[la] (carga|carga del (procesador|sistema|ordenador)|uso del procesador)",
            uptime="(lleva|llevas) [(encendido|encendida|funcionando)] [(el ordenador|la computadora|este ordenador)] "
            "[(encendido|encendida|funcionando)]",
            network="(estoy|estamos|estás|está el ordenador) (conectado|conectados|en línea) [(a internet|a la red)]|"
            "hay (internet|red|conexión|wifi|conexión a internet)|(funciona|va) (internet|la red|el wifi)",
            overview="(el ordenador|el sistema|la computadora|tu sistema)",
            overview2="(estado del sistema|estado del ordenador)",
        )
        | {
            "heat": {
                "values": [
                    {"in": "(el procesador|el ordenador|del procesador|del ordenador|la cpu|de la cpu)",
                     "out": "temperature"}
                ]
            }
        },
        examples=("cuánta memoria queda", "cuál es el nivel de la batería"),
    ),
}  # fmt: skip


class _Words(NamedTuple):
    """Sentences by what they tell, the names of sizes (from kilo to tera), and of days, hours and minutes, each one and
    many, with "and" and "less than a minute"."""

    sentences: dict[str, str]
    sizes: tuple[str, str, str, str]
    times: tuple[tuple[str, str], ...]
    joined: str
    instant: str


_WORDS: Final = {
    "de": _Words(
        {
            "memory": "Etwa {} Arbeitsspeicher sind frei, von {}.",
            "disk": "Etwa {} Speicherplatz sind frei, von {}.",
            "battery": "Der Akku ist bei {} Prozent {}.",
            "full": "und voll",
            "charging": "und lädt",
            "discharging": "und lädt nicht",
            "no_battery": "Dieses Gerät hat keinen Akku.",
            "load": "Der Prozessor ist zu {} Prozent ausgelastet, bei {}.",
            "core": "einem Kern",
            "cores": "{} Kernen",
            "temperature": "Der Prozessor hat {} Grad Celsius.",
            "no_sensor": "Dieses Gerät hat keinen Temperaturfühler, den ich lesen kann.",
            "uptime": "Dieses Gerät läuft seit {}.",
            "connected": "Ja, dieses Gerät ist mit einem Netzwerk verbunden.",
            "offline": "Nein, dieses Gerät ist mit keinem Netzwerk verbunden.",
        },
        ("Kilobyte", "Megabyte", "Gigabyte", "Terabyte"),
        (("einem Tag", "{} Tagen"), ("einer Stunde", "{} Stunden"), ("einer Minute", "{} Minuten")),
        " und ",
        "weniger als einer Minute",
    ),
    "fr": _Words(
        {
            "memory": "Environ {} de mémoire sont libres, sur {}.",
            "disk": "Environ {} d'espace disque sont libres, sur {}.",
            "battery": "La batterie est à {} pour cent {}.",
            "full": "et pleine",
            "charging": "et en charge",
            "discharging": "et ne charge pas",
            "no_battery": "Cette machine n'a pas de batterie.",
            "load": "Le processeur est occupé à {} pour cent, sur {}.",
            "core": "un cœur",
            "cores": "{} cœurs",
            "temperature": "Le processeur est à {} degrés Celsius.",
            "no_sensor": "Cette machine n'a pas de capteur de température que je puisse lire.",
            "uptime": "Cette machine est allumée depuis {}.",
            "connected": "Oui, cette machine est connectée à un réseau.",
            "offline": "Non, cette machine n'est connectée à aucun réseau.",
        },
        ("kilooctets", "mégaoctets", "gigaoctets", "téraoctets"),
        (("un jour", "{} jours"), ("une heure", "{} heures"), ("une minute", "{} minutes")),
        " et ",
        "moins d'une minute",
    ),
    "es": _Words(
        {
            "memory": "Hay unos {} de memoria libres, de {}.",
            "disk": "Hay unos {} de espacio en disco libres, de {}.",
            "battery": "La batería está al {} por ciento {}.",
            "full": "y llena",
            "charging": "y cargando",
            "discharging": "y no está cargando",
            "no_battery": "Esta máquina no tiene batería.",
            "load": "El procesador está al {} por ciento, en {}.",
            "core": "un núcleo",
            "cores": "{} núcleos",
            "temperature": "El procesador está a {} grados Celsius.",
            "no_sensor": "Esta máquina no tiene un sensor de temperatura que yo pueda leer.",
            "uptime": "Esta máquina lleva encendida {}.",
            "connected": "Sí, esta máquina está conectada a una red.",
            "offline": "No, esta máquina no está conectada a ninguna red.",
        },
        ("kilobytes", "megabytes", "gigabytes", "terabytes"),
        (("un día", "{} días"), ("una hora", "{} horas"), ("un minuto", "{} minutos")),
        " y ",
        "menos de un minuto",
    ),
}


def said(what: str, facts: Mapping[str, Any], language: str) -> str:
    """The sentence for a reading, from the data that `homebody_system.phrases` makes of it."""
    words, sentences = _WORDS[language], _WORDS[language].sentences
    match what:
        case "memory" | "disk":
            sizes = (_size(facts[key], words.sizes) for key in ("free_bytes", "total_bytes"))
            return sentences[what].format(*sizes)
        case "battery" if facts["percent"] is None:
            return sentences["no_battery"]
        case "battery":
            plugged = "full" if facts["percent"] >= 100 else "charging"
            return sentences["battery"].format(
                facts["percent"], sentences[plugged if facts["charging"] else "discharging"]
            )
        case "load":
            cores = sentences["core"] if facts["cores"] == 1 else sentences["cores"].format(facts["cores"])
            return sentences["load"].format(facts["percent"], cores)
        case "temperature":
            celsius = facts["celsius"]
            return sentences["no_sensor"] if celsius is None else sentences["temperature"].format(round(celsius))
        case "uptime":
            return sentences["uptime"].format(_duration(facts["seconds"], words))
        case _:
            return sentences["connected" if facts["connected"] else "offline"]


def _size(size_bytes: float, names: tuple[str, str, str, str]) -> str:
    power = next((power for power in (4, 3, 2) if size_bytes >= 0.9995 * 1000**power), 1)
    amount = size_bytes / 1000**power
    text = f"{amount:.0f}" if amount >= 20 else f"{amount:.1f}".removesuffix(".0")
    name = names[power - 1]
    return f"{text.replace('.', ',')} {name.removesuffix('s') if text == '1' else name}"


def _duration(seconds: float, words: _Words) -> str:
    """The two largest parts."""
    days, rest = divmod(int(seconds // 60), 24 * 60)
    counted = zip((days, *divmod(rest, 60)), words.times, strict=True)
    parts = [one if count == 1 else many.format(count) for count, (one, many) in counted if count]
    return words.joined.join(parts[:2]) or words.instant
