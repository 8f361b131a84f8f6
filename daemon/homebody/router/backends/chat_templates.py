"""How a conversation is written down for a language model, without a template engine. Pure.

A model's folder says its template in Jinja (tokenizer_config.json or chat_template.jinja). Three families cover the
models this project runs by itself, and each is known by its markers:

- ChatML: ``<|im_start|>`` (Qwen 2, 2.5 and 3).
- Llama 3: ``<|start_header_id|>``. The lines about dates that Llama 3.1 puts before the system prompt are left out:
  the time of day stands in the question, and the system prompt stays the same byte for byte.
- DeepSeek R1 and its distillations: ``<｜User｜>``.

The words of a conversation can never become a marker: only `Marker` items are looked up among the special tokens.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

import msgspec

from homebody.router.backends import ChatMessage


class Marker(str):
    """A special token, as opposed to words that look like one."""

    __slots__ = ()


Part = str | Marker


class ChatTemplate(msgspec.Struct, frozen=True):
    """A family's way of writing conversations, as one model uses it.

    Attributes:
        begin: Before everything.
        system, message: One message: system prompt, or any other.
        answer: What makes the model answer.
        ends: Any of these ends its answer.
        begins_thinking: Its answer begins in the middle of a thought.
    """

    begin: tuple[Part, ...]
    system: Callable[[ChatMessage], tuple[Part, ...]]
    message: Callable[[ChatMessage], tuple[Part, ...]]
    answer: tuple[Part, ...]
    ends: tuple[str, ...]
    begins_thinking: bool = False

    def render(self, messages: Sequence[ChatMessage]) -> tuple[list[Part], list[Part]]:
        """The conversation up to where the model goes on: first what stays the same from question to question (all
        up to the end of the system prompt), then the rest."""
        fixed, rest = list(self.begin), list[Part]()
        for place, message in enumerate(messages):
            if place == 0 and message.role == "system":
                fixed += self.system(message)
            else:
                rest += self.message(message)
        return fixed, rest + list(self.answer)


class UnknownTemplate(ValueError):
    """None of the families."""


NO_THOUGHT: Final = "<think>\n\n</think>\n\n"


def template_for(source: str) -> ChatTemplate:
    """The family of a Jinja template, or of anything else with its markers in it.

    Raises:
        UnknownTemplate: There are no markers we know.
    """
    if "<｜User｜>" in source:
        return _deepseek(begins_thinking="<｜Assistant｜><think>" in source)
    if "<|im_start|>" in source:
        # Qwen 3 thinks unless its answer begins with an empty thought, as its template writes it.
        return _chatml(no_thought="enable_thinking" in source)
    if "<|start_header_id|>" in source:
        return _llama3()
    raise UnknownTemplate("no chat template that we know")


def _chatml(*, no_thought: bool) -> ChatTemplate:
    start, end = Marker("<|im_start|>"), Marker("<|im_end|>")

    def message(message: ChatMessage) -> tuple[Part, ...]:
        return start, f"{message.role}\n{message.content}", end, "\n"

    answer = "assistant\n" + (NO_THOUGHT if no_thought else "")
    return ChatTemplate((), message, message, (start, answer), ("<|im_end|>", "<|endoftext|>"))


def _llama3() -> ChatTemplate:
    head, head_end, end = Marker("<|start_header_id|>"), Marker("<|end_header_id|>"), Marker("<|eot_id|>")

    def message(message: ChatMessage) -> tuple[Part, ...]:
        return head, message.role, head_end, f"\n\n{message.content.strip()}", end

    return ChatTemplate(
        (Marker("<|begin_of_text|>"),),
        message,
        message,
        (head, "assistant", head_end, "\n\n"),
        ("<|eot_id|>", "<|end_of_text|>", "<|eom_id|>"),
    )


def _deepseek(*, begins_thinking: bool) -> ChatTemplate:
    user, assistant, end = Marker("<｜User｜>"), Marker("<｜Assistant｜>"), Marker("<｜end▁of▁sentence｜>")

    def message(message: ChatMessage) -> tuple[Part, ...]:
        if message.role == "assistant":
            return assistant, message.content.rpartition("</think>")[2], end
        return user, message.content

    return ChatTemplate(
        (Marker("<｜begin▁of▁sentence｜>"),),
        lambda system: (system.content,),
        message,
        (assistant, "<think>\n") if begins_thinking else (assistant,),
        (end,),
        begins_thinking,
    )
