"""The tiny model of `tiny_model` as a GGUF file, for servers on llama.cpp: ``python tiny_gguf.py FILE``.

Needs the packages gguf and numpy, and nothing of ours: it runs in the server's environment.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Final

import numpy as np

CHATML: Final = (
    "{% for message in messages %}{{'<|im_start|>' + message['role'] + '\\n' + message['content'] + '<|im_end|>' + "
    "'\\n'}}{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}"
)
CONTEXT, DEPTH, HEADS, KV_HEADS, WIDTH, INNER = 512, 2, 4, 2, 128, 256
NORMAL, CONTROL = 1, 3  # gguf's token types
SEED: Final = 7
LINE_BREAK: Final = "\N{LATIN CAPITAL LETTER C WITH DOT ABOVE}"  # as a byte-level vocabulary writes it; a prompt's end
SAID: Final = "howl.\N{LATIN CAPITAL LETTER G WITH DOT ABOVE}"  # no letter twice
SURE: Final = 10.0


def make_gguf(path: Path) -> Path:
    """Write a Qwen2-shaped model in float32 that answers `SAID` for ever: its layers hold small random weights, and
    after each letter of it the next one is by far the likeliest."""
    import gguf

    special = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]
    # One merge, since llama.cpp wants some.
    tokens = [*sorted(_byte_letters()), "ow", *special]
    number = {token: at for at, token in enumerate(tokens)}
    random = np.random.default_rng(SEED)

    writer = gguf.GGUFWriter(path, "qwen2")
    writer.add_name("tiny-made-qwen2")
    writer.add_context_length(CONTEXT)
    writer.add_embedding_length(WIDTH)
    writer.add_block_count(DEPTH)
    writer.add_feed_forward_length(INNER)
    writer.add_head_count(HEADS)
    writer.add_head_count_kv(KV_HEADS)
    writer.add_rope_freq_base(1_000_000.0)
    writer.add_layer_norm_rms_eps(1e-6)
    writer.add_file_type(0)
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("qwen2")
    writer.add_token_list([token.encode() for token in tokens])
    writer.add_token_types([CONTROL if token in special else NORMAL for token in tokens])
    writer.add_token_merges(["o w"])
    writer.add_bos_token_id(number["<|endoftext|>"])
    writer.add_eos_token_id(number["<|im_end|>"])
    writer.add_pad_token_id(number["<|endoftext|>"])
    writer.add_add_bos_token(False)
    writer.add_chat_template(CHATML)

    def weight(name: str, *shape: int, scale: float = 0.1) -> None:
        writer.add_tensor(f"{name}.weight", (random.standard_normal(shape) * scale).astype(np.float32))

    def ones(name: str) -> None:
        writer.add_tensor(f"{name}.weight", np.ones(WIDTH, np.float32))

    kv_width = KV_HEADS * WIDTH // HEADS
    vectors = (random.standard_normal((len(tokens), WIDTH)) * 0.1).astype(np.float32)
    output = np.zeros_like(vectors)
    for letter, following in zip((LINE_BREAK, *SAID), (*SAID, SAID[0]), strict=True):
        output[number[following]] += SURE * vectors[number[letter]]
    writer.add_tensor("token_embd.weight", vectors)
    writer.add_tensor("output.weight", output)
    ones("output_norm")
    for layer in range(DEPTH):
        block = f"blk.{layer}"
        for name, rows in (("attn_q", WIDTH), ("attn_k", kv_width), ("attn_v", kv_width)):
            weight(f"{block}.{name}", rows, WIDTH)
            writer.add_tensor(f"{block}.{name}.bias", np.zeros(rows, np.float32))
        weight(f"{block}.attn_output", WIDTH, WIDTH, scale=0.001)
        weight(f"{block}.ffn_gate", INNER, WIDTH)
        weight(f"{block}.ffn_up", INNER, WIDTH)
        weight(f"{block}.ffn_down", WIDTH, INNER, scale=0.001)
        ones(f"{block}.attn_norm")
        ones(f"{block}.ffn_norm")
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


def _byte_letters() -> list[str]:
    """The letters that stand for bytes in a byte-level vocabulary (`bytes_to_unicode` of GPT-2's encoder.py)."""
    seen = [*range(ord("!"), ord("~") + 1), *range(ord("¡"), ord("¬") + 1), *range(ord("®"), ord("ÿ") + 1)]
    return [*map(chr, seen), *(chr(256 + number) for number in range(256 - len(seen)))]


if __name__ == "__main__":
    make_gguf(Path(sys.argv[1]))
