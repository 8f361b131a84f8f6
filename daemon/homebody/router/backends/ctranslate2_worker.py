"""The process that runs a quantised language model: ``python -m`` this module and the number of its parent.

Started, fed and ended by `homebody.router.backends.ctranslate2`. What CTranslate2 does, and how it is used here (4.8):

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
import os
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Final

from homebody.router.backends import ChatMessage, Piece, ThinkingSplitter
from homebody.router.backends.chat_templates import ChatTemplate, Marker, Part, UnknownTemplate, template_for
from homebody.router.backends.ctranslate2_wire import (
    Cancel,
    Failed,
    Finished,
    Generate,
    Kind,
    Load,
    Loaded,
    Text,
    ToRouter,
    ToWorker,
)
from homebody.router.backends.text_stream import Detokenizer, StopStrings
from homebody.worker_main import Pipe, pipes

if TYPE_CHECKING:
    from tokenizers import Tokenizer

TOP_K: Final = 40  # as Ollama's; the whole vocabulary would have to be sorted for every token
STATIC_PROMPTS_LIMIT: Final = 8
DETAIL_LIMIT_CHARS: Final = 500
_OUT_OF_MEMORY: Final = ("out of memory", "bad_alloc", "failed to allocate", "cannot allocate")
_NO_DEVICE: Final = ("cuda", "compute type", "unsupported device", "not compiled with")


class Refused(Exception):
    """A request that cannot be done, for a reason we have a word for."""

    def __init__(self, kind: Kind, detail: str) -> None:
        super().__init__(detail)
        self.kind: Kind = kind


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
        _refuse_if_too_large(folder, load.device)
        import ctranslate2

        self._generator = ctranslate2.Generator(
            load.folder,
            device=load.device,
            compute_type=load.compute_type,
            inter_threads=load.parallel,
            intra_threads=load.threads,
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


class Worker:
    """Reads requests, writes answers, until ``requests`` ends.

    Args:
        requests: Frames from the router.
        answers: Frames to the router; nothing else may write there.
    """

    def __init__(self, requests: IO[bytes], answers: IO[bytes]) -> None:
        self._pipe: Pipe[ToWorker] = Pipe(requests, answers, ToWorker)
        self._model: Model | None = None
        self._cancels: dict[int, threading.Event] = {}

    def serve(self) -> None:
        """Work until the router closes the pipe."""
        while (request := self._pipe.next()) is not None:
            match request:
                case Load():
                    self._load(request)
                case Generate():
                    self._cancels[request.id] = threading.Event()
                    threading.Thread(target=self._generate, args=(request,), daemon=True).start()
                case Cancel():
                    if (cancel := self._cancels.get(request.id)) is not None:
                        cancel.set()

    def _send(self, message: ToRouter) -> None:
        self._pipe.send(message)

    def _load(self, load: Load) -> None:
        began_s = time.monotonic()
        try:
            self._model = Model(load)
        except Exception as error:
            self._send(_failed(0, error, loading=True))
        else:
            self._send(Loaded(1000 * (time.monotonic() - began_s)))

    def _generate(self, request: Generate) -> None:
        """One answer, in its own thread; always ends in one message."""
        try:
            if self._model is None:
                raise Refused("failed", "no model is loaded")
            message: ToRouter = self._model.answer(
                request,
                lambda piece: self._send(Text(request.id, piece.text, piece.channel)),
                self._cancels[request.id].is_set,
            )
        except Exception as error:
            message = _failed(request.id, error, loading=False)
        del self._cancels[request.id]
        self._send(message)


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


def _refuse_if_too_large(folder: Path, device: str) -> None:
    """Loading more than there is would drive the machine to its knees before anything refuses."""
    import psutil

    try:
        size_bytes = (folder / "model.bin").stat().st_size
    except OSError:
        return  # CTranslate2 says what is missing
    available_bytes = psutil.virtual_memory().available
    if device == "cpu" and size_bytes > available_bytes:
        raise Refused("memory", f"{size_bytes} bytes, of which {available_bytes} are available")


def _failed(id: int, error: Exception, *, loading: bool) -> Failed:
    text = str(error).lower()
    kind: Kind = "broken" if loading else "failed"
    if isinstance(error, Refused):
        kind = error.kind
    elif isinstance(error, MemoryError) or any(sign in text for sign in _OUT_OF_MEMORY):
        kind = "memory"
    elif loading and any(sign in text for sign in _NO_DEVICE):
        kind = "device"
    return Failed(id, kind, f"{type(error).__name__}: {error}"[:DETAIL_LIMIT_CHARS])


def main() -> None:
    """Serve the router."""
    requests, answers = pipes()
    try:
        Worker(requests, answers).serve()
    finally:
        os._exit(0)  # a generation may be at work


if __name__ == "__main__":
    main()
