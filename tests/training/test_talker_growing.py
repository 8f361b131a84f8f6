"""A talker that gets pieces of its own for more words. Needs torch: run in the training environment."""

from __future__ import annotations

import pytest
from tokenizers import Tokenizer

import tokens
from homebody import starter

pytestmark = pytest.mark.lengthy

torch = pytest.importorskip("torch")

OLD = Tokenizer.from_file(str(starter.talker() / "tokenizer.json"))
WIDTH = 6
SAID = set(OLD.encode("The sky looks blue because air scatters blue light the most.").ids)


def state_of(tokenizer: Tokenizer) -> dict[str, object]:
    from model import Pieces

    generator = torch.Generator().manual_seed(5)
    count = tokenizer.get_vocab_size()
    sizes = {
        "embedding.shared": len(Pieces(tokens.spelling(tokenizer), WIDTH).shared),
        "embedding.weight": count,
        "projection.weight": count,
    }
    values = {name: torch.randn(size, WIDTH, generator=generator) for name, size in sizes.items()}
    adam = {
        number: {name: torch.ones(size, WIDTH) for name in ("exp_avg", "exp_avg_sq")}
        for number, size in enumerate(sizes.values())
    }
    return {
        "model": dict(values),
        "average": {name: 2 * value for name, value in values.items()},
        "optimizers": [{"state": {}}, {"state": adam}],
    }


def table(tokenizer: Tokenizer, values: dict[str, object]) -> object:
    from model import Pieces

    return Pieces(tokens.spelling(tokenizer), WIDTH).spelling @ values["embedding.shared"] + values["embedding.weight"]


def test_a_talker_with_more_pieces_says_what_it_said_before():
    from grow import grow

    words = ["xylophonists", "quokkas", "zeppelins"]
    new = tokens.with_whole_words(OLD, words, [])
    before, after = OLD.get_vocab_size(), new.get_vocab_size()
    assert after > before, "there is something to be added"
    earlier, state = state_of(OLD), state_of(OLD)
    grow(state, OLD, new, SAID)
    unsaid = [number for number in range(before) if number not in SAID]
    for part in ("model", "average"):
        was, its = earlier[part], state[part]
        rows_before, rows = table(OLD, was), table(new, its)
        assert torch.allclose(rows[:before], rows_before, atol=1e-5), "old pieces mean what they meant"
        for number in range(before, after):
            text = new.decoder.decode([new.id_to_token(number)])
            made_of = OLD.encode(text).ids
            assert len(made_of) > 1
            assert torch.allclose(rows[number], rows_before[made_of].mean(dim=0), atol=1e-5), f"{text!r}: its parts"
        assert torch.equal(its["projection.weight"][:before], was["projection.weight"])
        unlikely = was["projection.weight"][unsaid].mean(dim=0)
        assert torch.allclose(its["projection.weight"][before:], unlikely.expand(after - before, -1), atol=1e-6)
    for number, name in enumerate(("embedding.shared", "embedding.weight", "projection.weight")):
        kept = state["optimizers"][1]["state"][number]["exp_avg"]
        assert kept.shape == state["model"][name].shape
        assert torch.equal(kept[: len(earlier["model"][name])], torch.ones_like(earlier["model"][name]))
        assert not kept[len(earlier["model"][name]) :].any(), "of what is new, nothing is known"
