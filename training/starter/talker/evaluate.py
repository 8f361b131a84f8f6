"""Judge the talker as it is served: through the profile, the prompts, the backend and its worker process.

    PYTHONPATH=daemon python training/starter/talker/evaluate.py [--model FOLDER] [--show] [--smoke | --neighbour]

Prints one JSON object. A taught question is answered rightly by one of the answers that its phrasing has in the pairs,
word for word; an untaught one is refused honestly by one of the refusals, or by an answer from the pairs whose topic is
what homebody cannot know or do. Exit status 1 when a bar is missed. ``--smoke``: a few questions, and no bars.
``--neighbour``: no model is asked; prints what the phrasing that looks most alike would have answered rightly.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import statistics
import sys
import time
from collections.abc import Sequence, Set
from contextlib import aclosing
from pathlib import Path
from typing import Final, NamedTuple

import msgspec

import dataset
import neighbour
import phrasing
import prompt
from homebody import starter
from homebody.options import RouterOptions
from homebody.router import prompt_templates, prompts, purpose, routing
from homebody.router.backends import Ended, Sampling
from homebody.router.backends.ctranslate2 import CTranslate2Backend

RIGHT: Final = 0.9
HONEST: Final = 0.9
FIRST_TOKEN_MS: Final = 30.0
TOKENS_PER_S: Final = 100.0
SEEN: Final = 300  # questions that were trained on, to compare
SMOKE: Final = 10


class Answer(NamedTuple):
    """What was said, and how fast. ``tokens_per_s``: None for an answer of one token."""

    text: str
    first_ms: float
    tokens_per_s: float | None


async def ask(backend: CTranslate2Backend, options: RouterOptions, question: str, rng: random.Random) -> Answer:
    """As the brain does it."""
    decision = purpose.decide(question, has_image=False)
    wanted = routing.options_for(options, decision.purpose)
    model = options.text.model
    budget = prompts.budget_tokens(options, model)
    max_tokens = prompts.answer_tokens(budget, wanted.max_tokens)
    messages = prompts.chat(
        options.text.system_prompt,
        prompt_templates.load(wanted.template),
        [],
        question,
        now=prompt.some_time(rng),
        language=decision.language if decision.purpose == "multilingual" else "en",
        budget=budget,
        max_tokens=max_tokens,
    )
    sampling = Sampling(wanted.temperature, wanted.top_p, wanted.think)
    began_s, first_s, text, speed = time.monotonic(), 0.0, "", None
    async with aclosing(backend.stream(messages, max_tokens=max_tokens, sampling=sampling)) as pieces:
        async for piece in pieces:
            first_s = first_s or time.monotonic()
            if isinstance(piece, Ended):
                speed = piece.usage.tokens_per_s
            else:
                text += piece.text
    return Answer(text.strip(), 1000 * (first_s - began_s), speed)


async def measure(model: Path, *, show: bool, smoke: bool = False) -> dict[str, float | int]:
    """All figures."""
    options = prompt.options()
    options = msgspec.structs.replace(options, text=msgspec.structs.replace(options.text, model=str(model)))
    options = msgspec.structs.replace(options, models={str(model): prompt.options().models["starter"]})
    pairs = dataset.read_pairs()
    data = dataset.split(pairs)
    accepted, learned = dataset.accepted_answers(pairs), dataset.accepted_answers(data.pairs)
    by_answer = {pair.answer: pair.topic for pair in pairs}
    rng = random.Random(dataset.SEED)
    few = SMOKE if smoke else None
    known = [rng.choice(pair.questions) for pair in rng.sample(data.pairs, few or SEEN)]
    untaught = dataset.lines("untaught_held_out.txt")[:few]
    backend = CTranslate2Backend(options.text)
    first_ms: list[float] = []
    speeds: list[float] = []
    try:
        await ask(backend, options, "hello", rng)

        async def right(questions: Sequence[str], answers: Sequence[Set[str]]) -> float:
            good = 0
            for question, wanted in zip(questions, answers, strict=True):
                said = await ask(backend, options, question, rng)
                first_ms.append(said.first_ms)
                speeds.extend([said.tokens_per_s] if said.tokens_per_s else [])
                good += said.text in wanted
                if show and said.text not in wanted:
                    sys.stdout.write(f"  {question}\n      said   {said.text}\n      wanted {min(wanted)}\n")
            return good / len(questions)

        honest = dataset.REFUSALS | {
            answer for answer, topic in by_answer.items() if topic.startswith(dataset.REFUSAL_TOPICS)
        }
        held_out = [question for question, _ in data.held_out][:few]
        noisy = [phrasing.misheard(question, rng) for question in held_out]
        wanted = [accepted[phrasing.normal(question)] for question in held_out]
        figures = {
            "taught_held_out": await right(held_out, wanted),
            "taught_held_out_misheard": await right(noisy, wanted),
            "taught_seen": await right(known, [learned[phrasing.normal(question)] for question in known]),
            "taught_seen_misheard": await right(
                [phrasing.misheard(question, rng) for question in known],
                [learned[phrasing.normal(question)] for question in known],
            ),
            "untaught_honest": await right(untaught, [honest] * len(untaught)),
        }
    finally:
        await backend.aclose()
    return {
        **{name: round(value, 4) for name, value in figures.items()},
        "held_out_phrasings": len(held_out),
        "untaught_questions": len(untaught),
        "first_token_ms_p50": round(statistics.median(first_ms), 1),
        "first_token_ms_p95": round(statistics.quantiles(first_ms, n=20)[-1], 1),
        "tokens_per_s_p50": round(statistics.median(speeds)),
        "size_mb": round(sum(path.stat().st_size for path in model.iterdir()) / 1e6, 2),
        "load_average": round(os.getloadavg()[0], 2),
    }


def main() -> int:
    """Measure and judge."""
    parser = argparse.ArgumentParser(description="Judge the talker.")
    parser.add_argument("--model", type=Path, default=None, help="Its folder; the shipped one if left out.")
    parser.add_argument("--show", action="store_true", help="Show the answers that were not right.")
    parser.add_argument("--smoke", action="store_true", help="A few questions, and no bars.")
    parser.add_argument("--neighbour", action="store_true", help="No model: the phrasing that looks most alike.")
    chosen = parser.parse_args()
    if chosen.neighbour:
        pairs = dataset.read_pairs()
        data = dataset.split(pairs)
        figures = {
            "neighbour_held_out": round(neighbour.right(data, pairs), 4),
            "held_out_phrasings": len(data.held_out),
        }
        sys.stdout.write(json.dumps(figures, indent=2) + "\n")
        return 0
    figures = asyncio.run(measure((chosen.model or starter.talker()).resolve(), show=chosen.show, smoke=chosen.smoke))
    sys.stdout.write(json.dumps(figures, indent=2) + "\n")
    if chosen.smoke:
        return 0
    missed = [
        name
        for name, good in {
            "taught_held_out": figures["taught_held_out"] >= RIGHT,
            "untaught_honest": figures["untaught_honest"] >= HONEST,
            "first_token_ms_p50": figures["first_token_ms_p50"] <= FIRST_TOKEN_MS,
            "tokens_per_s_p50": figures["tokens_per_s_p50"] >= TOKENS_PER_S,
        }.items()
        if not good
    ]
    sys.stdout.write(f"missed: {', '.join(missed)}\n" if missed else "all bars kept\n")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
