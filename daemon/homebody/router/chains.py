"""Chains: one model's answer is another one's question. Pure.

``vision_reasoning``: models that see are small where they reason and the other way round. So one describes the picture
with the question in mind, and a model for reasoning, which never sees it, thinks about the description.
"""

from __future__ import annotations

from typing import Final

import msgspec

from homebody.router.model_calls import Question
from homebody.router.validation import Expected

VISION_REASONING: Final = "vision_reasoning"
DESCRIPTION_LIMIT_CHARS: Final = 4000


def to_describe(question: Question) -> Question:
    """What the model that sees is asked."""
    text = (
        "Describe this picture so that somebody who cannot see it could answer the question below. Say what is there, "
        "how many of each, what is written, and where things are. Do not answer the question.\n\n"
        f"Question: {question.text}"
    )
    expected = Expected(language="en", has_image=True)
    return Question(text=text, language="en", expected=expected, images=question.images)


def to_reason(question: Question, description: str) -> Question:
    """What the model that reasons is asked."""
    text = (
        f"This is what a picture shows:\n{description.strip()[:DESCRIPTION_LIMIT_CHARS]}\n\n"
        f"Question about the picture: {question.text}"
    )
    expected = msgspec.structs.replace(question.expected, has_image=False)
    return msgspec.structs.replace(question, text=text, images=(), expected=expected)
