"""`homebody bench vision`: what a picture costs and how well it is seen, by resolution and by format.

Pictures with known answers go the way a person's go: made ready by the gallery (`gallery.images`), sent with
an ask, answered by the profile's models that can see. Each question is asked of every size, and of every format at one
size, in turns, so that whatever else the machine does falls on all alike.
"""

from __future__ import annotations

import itertools
import statistics
import time
from collections.abc import Callable, Sequence
from contextlib import aclosing
from functools import cache
from typing import Final, get_args

import msgspec

from homebody.bench.checkers import holds
from homebody.bench.made_pictures import QUESTIONS, Format, Question, encoded, picture
from homebody.bench.measured_router import own_router
from homebody.client import HomebodyClient
from homebody.errors import BadImage, HomebodyError, RemoteFailure
from homebody.gallery.images import prepare_bytes
from homebody.messages import Accepted, Done, Token
from homebody.profile import Profile

SIDES_PX: Final = (224, 512, 768, 1024)
USUAL_SIDE_PX: Final = 768
FORMATS: Final[tuple[Format, ...]] = get_args(Format)
DEADLINE_MS: Final = 300_000.0
ANSWER_TOKENS: Final = 80


class Seen(msgspec.Struct, frozen=True, kw_only=True):
    """One question.

    Attributes:
        key: Of the question and the round.
        right: 1 or 0.
        prepare_ms: Until the picture was ready to be sent.
        first_token_ms, took_ms: From sending on: to the first words, to the last.
        image_bytes: As sent.
        prompt_tokens: As the engine counted them.
    """

    key: str
    kind: str
    right: int
    prepare_ms: float
    first_token_ms: float | None
    took_ms: float
    image_bytes: int
    prompt_tokens: int | None


class Setting(msgspec.Struct, frozen=True, kw_only=True):
    """One resolution or format.

    Attributes:
        setting: ``512 px``, ``PNG``.
        right, asked: Of the questions.
        by_kind: The share of right ones, by what was on the picture.
        p50_ms: A whole answer, with making the picture ready.
        tokens_an_image: What a second copy of a picture adds to the prompt; None where the engine does not count.
        seen: All of them.
        problem: Why it could not be measured.
    """

    setting: str
    right: int = 0
    asked: int = 0
    by_kind: dict[str, float] = {}
    p50_ms: float | None = None
    first_token_p50_ms: float | None = None
    tokens_an_image: int | None = None
    seen: tuple[Seen, ...] = ()
    problem: str = ""


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """What was measured; ``model``: who answered."""

    model: str
    resolutions: tuple[Setting, ...]
    formats: tuple[Setting, ...]


class _Answer(msgspec.Struct):
    text: str = ""
    model: str = ""
    first_token_ms: float | None = None
    took_ms: float = 0.0
    prompt_tokens: int | None = None


async def measure(
    profile: Profile, rounds: int, *, questions: Sequence[Question] = QUESTIONS, progress: Callable[[str], None]
) -> Report:
    """Ask every question of every size and format.

    Args:
        profile: Whose models.
        rounds: How often each.
        questions: Which.
        progress: Told what is asked.

    Raises:
        RemoteFailure: No model that can see answers (``capability``, ``no_model``).
    """
    async with own_router(profile) as client:
        first = await _ask(client, [prepared("triangle", "JPEG", 224)], "Which shape is this?", "warm")
        sizes = {f"{side_px} px": (side_px, FORMATS[0]) for side_px in SIDES_PX}
        formats = {name: (USUAL_SIDE_PX, name) for name in FORMATS}
        found: dict[str, list[Seen]] = {name: [] for name in (*sizes, *formats)}
        for number, question in itertools.product(range(rounds), questions):
            for name, (side_px, kind) in (*sizes.items(), *formats.items()):
                progress(f"{question.key}, {name}, round {number + 1}")
                found[name].append(await _look(client, question, kind, side_px, number, name))
        tokens = {name: await _tokens(client, side_px, kind) for name, (side_px, kind) in sizes.items()}
    return Report(
        model=first.model,
        resolutions=tuple(summed(name, found[name], tokens.get(name)) for name in sizes),
        formats=tuple(summed(name, found[name], None) for name in formats),
    )


