"""How fast a language model is, through one of our backends."""

from __future__ import annotations

import secrets
import time
from contextlib import aclosing
from typing import Final

import msgspec

from homebody.errors import EmptyAnswer
from homebody.router.backends import Backend, ChatMessage, Ended, Piece, Sampling

ANSWER_TOKENS: Final = 128
GREEDY: Final = Sampling(temperature=0.0)
SENTENCE: Final = "The owl turned its head, looked down from the beam, and counted the mice that ran across the barn. "
LONG: Final = 40  # how often the sentence above stands in a long prompt: 800 tokens in English tokenizers
SENTENCE_TOKENS: Final = 50  # at most, in a tokenizer that knows few words


class Run(msgspec.Struct, frozen=True, kw_only=True):
    """One answer.

    Attributes:
        key: Which prompt and which round, so that two reports can be paired.
        prompt_tokens, answer_tokens: As the engine counts; of the answer, our count of pieces where it does not.
        first_token_ms: From asking to the first piece.
        prompt_tokens_per_s: Prompt tokens in that time: what reading costs, the way there and one token included.
        tokens_per_s: Of the answer: the engine's own figure where it gives one, else ours.
        clock_tokens_per_s: From its first piece to its last by our clock; pieces that come in bursts make it too high.
    """

    key: str
    prompt_tokens: int | None
    answer_tokens: int
    first_token_ms: float
    prompt_tokens_per_s: float | None
    tokens_per_s: float | None
    clock_tokens_per_s: float | None


def asked(num_ctx: int) -> tuple[tuple[str, int], tuple[str, int]]:
    """What is asked of a model with this context: the key, and how often the sentence stands in it."""
    fits = (num_ctx - ANSWER_TOKENS) // SENTENCE_TOKENS - 1
    return ("short", 1), ("long", max(1, min(LONG, fits)))


def prompt(repeated: int) -> list[ChatMessage]:
    """A conversation whose beginning no engine has seen: its prefix cache must not read it for us."""
    begin = f"Note {secrets.token_hex(8)}. "
    return [
        ChatMessage("system", f"{begin}You tell stories and never stop early."),
        ChatMessage("user", begin + SENTENCE * repeated + "Tell the story of this owl in two hundred words."),
    ]


async def run(backend: Backend, key: str, repeated: int, *, answer_tokens: int = ANSWER_TOKENS) -> Run | None:
    """Ask once; None where the model said nothing that can be seen.

    Raises:
        ModelError: It cannot be asked.
    """
    pieces, first_s, last_s, ended = 0, 0.0, 0.0, Ended()
    began_s = time.monotonic()
    stream = backend.stream(prompt(repeated), max_tokens=answer_tokens, sampling=GREEDY)
    try:
        async with aclosing(stream) as items:
            async for item in items:
                if isinstance(item, Piece):
                    last_s = time.monotonic()
                    first_s = first_s or last_s
                    pieces += 1
                else:
                    ended = item
    except EmptyAnswer:
        return None
    usage = ended.usage
    tokens = usage.answer_tokens or pieces
    reading_s, writing_s = first_s - began_s, last_s - first_s
    clock = round((tokens - 1) / writing_s, 2) if tokens > 1 and writing_s > 0 else None
    return Run(
        key=key,
        prompt_tokens=usage.prompt_tokens,
        answer_tokens=tokens,
        first_token_ms=round(1000 * reading_s, 2),
        prompt_tokens_per_s=round(usage.prompt_tokens / reading_s, 1) if usage.prompt_tokens else None,
        tokens_per_s=round(usage.tokens_per_s, 2) if usage.tokens_per_s else clock,
        clock_tokens_per_s=clock,
    )


async def preload(backend: Backend) -> float:
    """Bring the model into memory; returns the milliseconds it took.

    Raises:
        ModelError: It cannot be.
    """
    began_s = time.monotonic()
    async with aclosing(backend.stream([])) as items:
        async for _ in items:
            pass
    return 1000 * (time.monotonic() - began_s)
