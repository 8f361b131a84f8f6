"""BLIP and BLIP-2 of their own architecture, small enough to be made by a test (needs the extra ``[transformers]``).

All of it is there and computes: image encoder, cross-attention, text decoder. What they say is in the embeddings and
the projection: the layers of the decoder add nothing, so that after each word of a script the next one is likeliest.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import torch
import transformers
from tokenizers import Tokenizer, models, pre_tokenizers

WORDS: Final = ("Owls", "can", "turn", "their", "heads", "far.")
PAD, UNKNOWN, CLS, SEP, BOS = "[PAD]", "[UNK]", "[CLS]", "[SEP]", "[DEC]"
SPECIAL: Final = (PAD, UNKNOWN, CLS, SEP, "[MASK]", BOS)
WIDTH: Final = 64
SIDE_PX: Final = 32
SURE: Final = 50.0  # how much likelier the next word of the script is, as a logit


def script(*words: str, loop: bool = False) -> dict[str, str]:
    """What follows what: these words, then the end, or the first of them again."""
    follows = dict(zip((BOS, *words), (*words, SEP), strict=True))
    if loop:
        follows[words[-1]] = words[0]
    return follows


def make_blip(folder: Path, follows: Mapping[str, str] = script(*WORDS)) -> Path:
    """Write a BLIP that says one thing of every picture, as the Hub keeps one."""
    vocabulary = {
        word: number for number, word in enumerate((*SPECIAL, *sorted({*follows, *follows.values()} - {*SPECIAL})))
    }
    config = transformers.BlipConfig(
        text_config={
            "vocab_size": len(vocabulary), "hidden_size": WIDTH, "encoder_hidden_size": WIDTH, "intermediate_size": 32,
            "num_hidden_layers": 1, "num_attention_heads": 4, "projection_dim": 16, "max_position_embeddings": 512,
            "bos_token_id": vocabulary[BOS], "eos_token_id": vocabulary[SEP], "sep_token_id": vocabulary[SEP],
            "pad_token_id": vocabulary[PAD], "tie_word_embeddings": False,
        },
        vision_config={
            "hidden_size": WIDTH, "intermediate_size": 32, "num_hidden_layers": 1, "num_attention_heads": 4,
            "image_size": SIDE_PX, "patch_size": 16,
        },
        projection_dim=16,
        image_text_hidden_size=16,
        tie_word_embeddings=False,
    )  # fmt: skip
    torch.manual_seed(7)
    model = transformers.BlipForConditionalGeneration(config)
    _teach(model.text_decoder, {vocabulary[one]: vocabulary[next_] for one, next_ in follows.items()})
    model.save_pretrained(folder)
    tokenizer = transformers.BertTokenizer(vocab=vocabulary)
    size = {"height": SIDE_PX, "width": SIDE_PX}
    transformers.BlipProcessor(transformers.BlipImageProcessor(size=size), tokenizer).save_pretrained(folder)
    return folder


@torch.no_grad()
def _teach(decoder: Any, follows: Mapping[int, int]) -> None:
    """One direction a word: its embedding points there, and the projection reads it."""
    bert, head = decoder.bert, decoder.cls.predictions
    for layer in bert.encoder.layer:
        for part in (layer.attention.output, layer.crossattention.output, layer.output):
            part.dense.weight.zero_()
            part.dense.bias.zero_()
    size = bert.embeddings.word_embeddings.weight.shape[0]
    assert size <= WIDTH
    bert.embeddings.word_embeddings.weight.copy_(torch.eye(WIDTH)[:size] * 10)
    bert.embeddings.position_embeddings.weight.zero_()
    head.transform.dense.weight.copy_(torch.eye(WIDTH))
    head.transform.dense.bias.zero_()
    head.decoder.weight.zero_()
    head.bias.zero_()
    for one, next_ in follows.items():
        head.decoder.weight[next_, one] = SURE


def make_blip2(folder: Path, described: str = "owls", answered: str = "two") -> Path:
    """Write a BLIP-2 that describes every picture with one word, and answers every question with another."""
    image, begin, end = "<image>", "<s>", "</s>"
    words = (begin, "<pad>", end, "<unk>", image, "Question", "Answer", ":", "how", "many", "?", described, answered)
    vocabulary = {word: number for number, word in enumerate(words)}
    tokenizer = Tokenizer(models.WordLevel(vocabulary, unk_token="<unk>"))
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([pre_tokenizers.Whitespace()])
    fast = transformers.PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, bos_token=begin, eos_token=end, pad_token="<pad>", unk_token="<unk>"
    )
    encoder = {"hidden_size": 32, "intermediate_size": 32, "num_hidden_layers": 1, "num_attention_heads": 4}
    config = transformers.Blip2Config(
        vision_config={**encoder, "image_size": SIDE_PX, "patch_size": 16},
        qformer_config={**encoder, "encoder_hidden_size": 32, "vocab_size": 32},
        text_config=transformers.OPTConfig(
            vocab_size=len(words), hidden_size=WIDTH, word_embed_proj_dim=WIDTH, ffn_dim=32, num_hidden_layers=1,
            num_attention_heads=4, bos_token_id=0, pad_token_id=1, eos_token_id=2, tie_word_embeddings=False,
        ).to_dict(),
        num_query_tokens=4,
        image_token_index=vocabulary[image],
    )  # fmt: skip
    torch.manual_seed(7)
    model = transformers.Blip2ForConditionalGeneration(config)
    follows = {image: described, begin: described, ":": answered, described: end, answered: end}
    _teach_opt(model.language_model, {vocabulary[one]: vocabulary[next_] for one, next_ in follows.items()})
    model.save_pretrained(folder)
    processor = transformers.Blip2Processor(
        transformers.BlipImageProcessor(size={"height": SIDE_PX, "width": SIDE_PX}), fast, num_query_tokens=4
    )
    processor.save_pretrained(folder)
    return folder


@torch.no_grad()
def _teach_opt(language: Any, follows: Mapping[int, int]) -> None:
    decoder = language.model.decoder
    for layer in decoder.layers:
        for part in (layer.self_attn.out_proj, layer.fc2):
            part.weight.zero_()
            part.bias.zero_()
    size = decoder.embed_tokens.weight.shape[0]
    decoder.embed_tokens.weight.copy_(torch.eye(WIDTH)[:size] * 10)
    decoder.embed_positions.weight.zero_()
    language.lm_head.weight.zero_()
    for one, next_ in follows.items():
        language.lm_head.weight[next_, one] = SURE


def make_true_blip(folder: Path) -> Path:
    """Write a BLIP of base's own shape (224 million parameters) and random weights."""
    config = transformers.BlipConfig()
    torch.manual_seed(7)
    model = transformers.BlipForConditionalGeneration(config)
    model.save_pretrained(folder)
    size = config.text_config.vocab_size
    vocabulary = {word: number for number, word in enumerate((*SPECIAL, *(f"w{n}" for n in range(len(SPECIAL), size))))}
    tokenizer = transformers.BertTokenizer(vocab=vocabulary)
    side = {"height": config.vision_config.image_size, "width": config.vision_config.image_size}
    transformers.BlipProcessor(transformers.BlipImageProcessor(size=side), tokenizer).save_pretrained(folder)
    return folder
