"""Arithmetic of any length, exact, answered for the ear."""

from __future__ import annotations

import re
from typing import Annotated, Final

from msgspec import Meta

from homebody.skill import Context, Registry, Reply, skill
from homebody_maths import arithmetic, languages, speech

_NUMBER: Final = r"-?[0-9]+(?:\.[0-9]+)?"
_OPERATOR: Final = (
    r"plus|minus|times|x|multiplied|divided|over|modulo|mod|squared|cubed|factorial|root|power|raised|of|off|"
    r"take away|less|added|add|subtract|multiply|divide|twice|double|triple|sum|product|difference|quotient"
)
_PART: Final = rf"(?:{_NUMBER}(?![0-9.])|(?:{'|'.join(arithmetic.WORDS)}|{languages.OPERATOR})\b|[-+*/^()])"
# Only words of the grammar, at least one number and one operator: so "what is the capital of france" is never ours.
# Most sentences fail at their first word.
EXPRESSION: Final = (
    rf"^(?!what (?:is|does|are)\b)(?={_PART})(?=.*[0-9])"
    rf"(?=.*\b(?:{_OPERATOR}|{languages.OPERATOR})\b|.*[+*/^()])(?:{_PART} ?)+$"
)
_ECHO_WORDS: Final = 8  # a longer expression is not repeated in the answer


@skill(
    (
        "[(what is|what's|whats|what does|how much is|how much are|how much do|what are|what do|calculate|compute|"
        "evaluate|"
        "work out|figure out|solve|tell me|tell me what is|tell me how much is|give me|find|do you know what is|can "
        "you calculate)] {expression} "
        "[(equals|equal|make|makes|is|come to|give|gives)] [what|how much]"
    ),
    "[(what is|what's|whats|tell me|calculate)] the (result|answer|value) (of|to) {expression}",
    read_only=True,
    examples=(
        "what is 7 times 8",
        "calculate five plus six times two",
        "what is twenty percent of eighty",
        "what is the square root of nine",
        "what percent of eighty is twenty",
    ),
    translations=languages.PHRASES,
)
def math(
    ctx: Context,
    expression: Annotated[
        str, Meta(pattern=EXPRESSION, max_length=arithmetic.LENGTH_LIMIT_CHARS, description="such as 5 plus 6 times 2")
    ],
) -> Reply | None:
    """Calculate."""
    expression = languages.in_english(expression, ctx.language)
    try:
        number = arithmetic.evaluate(expression)
    except arithmetic.Impossible as impossible:
        return Reply(languages.IMPOSSIBLE.get(ctx.language, str(impossible)), value={"result": None})
    except arithmetic.NotArithmetic:
        return None
    result = speech.spoken(number)
    value = {"result": speech.plain_number(number)}
    if ctx.language != "en":
        return Reply(languages.result(value["result"], ctx.language), value=value)
    is_phrase = re.fullmatch(r"[\w. ]+", expression) and not expression.startswith(_COMMANDS)
    if not is_phrase or len(expression.split()) > _ECHO_WORDS or " is " in expression:
        return Reply(f"The result is {result}.", value=value)
    return Reply(f"{expression[0].upper()}{expression[1:]} is {result}.", value=value)


_COMMANDS: Final = ("add", "subtract", "multiply", "divide", "what", "how")


def register(registry: Registry) -> None:
    """Offer this plugin's skills."""
    registry.add(math)
