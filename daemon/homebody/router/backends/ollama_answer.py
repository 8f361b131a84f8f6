"""What goes to Ollama and comes from it, apart from the connection: messages, lines to pieces, counts. Pure."""

from __future__ import annotations

import base64
from collections.abc import AsyncGenerator
from typing import Any

from homebody.errors import EmptyAnswer, ModelFailed
from homebody.messages import Usage
from homebody.router.backends import ChatMessage, Ended, Piece, ThinkingSplitter, ToolCall
from homebody.router.backends.ollama_chat import Line


async def read(lines: AsyncGenerator[Line, None], *, preload: bool) -> AsyncGenerator[Piece | Ended, None]:
    """Lines to pieces, and the judgement whether they make an answer."""
    splitter = ThinkingSplitter()
    thought = seen = False
    calls: list[ToolCall] = []
    async for line in lines:
        pieces = [Piece(line.message.thinking, "thinking")] if line.message.thinking else []
        pieces += splitter.feed(line.message.content or "")
        calls += [ToolCall(call.function.name, call.function.arguments) for call in line.message.tool_calls or ()]
        if line.done:
            pieces += splitter.flush()
        for piece in pieces:
            thought = thought or piece.channel == "thinking"
            seen = seen or (piece.channel == "answer" and not piece.text.isspace())
            yield piece
        if line.done:
            if not (seen or calls or preload):
                raise _nothing_said(thought=thought)
            yield _ended(line, tuple(calls))
            return
    for piece in splitter.flush():
        yield piece
    raise ModelFailed("The language model broke off in the middle of its answer.", "Ask again.")


def wire_message(message: ChatMessage) -> dict[str, Any]:
    """A message as Ollama has it. Calls have no id there: a reply follows its call and names the tool."""
    calls = [{"function": {"name": call.name, "arguments": call.arguments or {}}} for call in message.calls]
    return {
        "role": message.role,
        **({"content": message.content} if message.content or not calls else {}),
        **({"images": [base64.b64encode(image).decode() for image in message.images]} if message.images else {}),
        **({"tool_calls": calls} if calls else {}),
        **({"tool_name": message.tool} if message.tool else {}),
    }


def _nothing_said(*, thought: bool) -> EmptyAnswer:
    if thought:
        return EmptyAnswer(
            "The language model only thought, and said nothing.",
            "Choose a model that answers without thinking, such as qwen2.5:1.5b, or raise router.text.max_tokens.",
        )
    return EmptyAnswer("The language model said nothing.", "Ask again, in other words.")


def _ended(line: Line, calls: tuple[ToolCall, ...]) -> Ended:
    rate = line.eval_count / (line.eval_duration / 1e9) if line.eval_count and line.eval_duration else None
    usage = Usage(prompt_tokens=line.prompt_eval_count, answer_tokens=line.eval_count, tokens_per_s=rate)
    load_ms = None if line.load_duration is None else line.load_duration / 1e6
    return Ended(usage, load_ms, cut=line.done_reason == "length", calls=calls)