def prepared(name: str, format: Format, side_px: int) -> bytes:
    """A made picture as a file of this format, made ready to be sent.

    Raises:
        BadImage: Pillow cannot read or write this format here.
    """
    return _ready(_file(name, format), side_px)


@cache
def _file(name: str, format: Format) -> bytes:
    try:
        return encoded(picture(name), format)
    except (KeyError, OSError) as error:
        raise BadImage(f"Pillow cannot write {format} here.", "Install Pillow's own wheel.") from error


def _ready(data: bytes, side_px: int) -> bytes:
    return prepare_bytes(data, "a made picture", side_px=side_px).data


async def _look(
    client: HomebodyClient, question: Question, format: Format, side_px: int, number: int, setting: str
) -> Seen:
    file = _file(question.picture, format)
    began_s = time.monotonic()
    data = _ready(file, side_px)
    prepare_ms = 1000 * (time.monotonic() - began_s)
    answer = await _ask(client, [data], question.text, f"{question.key} {setting} {number}")
    return Seen(
        key=f"{question.key} {number}",
        kind=question.kind,
        right=int(is_right(question, answer.text)),
        prepare_ms=round(prepare_ms, 2),
        first_token_ms=answer.first_token_ms,
        took_ms=round(prepare_ms + answer.took_ms, 2),
        image_bytes=len(data),
        prompt_tokens=answer.prompt_tokens,
    )


def is_right(question: Question, answer: str) -> bool:
    """Whether an answer says what is on the picture."""
    return any(holds(answer, words) for words in question.any) and not any(
        holds(answer, words) for words in question.none
    )


async def _ask(client: HomebodyClient, images: Sequence[bytes], text: str, session: str) -> _Answer:
    began_s, answer = time.monotonic(), _Answer()
    # One model that sees, which is asked anew each time: an answer of a length of one's own is not kept.
    asked = client.ask(
        text, session=session, images=images, purpose="image_quick", max_tokens=ANSWER_TOKENS, deadline_ms=DEADLINE_MS
    )
    async with aclosing(asked) as messages:
        async for message in messages:
            match message:
                case Accepted():
                    if message.route.kind != "model":
                        raise HomebodyError(f"A {message.route.kind} answered what was meant for the model.")
                    answer.model = message.route.model or answer.model
                case Token(channel="answer"):
                    answer.first_token_ms = answer.first_token_ms or round(1000 * (time.monotonic() - began_s), 2)
                    answer.text += message.text
                case Done():
                    answer.prompt_tokens = message.usage.prompt_tokens if message.usage else None
    answer.took_ms = 1000 * (time.monotonic() - began_s)
    return answer


async def _tokens(client: HomebodyClient, side_px: int, format: Format) -> int | None:
    """What one more picture adds to the prompt."""
    data, text = prepared("bars", format, side_px), "Are these pictures alike? Answer yes or no."
    try:
        one = await _ask(client, [data], text, f"one {side_px}")
        two = await _ask(client, [data, data], text, f"two {side_px}")
    except RemoteFailure:
        return None  # two do not fit into the model's context
    if one.prompt_tokens is None or two.prompt_tokens is None:
        return None
    return two.prompt_tokens - one.prompt_tokens


def summed(setting: str, seen: Sequence[Seen], tokens: int | None) -> Setting:
    """What was seen with one setting; at least one."""
    kinds = dict.fromkeys(one.kind for one in seen)
    firsts = [one.first_token_ms for one in seen if one.first_token_ms is not None]
    return Setting(
        setting=setting,
        right=sum(one.right for one in seen),
        asked=len(seen),
        by_kind={kind: round(statistics.mean(one.right for one in seen if one.kind == kind), 4) for kind in kinds},
        p50_ms=round(statistics.median(one.took_ms for one in seen), 1),
        first_token_p50_ms=round(statistics.median(firsts), 1) if firsts else None,
        tokens_an_image=tokens or None,
        seen=tuple(seen),
    )
