"""The words for signs in the languages of the shipped skills. Pure data, read by `homebody.voice.spoken_signs`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

UNIT_SIGNS: Final = (
    *("%", "‰", "°", "°C", "℃", "°F", "℉", "km/h", "kph", "m/s", "mph", "km", "m", "cm", "mm", "km²", "m²", "m³"),
    *("ft", "kg", "g", "mg", "lb", "lbs", "oz", "l", "ml", "mL", "h", "min", "ms", "kB", "KB", "MB", "GB", "TB", "Hz"),
    *("kHz", "MHz", "GHz", "W", "kW", "kWh", "V"),
)
# The order of `_inside` below, and of `_after`.
_INSIDE_SIGNS: Final = "& + = × ÷ ± @ % ‰ ° ℃ ℉ № § → ⇒ ≤ ≥ ≈ ≠ − | < > ² ³ $ € £ ¥ — ·".split()  # noqa: SIM905
_AFTER_SIGNS: Final = "* x / - − ^ < > <= >= ≤ ≥".split()  # noqa: SIM905
_ALONE_SIGNS: Final = "& + = × ÷ ± @ | - -- – — -> => → ⇒ ~".split()  # noqa: SIM905


@dataclass(frozen=True, slots=True)
class SignWords:
    """How one language says signs.

    Attributes:
        link, code: What is said instead of an address, and of a block of code.
        price: Of a whole price, its cents and their name: ``{}`` each.
        currencies: By sign: one, many, the small ones.
        scales, scale_words: Of "$5k", and of "$5 million".
        units: By sign: one, many.
        alone, after_number, inside: What a sign is between spaces, after a number, and within a word.
        fractions: "1/2" and the like.
        extra: For "Ab#", "#5", "~5", "5–7", "-5", "5*7" and "5^7": sharp, number, about, to, minus, times, power.
    """

    link: str
    code: str
    price: str
    currencies: dict[str, tuple[str, str, str]]
    scales: dict[str, str]
    scale_words: frozenset[str]
    units: dict[str, tuple[str, str]]
    alone: dict[str, str]
    after_number: dict[str, str]
    inside: dict[str, str]
    fractions: dict[str, str]
    extra: tuple[str, str, str, str, str, str, str]


def _units(words: str) -> dict[str, tuple[str, str]]:
    """Of a list in the order of `UNIT_SIGNS`, parted by commas; "one|many" where they differ."""
    names = [name.strip().partition("|") for name in words.split(",")]
    return {sign: (one, many or one) for sign, (one, _, many) in zip(UNIT_SIGNS, names, strict=True)}


def _table(signs: list[str], words: str) -> dict[str, str]:
    """Of a list in the order of ``signs``, parted by semicolons."""
    return dict(zip(signs, (word.strip() for word in words.split(";")), strict=True))


def _spaced(words: str) -> dict[str, str]:
    return {sign: f"{word} " if word == "," else f" {word} " for sign, word in _table(_INSIDE_SIGNS, words).items()}


def _fractions(*words: str) -> dict[str, str]:
    written = ("1/2", "1/3", "2/3", "1/4", "3/4")
    return dict(zip(written, words, strict=True)) | dict(zip("½⅓⅔¼¾", words, strict=True))


_EN: Final = SignWords(
    link="a link",
    code="There is code on the screen.",
    price="{} and {} {}",
    currencies={
        "$": ("dollar", "dollars", "cents"),
        "€": ("euro", "euros", "cents"),
        "£": ("pound", "pounds", "pence"),
        "¥": ("yen", "yen", "sen"),
    },
    scales={"k": "thousand", "m": "million", "bn": "billion", "b": "billion"},
    scale_words=frozenset(("hundred", "thousand", "million", "billion", "trillion")),
    units=_units(
        "percent, per mille, degree|degrees, degree Celsius|degrees Celsius, degree Celsius|degrees Celsius,"
        "degree Fahrenheit|degrees Fahrenheit, degree Fahrenheit|degrees Fahrenheit,"
        "kilometre per hour|kilometres per hour, kilometre per hour|kilometres per hour,"
        "metre per second|metres per second, mile per hour|miles per hour, kilometre|kilometres, metre|metres,"
        "centimetre|centimetres, millimetre|millimetres, square kilometre|square kilometres,"
        "square metre|square metres, cubic metre|cubic metres, foot|feet, kilogram|kilograms, gram|grams,"
        "milligram|milligrams, pound|pounds, pound|pounds, ounce|ounces, litre|litres, millilitre|millilitres,"
        "millilitre|millilitres, hour|hours, minute|minutes, millisecond|milliseconds, kilobyte|kilobytes,"
        "kilobyte|kilobytes, megabyte|megabytes, gigabyte|gigabytes, terabyte|terabytes, hertz, kilohertz, megahertz,"
        "gigahertz, watt|watts, kilowatt|kilowatts, kilowatt hour|kilowatt hours, volt|volts"
    ),
    alone=_table(
        _ALONE_SIGNS, "and; plus; equals; times; divided by; plus or minus; at; ,; ,; ,; ,; ,; to; to; to; to; about"
    ),
    after_number=_table(
        _AFTER_SIGNS,
        "times; times; divided by; minus; minus; to the power of; less than; more than; at most;"
        "at least; at most; at least",
    ),
    inside=_spaced(
        "and; plus; equals; times; divided by; plus or minus; at; percent; per mille; degrees; degrees Celsius;"
        "degrees Fahrenheit; number; section; to; to; at most; at least; about; is not; minus; ,; ; ; squared; cubed;"
        "dollars; euros; pounds; yen; ,; "
    ),
    fractions=_fractions("one half", "one third", "two thirds", "one quarter", "three quarters"),
    extra=("sharp", "number", "about", "to", "minus", "times", "to the power of"),
)
_DE: Final = SignWords(
    link="ein Link",
    code="Auf dem Bildschirm steht Code.",
    price="{} {}",
    currencies={
        "$": ("Dollar", "Dollar", "Cent"),
        "€": ("Euro", "Euro", "Cent"),
        "£": ("Pfund", "Pfund", "Pence"),
        "¥": ("Yen", "Yen", "Sen"),
    },
    scales={"k": "tausend", "m": "Millionen", "bn": "Milliarden", "b": "Milliarden"},
    scale_words=frozenset(("hundert", "tausend", "million", "millionen", "milliarde", "milliarden", "billionen")),
    units=_units(
        "Prozent, Promille, Grad, Grad Celsius, Grad Celsius, Grad Fahrenheit, Grad Fahrenheit, Kilometer pro Stunde,"
        "Kilometer pro Stunde, Meter pro Sekunde, Meile pro Stunde|Meilen pro Stunde, Kilometer, Meter, Zentimeter,"
        "Millimeter, Quadratkilometer, Quadratmeter, Kubikmeter, Fuß, Kilogramm, Gramm, Milligramm, Pfund, Pfund,"
        "Unze|Unzen, Liter, Milliliter, Milliliter, Stunde|Stunden, Minute|Minuten, Millisekunde|Millisekunden,"
        "Kilobyte, Kilobyte, Megabyte, Gigabyte, Terabyte, Hertz, Kilohertz, Megahertz, Gigahertz, Watt, Kilowatt,"
        "Kilowattstunde|Kilowattstunden, Volt"
    ),
    alone=_table(
        _ALONE_SIGNS,
        "und; plus; gleich; mal; geteilt durch; plus minus; at; ,; ,; ,; ,; ,; nach; nach; nach; nach; etwa",
    ),
    after_number=_table(
        _AFTER_SIGNS,
        "mal; mal; geteilt durch; minus; minus; hoch; kleiner als; größer als; höchstens;"
        "mindestens; höchstens; mindestens",
    ),
    inside=_spaced(
        "und; plus; gleich; mal; geteilt durch; plus minus; at; Prozent; Promille; Grad; Grad Celsius;"
        "Grad Fahrenheit; Nummer; Paragraf; nach; nach; höchstens; mindestens; etwa; ungleich; minus; ,; ; ; Quadrat;"
        "hoch drei; Dollar; Euro; Pfund; Yen; ,; "
    ),
    fractions=_fractions("ein halb", "ein Drittel", "zwei Drittel", "ein Viertel", "drei Viertel"),
    extra=("is", "Nummer", "etwa", "bis", "minus", "mal", "hoch"),
)
_FR: Final = SignWords(
    link="un lien",
    code="Il y a du code à l'écran.",
    price="{} {}",
    currencies={
        "$": ("dollar", "dollars", "cents"),
        "€": ("euro", "euros", "centimes"),
        "£": ("livre", "livres", "pence"),
        "¥": ("yen", "yens", "sens"),
    },
    scales={"k": "mille", "m": "millions de", "bn": "milliards de", "b": "milliards de"},
    scale_words=frozenset(("cent", "cents", "mille", "million", "millions", "milliard", "milliards")),
    units=_units(
        "pour cent, pour mille, degré|degrés, degré Celsius|degrés Celsius, degré Celsius|degrés Celsius,"
        "degré Fahrenheit|degrés Fahrenheit, degré Fahrenheit|degrés Fahrenheit, kilomètre heure|kilomètres heure,"
        "kilomètre heure|kilomètres heure, mètre par seconde|mètres par seconde, mille à l'heure|milles à l'heure,"
        "kilomètre|kilomètres, mètre|mètres, centimètre|centimètres, millimètre|millimètres,"
        "kilomètre carré|kilomètres carrés, mètre carré|mètres carrés, mètre cube|mètres cubes, pied|pieds,"
        "kilogramme|kilogrammes, gramme|grammes, milligramme|milligrammes, livre|livres, livre|livres, once|onces,"
        "litre|litres, millilitre|millilitres, millilitre|millilitres, heure|heures, minute|minutes,"
        "milliseconde|millisecondes, kilooctet|kilooctets, kilooctet|kilooctets, mégaoctet|mégaoctets,"
        "gigaoctet|gigaoctets, téraoctet|téraoctets, hertz, kilohertz, mégahertz, gigahertz, watt|watts,"
        "kilowatt|kilowatts, kilowattheure|kilowattheures, volt|volts"
    ),
    alone=_table(
        _ALONE_SIGNS,
        "et; plus; égale; fois; divisé par; plus ou moins; arobase; ,; ,; ,; ,; ,; vers; vers; vers; vers; environ",
    ),
    after_number=_table(
        _AFTER_SIGNS,
        "fois; fois; divisé par; moins; moins; puissance; inférieur à; supérieur à; au plus;"
        "au moins; au plus; au moins",
    ),
    inside=_spaced(
        "et; plus; égale; fois; divisé par; plus ou moins; arobase; pour cent; pour mille; degrés; degrés Celsius;"
        "degrés Fahrenheit; numéro; paragraphe; vers; vers; au plus; au moins; environ; différent de; moins; ,; ; ;"
        "au carré; au cube; dollars; euros; livres; yens; ,; "
    ),
    fractions=_fractions("un demi", "un tiers", "deux tiers", "un quart", "trois quarts"),
    extra=("dièse", "numéro", "environ", "à", "moins", "fois", "puissance"),
)
_ES: Final = SignWords(
    link="un enlace",
    code="Hay código en la pantalla.",
    price="{} con {}",
    currencies={
        "$": ("dólar", "dólares", "centavos"),
        "€": ("euro", "euros", "céntimos"),
        "£": ("libra", "libras", "peniques"),
        "¥": ("yen", "yenes", "sen"),
    },
    scales={"k": "mil", "m": "millones de", "bn": "mil millones de", "b": "mil millones de"},
    scale_words=frozenset(("cien", "mil", "millón", "millones", "billón", "billones")),
    units=_units(
        "por ciento, por mil, grado|grados, grado Celsius|grados Celsius, grado Celsius|grados Celsius,"
        "grado Fahrenheit|grados Fahrenheit, grado Fahrenheit|grados Fahrenheit,"
        "kilómetro por hora|kilómetros por hora, kilómetro por hora|kilómetros por hora,"
        "metro por segundo|metros por segundo, milla por hora|millas por hora, kilómetro|kilómetros, metro|metros,"
        "centímetro|centímetros, milímetro|milímetros, kilómetro cuadrado|kilómetros cuadrados,"
        "metro cuadrado|metros cuadrados, metro cúbico|metros cúbicos, pie|pies, kilogramo|kilogramos, gramo|gramos,"
        "miligramo|miligramos, libra|libras, libra|libras, onza|onzas, litro|litros, mililitro|mililitros,"
        "mililitro|mililitros, hora|horas, minuto|minutos, milisegundo|milisegundos, kilobyte|kilobytes,"
        "kilobyte|kilobytes, megabyte|megabytes, gigabyte|gigabytes, terabyte|terabytes, hercio|hercios,"
        "kilohercio|kilohercios, megahercio|megahercios, gigahercio|gigahercios, vatio|vatios, kilovatio|kilovatios,"
        "kilovatio hora|kilovatios hora, voltio|voltios"
    ),
    alone=_table(
        _ALONE_SIGNS, "y; más; igual a; por; dividido entre; más menos; arroba; ,; ,; ,; ,; ,; a; a; a; a; unos"
    ),
    after_number=_table(
        _AFTER_SIGNS,
        "por; por; dividido entre; menos; menos; elevado a; menor que; mayor que; como mucho;"
        "al menos; como mucho; al menos",
    ),
    inside=_spaced(
        "y; más; igual a; por; dividido entre; más menos; arroba; por ciento; por mil; grados; grados Celsius;"
        "grados Fahrenheit; número; sección; a; a; como mucho; al menos; unos; distinto de; menos; ,; ; ;"
        "al cuadrado; al cubo; dólares; euros; libras; yenes; ,; "
    ),
    fractions=_fractions("un medio", "un tercio", "dos tercios", "un cuarto", "tres cuartos"),
    extra=("sostenido", "número", "unos", "a", "menos", "por", "elevado a"),
)
_ALL: Final = {"en": _EN, "de": _DE, "fr": _FR, "es": _ES}


def sign_words(language: str | None) -> SignWords:
    """Those of a language (BCP 47); English ones for None and languages there are none for."""
    return _ALL.get((language or "en").partition("-")[0].lower(), _EN)
