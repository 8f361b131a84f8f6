"""The process that runs a quantised language model: ``python -m`` this module and the number of its parent.

Started, fed and ended by `homebody.router.backends.worker_backend`. What CTranslate2 does, and how it is used here
(4.8):

- ``generate_batch`` calls back with every token and stops where that returns True, so that a cancelled answer ends
  within a token. Reading the prompt is one step that nothing can interrupt.
- ``static_prompt`` with ``cache_static_prompt`` keeps the state after the system prompt: reading 1,800 tokens
  again took 738 ms without and 10 ms with it. The cache never forgets, so only the first few system
  prompts are given to it.
- It knows no stop strings and returns tokens, not text: see `text_stream`.
- It writes no log of its own worth keeping; a wrong file is a RuntimeError, for want of memory a MemoryError or a
  RuntimeError with the text of CUDA.
"""

from __future__ import annotations

import contextlib
import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from homebody.hardware import threads_at_most
from homebody.router.backends import ChatMessage, Piece, ThinkingSplitter
from homebody.router.backends.chat_templates import ChatTemplate, Marker, Part, UnknownTemplate, template_for
from homebody.router.backends.model_wire import Finished, Generate, Load
from homebody.router.backends.model_worker import Refused, refuse_if_too_large, serve
from homebody.router.backends.text_stream import Detokenizer, StopStrings

if TYPE_CHECKING:
    from tokenizers import Tokenizer

TOP_K: Final = 40  # as Ollama's; the whole vocabulary would have to be sorted for every token
STATIC_PROMPTS_LIMIT: Final = 8


class Model:
    """A loaded model with its tokenizer and template.

    Raises:
        Refused: It cannot be loaded.
    """

    def __init__(self, load: Load) -> None:
        folder = Path(load.folder)
        self._tokenizer = _tokenizer(folder)
        self._template = _template(folder, self._tokenizer)
        self._ends = [end for end in self._template.ends if self._tokenizer.token_to_id(end) is not None]
        self._static: set[tuple[str, ...]] = set()
        refuse_if_too_large([folder / "model.bin"], load.device)
        import ctranslate2

        self._generator = ctranslate2.Generator(
            load.folder,
            device=load.device,
            compute_type=load.compute_type,
            inter_threads=load.parallel,
            intra_threads=threads_at_most(load.threads),
        )

    def answer(self, request: Generate, give: Callable[[Piece], None], cancelled: Callable[[], bool]) -> Finished:
        """Generate; ``give`` is called with each piece.

        Raises:
            Refused: The prompt leaves no room for an answer.
        """
        fixed, rest = self._template.render([ChatMessage(said.role, said.content) for said in request.messages])
        static, prompt = self._encoded(fixed), self._encoded(rest)
        room_tokens = request.num_ctx - len(static) - len(prompt)
        if room_tokens < 1:
            raise Refused("too_long", f"{len(static) + len(prompt)} tokens")
        limit_tokens = min(request.max_tokens, room_tokens)
        text = _Text(self._decoded, request.stop, ThinkingSplitter(begins_thinking=self._template.begins_thinking))
        steps: list[float] = []
        ended = False

        def step(result: Any) -> bool:
            nonlocal ended
            if result.token in self._ends:
                ended = True
                return True
            steps.append(time.monotonic())
            for piece in text.feed(result.token_id):
                give(piece)
            return text.stopped or cancelled()

        self._generator.generate_batch(
            [prompt],
            static_prompt=static or None,
            cache_static_prompt=self._may_cache(static),
            include_prompt_in_result=False,
            max_length=limit_tokens,
            end_token=self._ends,
            callback=step,
            **_sampling(request),
        )
        for piece in text.flush():
            give(piece)
        lasted_s = steps[-1] - steps[0] if steps else 0.0
        return Finished(
            request.id,
            prompt_tokens=len(static) + len(prompt),
            answer_tokens=len(steps),
            tokens_per_s=(len(steps) - 1) / lasted_s if lasted_s > 0 else None,
            cut=not (ended or text.stopped) and len(steps) >= limit_tokens,
        )

    def _encoded(self, parts: list[Part]) -> list[str]:
        tokens: list[str] = []
        for part in parts:
            if isinstance(part, Marker):
                tokens.append(str(part))
            elif part:
                tokens += self._tokenizer.encode(part, add_special_tokens=False).tokens
        return tokens

    def _decoded(self, tokens: Any) -> str:
        return str(self._tokenizer.decode(tokens, skip_special_tokens=True))

    def _may_cache(self, static: list[str]) -> bool:
        key = tuple(static)
        if key not in self._static and len(self._static) < STATIC_PROMPTS_LIMIT:
            self._static.add(key)
        return key in self._static


class _Text:
    """Tokens to pieces."""

    def __init__(self, decode: Callable[[Any], str], stop: tuple[str, ...], splitter: ThinkingSplitter) -> None:
        self._detokenizer, self._stops, self._splitter = Detokenizer(decode), StopStrings(stop), splitter

    @property
    def stopped(self) -> bool:
        return self._stops.stopped

    def feed(self, token: int) -> list[Piece]:
        return self._splitter.feed(self._stops.feed(self._detokenizer.feed(token)))

    def flush(self) -> list[Piece]:
        pieces = self._splitter.feed(self._stops.feed(self._detokenizer.flush()))
        return pieces + self._splitter.feed(self._stops.flush()) + self._splitter.flush()


def _sampling(request: Generate) -> dict[str, Any]:
    if request.temperature == 0:
        return {"sampling_topk": 1}
    return {"sampling_topk": TOP_K, "sampling_topp": request.top_p, "sampling_temperature": request.temperature}


def _tokenizer(folder: Path) -> Tokenizer:
    from tokenizers import Tokenizer

    try:
        tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    except Exception as error:  # the library raises plain Exception
        raise Refused("broken", f"tokenizer.json: {error}") from error
    tokenizer.encode_special_tokens = True  # words that look like a marker stay words
    return tokenizer


def _template(folder: Path, tokenizer: Tokenizer) -> ChatTemplate:
    """The template the folder names, else the one its special tokens belong to."""
    sources = []
    with contextlib.suppress(OSError, UnicodeDecodeError):
        sources.append((folder / "chat_template.jinja").read_text(encoding="utf-8"))
    with contextlib.suppress(OSError, ValueError, AttributeError):
        named = json.loads((folder / "tokenizer_config.json").read_bytes()).get("chat_template")
        sources.append(named if isinstance(named, str) else json.dumps(named, ensure_ascii=False))
    sources.append(" ".join(token.content for token in tokenizer.get_added_tokens_decoder().values()))
    for source in sources:
        try:
            template = template_for(source)
        except UnknownTemplate:
            continue
        markers = [part for part in (*template.begin, *template.answer) if isinstance(part, Marker)]
        if all(tokenizer.token_to_id(marker) is not None for marker in markers):
            return template
    raise Refused("template", "no chat template that we know")


if __name__ == "__main__":
    serve(Model)
