"""The process that describes pictures with transformers: ``python -m`` this module and the number of its parent.

Started, fed and ended by `homebody.router.backends.worker_backend`. What transformers does, and how it is used here
(5.23, with torch 2.13 and torchao 0.18):

- ``generate`` hands each token to a streamer as it is drawn, the prompt first, and asks a stopping criterion behind
  each, so that a cancelled description ends within a token. Looking at the picture is one step that nothing interrupts.
- Beams would describe a little better and cannot be streamed: the likeliest token is taken, or one is drawn.
- BLIP's own way of asking is no question but the beginning of the description; ours has none. BLIP-2 answers
  ``Question: ... Answer:`` (its paper, section 4.3) and describes when it is given nothing.
- int8 means torchao's weight-only quantisation: each row of a matrix with one scale, a quarter of the memory of
  float32.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from homebody.hardware import threads_at_most
from homebody.router.backends import Piece
from homebody.router.backends.model_wire import Finished, Generate, Load, Said
from homebody.router.backends.model_worker import Refused, refuse_if_too_large, serve
from homebody.router.backends.text_stream import Detokenizer, StopStrings

if TYPE_CHECKING:
    from PIL.Image import Image

ASKABLE: Final = frozenset({"blip-2"})
FAMILIES: Final = ASKABLE | {"blip"}
_MARKS: Final = 2
REPETITION_PENALTY: Final = 1.1  # greedy BLIP says "a red and red and red"; CTRL (Keskar et al. 2019) has the method


class PictureModel:
    """A loaded model with its processor.

    Raises:
        Refused: It is of no family that we know, or larger than the memory that is free.
        ImportError: The extra ``[transformers]`` is not installed.
    """

    def __init__(self, load: Load) -> None:
        import torch
        import transformers

        transformers.utils.logging.set_verbosity_error()
        transformers.utils.logging.disable_progress_bar()
        folder = Path(load.folder)
        config = transformers.AutoConfig.from_pretrained(folder, local_files_only=True, trust_remote_code=False)
        if config.model_type not in FAMILIES:
            raise Refused("template", f"model_type {config.model_type}")
        self._askable = config.model_type in ASKABLE
        # Positions behind the last would be an index out of range; the first belongs to the mark of the beginning.
        self._room_tokens = int(config.text_config.max_position_embeddings) - _MARKS
        self._device = _device(torch, load.device)
        refuse_if_too_large(folder.glob("*.safetensors"), self._device)
        if load.threads:
            torch.set_num_threads(threads_at_most(load.threads))
        self._dtype = _dtype(torch, load.compute_type)
        self._processor = transformers.AutoProcessor.from_pretrained(folder, local_files_only=True)
        self._model = transformers.AutoModelForImageTextToText.from_pretrained(
            folder,
            local_files_only=True,
            trust_remote_code=False,
            use_safetensors=True,  # pickled weights could run code
            dtype=self._dtype,
            quantization_config=_quantisation(transformers) if load.compute_type == "int8" else None,
        ).to(self._device)
        self._model.eval()
        self._transformers = transformers
        self._turns = threading.BoundedSemaphore(load.parallel)

    def answer(self, request: Generate, give: Callable[[Piece], None], cancelled: Callable[[], bool]) -> Finished:
        """Describe the picture; see `homebody.router.backends.model_worker.Model`.

        Raises:
            Refused: What was sent is no picture.
        """
        with self._turns:
            return self._answered(request, give, cancelled)

    def _answered(self, request: Generate, give: Callable[[Piece], None], cancelled: Callable[[], bool]) -> Finished:
        asked = next(said for said in reversed(request.messages) if said.images)
        prompt = f"Question: {asked.content.strip()} Answer:" if self._askable and _is_question(asked) else None
        tensors = self._processor(images=_picture(asked.images[0]), text=prompt, return_tensors="pt")
        inputs = {name: self._moved(tensor) for name, tensor in tensors.items()}
        prompt_tokens = int(inputs["input_ids"].numel()) if "input_ids" in inputs else 0
        limit_tokens = min(request.max_tokens, self._room_tokens - prompt_tokens)
        if limit_tokens < 1:
            raise Refused("too_long", f"{prompt_tokens} tokens")
        listener = _Listener(self._decoded, request.stop, give, cancelled, ends=_ends(self._model))
        self._model.generate(
            **inputs,
            **_sampling(request),
            max_new_tokens=limit_tokens,
            num_beams=1,
            repetition_penalty=REPETITION_PENALTY,
            streamer=listener,
            stopping_criteria=self._transformers.StoppingCriteriaList([listener.stopping()]),
        )
        listener.flush()
        return Finished(
            request.id,
            prompt_tokens=prompt_tokens,
            answer_tokens=len(listener.steps),
            tokens_per_s=listener.rate(),
            cut=not (listener.ended or listener.stopped) and len(listener.steps) >= limit_tokens,
        )

    def _decoded(self, tokens: Any) -> str:
        return str(self._processor.tokenizer.decode(list(tokens), skip_special_tokens=True))

    def _moved(self, tensor: Any) -> Any:
        return tensor.to(self._device, self._dtype) if tensor.is_floating_point() else tensor.to(self._device)


class _Listener:
    """A streamer as ``generate`` wants it: tokens in, pieces out."""

    def __init__(
        self,
        decode: Callable[[Any], str],
        stop: tuple[str, ...],
        give: Callable[[Piece], None],
        cancelled: Callable[[], bool],
        *,
        ends: frozenset[int],
    ) -> None:
        self._detokenizer, self._stops = Detokenizer(decode), StopStrings(stop)
        self._give, self._cancelled, self._ends = give, cancelled, ends
        self._prompt = True
        self.steps: list[float] = []
        self.ended = False

    @property
    def stopped(self) -> bool:
        return self._stops.stopped

    def put(self, tokens: Any) -> None:
        """The prompt, then one token at a time."""
        if self._prompt:
            self._prompt = False
            return
        token = int(tokens.reshape(-1)[-1])
        if token in self._ends:
            self.ended = True
            return
        self.steps.append(time.monotonic())
        self._say(self._stops.feed(self._detokenizer.feed(token)))

    def end(self) -> None:
        """Called by ``generate``, which returns next."""

    def flush(self) -> None:
        self._say(self._stops.feed(self._detokenizer.flush()))
        self._say(self._stops.flush())

    def rate(self) -> float | None:
        """Tokens a second behind the first."""
        lasted_s = self.steps[-1] - self.steps[0] if self.steps else 0.0
        return (len(self.steps) - 1) / lasted_s if lasted_s > 0 else None

    def stopping(self) -> Callable[..., Any]:
        """The criterion that ends the generation behind a token."""

        def done(input_ids: Any, _scores: Any, **_more: Any) -> Any:
            # One truth a row of the batch, as MaxLengthCriteria of the library gives it.
            return input_ids.new_full((input_ids.shape[0],), self.stopped or self._cancelled()).bool()

        return done

    def _say(self, text: str) -> None:
        if text:
            self._give(Piece(text))


def _is_question(said: Said) -> bool:
    """Whether a person asked something; what a folder's captions are asked for is an order, and needs no words."""
    return said.content.rstrip().endswith("?")


