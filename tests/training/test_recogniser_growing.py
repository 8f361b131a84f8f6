"""A recogniser that is taken out of its shipped form, and made wider. Needs torch: run in the training environment."""

from __future__ import annotations

import numpy as np
import pytest

import shipped
from homebody import starter

torch = pytest.importorskip("torch")

HEADS = ("phones.", "frames.")
SIZES = {"width": 64, "heads": 2, "encoder_layers": 2, "decoder_layers": 2}


@pytest.fixture(scope="module")
def model():
    from tokenizers import Tokenizer

    from recogniser.model import Recogniser, Shape

    torch.manual_seed(5)
    tokenizer = Tokenizer.from_file(str(starter.recogniser() / "tokenizer.json"))
    return Recogniser(Shape(tokenizer.get_vocab_size(), **SIZES))


@pytest.fixture(scope="module")
def known(model):
    return {name: value.detach() for name, value in model.state_dict().items() if not name.startswith(HEADS)}


@pytest.mark.parametrize(("quantization", "tolerance"), [(None, 0.0), ("int8", 0.02)])
def test_what_was_shipped_is_what_is_gone_on_from(model, known, tmp_path, quantization, tolerance):
    from msgspec import json, to_builtins

    from recogniser.export import TEXT_POSITIONS, write_model
    from recogniser.unpack import weights

    arrays = {name: value.numpy() for name, value in known.items()}
    arrays["shape"] = np.frombuffer(json.encode(to_builtins(model.shape)), np.uint8)
    write_model(arrays, starter.recogniser() / "tokenizer.json", tmp_path / "model", quantization)
    shape, found = weights(shipped.arrays_of(tmp_path / "model" / "model.bin"))
    assert shape == model.shape
    assert found.keys() == known.keys()
    rows = known["text_positions"].clone()
    rows[TEXT_POSITIONS:] = 0  # nothing that is said is as long, so they stay behind
    for name, value in (known | {"text_positions": rows}).items():
        assert found[name].shape == value.shape, name
        assert torch.allclose(found[name], value, rtol=0, atol=tolerance * float(value.abs().max())), name


def test_a_wider_model_hears_what_the_narrow_one_heard(model, known):
    from recogniser.model import Recogniser
    from recogniser.unpack import wider

    shape, made = wider(model.shape, known)
    assert (shape.width, shape.heads) == (2 * model.shape.width, 2 * model.shape.heads)
    wide = Recogniser(shape)
    wide.load_state_dict(wide.state_dict() | made)
    mel, pieces = torch.randn(2, 80, 120), torch.randint(0, 500, (2, 7))
    heard = []
    for one in (model, wide):
        torch.manual_seed(6)  # for the same places in the padding
        with torch.no_grad():
            memory, bias = one.encode(mel, 200)
            heard.append(one.decode(pieces, memory, bias))
    assert torch.allclose(*heard, atol=1e-4)
    inner = wide.encoder[0].inner.weight
    assert not torch.allclose(*inner.chunk(2)), "twins differ, else they would learn alike"
