"""Qwen2's shape with 1.5 billion parameters in int8, as published (Qwen/Qwen2.5-1.5B-Instruct, config.json)."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np

from homebody.bench.text_speed import SENTENCE

if TYPE_CHECKING:
    from tokenizers import Tokenizer

SPECIAL: Final = ("<|endoftext|>", "<|im_start|>", "<|im_end|>")
CHATML: Final = (
    "{% for message in messages %}{{'<|im_start|>' + message['role'] + '\\n' + message['content'] + '<|im_end|>' + "
    "'\\n'}}{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}"
)
LINE_END: Final = "Ċ"  # byte-level BPE's letter for it
RMS_EPSILON: Final = 1e-6
ROTARY_BASE: Final = 1_000_000


class Shape(NamedTuple):
    """Of a decoder with grouped queries and a gated feed-forward."""

    width: int = 1536
    layers: int = 28
    heads: int = 12
    kv_heads: int = 2
    inner: int = 8960
    vocabulary: int = 151_936

    @property
    def parameters(self) -> int:
        """Weights, the shared embeddings counted once."""
        head = self.width // self.heads
        attention = self.width * (2 * self.width + 2 * self.kv_heads * head)
        return self.vocabulary * self.width + self.layers * (attention + 3 * self.width * self.inner)


QWEN2_1_5B: Final = Shape()


def write(folder: Path, shape: Shape = QWEN2_1_5B) -> Path:
    """Write a model of this shape in CTranslate2's format, with a tokenizer that knows bytes and nothing longer.

    The weights are drawn as int8: in float32 they would take four times the memory. Each layer has its own, since equal
    ones would be stored once and stay in the processor's cache.
    """
    import ctranslate2.specs

    random = np.random.default_rng(7)
    spec = ctranslate2.specs.TransformerDecoderModelSpec.from_config(
        shape.layers, shape.heads, activation=ctranslate2.specs.Activation.SWISH, pre_norm=True, ffn_glu=True,
        rms_norm=True, rotary_dim=0, rotary_interleave=False, rotary_base=ROTARY_BASE, num_heads_kv=shape.kv_heads,
    )  # fmt: skip

    def drawn(part: Any, rows: int, columns: int) -> None:
        part.weight = random.integers(-127, 128, (rows, columns), np.int8)
        # Of the size of trained weights, about 0.02, so that nothing overflows.
        part.weight_scale = np.full(rows, 127 / 0.04, np.float32)

    ones = np.ones(shape.width, np.float32)
    head = shape.width // shape.heads
    together = shape.width + 2 * shape.kv_heads * head
    decoder = spec.decoder
    decoder.scale_embeddings = False
    decoder.layer_norm.gamma = ones
    drawn(decoder.embeddings, shape.vocabulary, shape.width)
    tokenizer = make_tokenizer(shape.vocabulary)
    for token in (LINE_END, *SPECIAL):  # never the likeliest: it neither ends nor says only line breaks
        decoder.embeddings.weight[tokenizer.token_to_id(token)] = 0
    decoder.projection.weight = decoder.embeddings.weight
    decoder.projection.weight_scale = decoder.embeddings.weight_scale
    for layer in decoder.layer:
        layer.self_attention.layer_norm.gamma = ones
        drawn(layer.self_attention.linear[0], together, shape.width)
        layer.self_attention.linear[0].bias = np.zeros(together, np.float32)
        drawn(layer.self_attention.linear[1], shape.width, shape.width)
        layer.ffn.layer_norm.gamma = ones
        drawn(layer.ffn.linear_0, shape.inner, shape.width)
        drawn(layer.ffn.linear_0_noact, shape.inner, shape.width)
        drawn(layer.ffn.linear_1, shape.width, shape.inner)
    spec.register_vocabulary([tokenizer.id_to_token(number) for number in range(shape.vocabulary)])
    spec.config.bos_token = spec.config.unk_token = SPECIAL[0]
    spec.config.eos_token = SPECIAL[-1]
    spec.config.layer_norm_epsilon = RMS_EPSILON
    spec.validate()
    # As the real model, which has one matrix for both ends.
    decoder.projection.weight = "decoder/embeddings/weight"
    decoder.projection.weight_scale = "decoder/embeddings/weight_scale"
    folder.mkdir(parents=True, exist_ok=True)
    spec.save(str(folder))
    tokenizer.save(str(folder / "tokenizer.json"))
    (folder / "tokenizer_config.json").write_text(json.dumps({"chat_template": CHATML, "eos_token": SPECIAL[-1]}))
    return folder


def make_tokenizer(vocabulary: int) -> Tokenizer:
    """Bytes, the special tokens, the words of our prompt (so that it has as many tokens as for a real model), and words
    that no text is split into, which is what a random model says."""
    from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers

    letters = sorted(pre_tokenizers.ByteLevel.alphabet())
    ours = sorted(set(re.findall(r" ?\w+", SENTENCE)))
    words = [f"Ġw{number}" for number in range(vocabulary - len(letters) - len(ours) - len(SPECIAL))]
    numbered = {token: number for number, token in enumerate((*letters, *words))}
    tokenizer = Tokenizer(models.BPE(vocab=numbered, merges=[]))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.add_special_tokens([AddedToken(token, special=True, normalized=False) for token in SPECIAL])
    tokenizer.add_tokens([AddedToken(word, normalized=False) for word in ours])
    return tokenizer