def _picture(data: bytes) -> Image:
    from PIL import Image, UnidentifiedImageError

    try:
        with Image.open(BytesIO(data)) as image:
            return image.convert("RGB")
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise Refused("image", f"{type(error).__name__}: {error}") from error


def _ends(model: Any) -> frozenset[int]:
    """Whatever ends a text of this model; BLIP's text decoder ends with BERT's separator, which no other setting of it
    names."""
    text = model.config.text_config
    named = (text.eos_token_id, getattr(text, "sep_token_id", None), model.generation_config.eos_token_id)
    flat = [one for some in named for one in (some if isinstance(some, list | tuple) else [some])]
    return frozenset(int(one) for one in flat if one is not None)


def _sampling(request: Generate) -> dict[str, Any]:
    if request.temperature == 0:
        return {"do_sample": False}
    return {"do_sample": True, "temperature": request.temperature, "top_p": request.top_p}


def _device(torch: Any, wanted: str) -> str:
    """``auto``: the graphics card where there is one."""
    if wanted != "auto":
        return wanted
    if torch.cuda.is_available():
        return "cuda"
    return "mps" if torch.backends.mps.is_available() else "cpu"


def _dtype(torch: Any, compute_type: str) -> Any:
    return {"float16": torch.float16, "bfloat16": torch.bfloat16}.get(compute_type, torch.float32)


def _quantisation(transformers: Any) -> Any:
    from torchao.quantization import Int8WeightOnlyConfig

    return transformers.TorchAoConfig(Int8WeightOnlyConfig())


if __name__ == "__main__":
    os.environ["HF_HUB_OFFLINE"] = "1"  # whatever a folder's files name, nothing is fetched
    serve(PictureModel)
