"""A question as the model is really given it: built by the daemon's own `prompts` and `chat_templates`.

The prompt is cut in two where the question's words begin. What is before (system prompt, earlier exchanges, the day and
time) is the same for a whole batch, so that training computes it once; `encoded` of both parts is what the worker
encodes of the whole (`check` makes sure).
"""

from __future__ import annotations

import datetime as dt
import os
import random
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from tokenizers import Tokenizer

from dataset import Exchange
from homebody import profile as profiles
from homebody.options import RouterOptions
from homebody.router import prompt_templates, prompts, routing
from homebody.router.backends.chat_templates import Marker, Part, template_for
from homebody.router.session import Exchange as Remembered

CHATML: Final = (
    "{% for message in messages %}{{'<|im_start|>' + message['role'] + '\\n' + message['content'] + '<|im_end|>' + "
    "'\\n'}}{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}"
)
SPECIAL: Final = ("<|endoftext|>", "<|im_start|>", "<|im_end|>")
END: Final = SPECIAL[-1]
FIRST_DAY: Final = dt.datetime(2026, 1, 1)
DAYS: Final = 3650
OTHER_LANGUAGES: Final = 0.12  # of the batches


def options() -> RouterOptions:
    """The profile that uses the talker."""
    return profiles.load("embedded", overlay=Path(os.devnull)).router


def parts(
    question: str, history: Sequence[Exchange], now: dt.datetime, language: str, options: RouterOptions
) -> list[Part]:
    """The whole prompt. ``language``: to be answered in, as an ISO 639-1 code."""
    text = options.text
    budget = prompts.budget_tokens(options, text.model)
    chosen = routing.options_for(options, "knowledge")
    messages = prompts.chat(
        text.system_prompt,
        prompt_templates.load(chosen.template),
        [Remembered(question, answer) for question, answer in history],
        question,
        now=now,
        language=language,
        budget=budget,
        max_tokens=prompts.answer_tokens(budget, chosen.max_tokens),
    )
    fixed, rest = template_for(CHATML).render(messages)
    return [*fixed, *rest]


def encoded(prompt: Sequence[Part], tokenizer: Tokenizer) -> list[int]:
    """As `homebody.router.backends.ctranslate2_worker.Model` does it."""
    numbers: list[int] = []
    for part in prompt:
        if isinstance(part, Marker):
            numbers.append(int(tokenizer.token_to_id(part) or 0))
        elif part:
            numbers += tokenizer.encode(part, add_special_tokens=False).ids
    return numbers


class Prompts:
    """Prompts cut where the question begins.

    Args:
        tokenizer: The talker's.
        options: The profile's ``router``.
    """

    def __init__(self, tokenizer: Tokenizer, options: RouterOptions) -> None:
        self._tokenizer, self._options = tokenizer, options

    def beginning(self, history: Sequence[Exchange], now: dt.datetime, language: str = "en") -> list[int]:
        """Tokens up to the question."""
        whole = parts("\0", history, now, language, self._options)
        last = max(place for place, part in enumerate(whole) if "\0" in part)
        return encoded([*whole[:last], str(whole[last]).partition("\0")[0]], self._tokenizer)

    def question(self, text: str) -> list[int]:
        """Tokens from the question to where the answer begins."""
        start = Marker("<|im_start|>")
        return encoded([text, Marker(END), "\n", start, "assistant\n"], self._tokenizer)

    def answer(self, text: str) -> list[int]:
        """Tokens of the answer, its end included."""
        return encoded([text, Marker(END)], self._tokenizer)

    def check(self, exchange: Exchange, history: Sequence[Exchange], now: dt.datetime) -> None:
        """Make sure that the cut changes nothing."""
        whole = encoded(parts(exchange.question, history, now, "en", self._options), self._tokenizer)
        cut = self.beginning(history, now) + self.question(exchange.question)
        if whole != cut:
            raise AssertionError(f"the prompt cannot be cut before {exchange.question!r}")


def some_time(rng: random.Random) -> dt.datetime:
    """Any minute of ten years."""
    return FIRST_DAY + dt.timedelta(days=rng.randrange(DAYS), minutes=rng.randrange(24 * 60))


def some_language(rng: random.Random) -> str:
    """Mostly English; else one of those that are taught a little."""
    return rng.choice(("de", "fr", "es", "it", "pt", "nl")) if rng.random() < OTHER_LANGUAGES else "en"
