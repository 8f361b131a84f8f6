"""A Qwen2-shaped language model for CTranslate2, small enough to be made by a test: no torch, no download.

All of the architecture is there and computes: rotary grouped-query attention, gated feed-forward, RMS norms. Its layers
hold small random weights; what it says is in the embeddings and the projection: after each token of a script the next
one is by far the likeliest. A prompt in ChatML ends with a line break, so a script begins after that.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

import ctranslate2.specs
import numpy as np
from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers

WORDS: Final = ("Owls ", "can ", "turn ", "their ", "heads ", "far.")
START: Final = "\n"  # the last token of a ChatML prompt
END: Final = "<|im_end|>"
SPECIAL: Final = ("<|endoftext|>", "<|im_start|>", END)
DEPTH, HEADS, KV_HEADS, HEAD_SIZE, INNER = 2, 4, 2, 32, 64
WIDTH: Final = HEADS * HEAD_SIZE
SEED: Final = 7
CHATML: Final = (
    "{% for message in messages %}{{'<|im_start|>' + message['role'] + '\\n' + message['content'] + '<|im_end|>' + "
    "'\\n'}}{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}"
)


def chain(*tokens: str, loop: bool = False) -> dict[str, str]:
    """What follows what: these tokens after the prompt, then the end, or the first of them again."""
    follows = dict(zip((START, *tokens), (*tokens, END), strict=True))
    if loop:
        follows[tokens[-1]] = tokens[0]
    return follows


def make_tokenizer(words: Sequence[str], special: Sequence[str] = SPECIAL) -> Tokenizer:
    """Byte-level BPE without merges; each of the words is one token of its own."""
    vocabulary = {char: number for number, char in enumerate(sorted(pre_tokenizers.ByteLevel.alphabet()))}
    tokenizer = Tokenizer(models.BPE(vocab=vocabulary, merges=[]))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.add_special_tokens([AddedToken(token, special=True, normalized=False) for token in special])
    new = [word for word in dict.fromkeys(words) if tokenizer.token_to_id(word) is None]
    tokenizer.add_tokens([AddedToken(word, normalized=False) for word in new])
    return tokenizer


def make_model(
    folder: Path,
    follows: Mapping[str, str] = chain(*WORDS),
    *,
    template: str = CHATML,
    special: Sequence[str] = SPECIAL,
    compute_type: str = "int8",
) -> Path:
    """Write a model that says one thing.

    Args:
        folder: Where; created.
        follows: Its script, from `chain`.
        template: Its chat template, for tokenizer_config.json.
        special: Its special tokens; the end of a turn is among them.
        compute_type: How its weights are stored: int8 or float32.

    Returns:
        The folder.
    """
    texts = {START, *follows, *follows.values()} - {*special}
    tokenizer = make_tokenizer(sorted(texts - {START, " "}), special)
    size = tokenizer.get_vocab_size()
    numbers = {text: _number(tokenizer, text) for text in (*texts, *special)}

    random = np.random.default_rng(SEED)
    vectors = random.standard_normal((size, WIDTH)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True) / np.sqrt(WIDTH)
    # Far below every other score, for a token that follows nothing.
    scores = random.standard_normal((size, WIDTH)).astype(np.float32) * 0.01
    for before, after in follows.items():
        scores[numbers[after]] += vectors[numbers[before]] * 0.5

    spec = ctranslate2.specs.TransformerDecoderModelSpec.from_config(
        DEPTH, HEADS, activation=ctranslate2.specs.Activation.SWISH, pre_norm=True, ffn_glu=True, rms_norm=True,
        rotary_dim=0, rotary_interleave=False, rotary_base=1_000_000, num_heads_kv=KV_HEADS,
    )  # fmt: skip

    def some(*shape: int) -> np.ndarray:
        return (random.standard_normal(shape) * 0.02).astype(np.float32)

    ones = np.ones(WIDTH, np.float32)
    decoder = spec.decoder
    decoder.scale_embeddings = False
    decoder.embeddings.weight = vectors
    decoder.layer_norm.gamma = ones
    decoder.projection.weight = scores
    together = WIDTH + 2 * KV_HEADS * HEAD_SIZE  # queries, keys, values
    for layer in decoder.layer:
        layer.self_attention.layer_norm.gamma = ones
        layer.self_attention.linear[0].weight = some(together, WIDTH)
        layer.self_attention.linear[0].bias = some(together)
        layer.self_attention.linear[1].weight = some(WIDTH, WIDTH)
        layer.ffn.layer_norm.gamma = ones
        layer.ffn.linear_0.weight = some(INNER, WIDTH)
        layer.ffn.linear_0_noact.weight = some(INNER, WIDTH)
        layer.ffn.linear_1.weight = some(WIDTH, INNER)
    spec.register_vocabulary([tokenizer.id_to_token(number) for number in range(size)])
    spec.config.bos_token = spec.config.unk_token = special[0]
    spec.config.eos_token = special[-1]
    spec.validate()
    spec.optimize(quantization=None if compute_type == "float32" else compute_type)
    folder.mkdir(parents=True, exist_ok=True)
    spec.save(str(folder))
    tokenizer.save(str(folder / "tokenizer.json"))
    (folder / "tokenizer_config.json").write_text(
        json.dumps({"chat_template": template, "eos_token": special[-1], "model_max_length": 4096})
    )
    return folder


def _number(tokenizer: Tokenizer, text: str) -> int:
    if (number := tokenizer.token_to_id(text)) is None:
        (number,) = tokenizer.encode(text, add_special_tokens=False).ids
    return int(number)
