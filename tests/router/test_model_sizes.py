"""What models take, against what is known of them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from homebody.options import MemoryOptions, ModelOptions, PurposeOptions, Purposes, RouterOptions, ServerOptions
from homebody.router import model_sizes
from homebody.router.model_sizes import GB, GIB, expanded, known, need, variants

PLAIN = RouterOptions()


@pytest.mark.parametrize(
    ("model", "kv_bytes"),
    [
        ("qwen2.5:0.5b", 12_288),  # measured by others: 12,264 to 12,290
        ("qwen2.5:1.5b", 28_672),
        ("deepseek-r1:1.5b", 28_672),
        ("llama3.2:1b", 32_768),
        ("llama3.2:3b", 114_688),
        ("qwen3-vl:2b-instruct", 114_688),
        ("qwen3-vl:8b-instruct", 147_456),
        ("qwen3.5:9b", 32_768),
    ],
)
def test_the_kv_cache_of_a_token_is_that_of_the_models_shape(model: str, kv_bytes: int) -> None:
    assert known()[model].kv_bytes == kv_bytes
    assert need(PLAIN, model).kv == 4096 * kv_bytes


def test_contexts_parallel_answers_and_the_cache_type_change_the_cache_and_nothing_else() -> None:
    plain = need(PLAIN, "llama3.2:3b")
    more = RouterOptions(
        models={"llama3.2:3b": ModelOptions(num_ctx=8192)}, server=ServerOptions(parallel=2, kv_cache_type="q8_0")
    )
    changed = need(more, "llama3.2:3b")
    assert changed.kv == 4 * plain.kv * 34 // 64
    assert (changed.weights, changed.work) == (plain.weights, plain.work)


def test_an_rtx_4060_holds_the_pair_the_facts_name() -> None:
    """qwen3-vl:4b-instruct about 4.9 GiB and qwen2.5:1.5b at eight bits about 2.0, from engines.md; ours are near."""
    assert need(PLAIN, "qwen3-vl:4b-instruct").total == pytest.approx(4.75 * GIB, rel=0.05)
    assert need(PLAIN, "qwen2.5:1.5b-instruct-q8_0").total == pytest.approx(2.0 * GIB, rel=0.05)


def test_a_bare_name_stands_for_its_quantisations_best_first() -> None:
    three = ("fp16", "q8_0", "q4_K_M")
    assert variants("qwen2.5:1.5b", three) == (
        "qwen2.5:1.5b-instruct-fp16", "qwen2.5:1.5b-instruct-q8_0", "qwen2.5:1.5b",
    )  # fmt: skip
    assert variants("llama3.2:1b", ("q8_0", "q4_K_M")) == ("llama3.2:1b", "llama3.2:1b-instruct-q4_K_M")
    assert variants("qwen3-vl:4b-instruct", ("fp16",)) == ("qwen3-vl:4b-instruct-bf16",)
    assert variants("qwen2.5:1.5b-instruct-q8_0", three) == ("qwen2.5:1.5b-instruct-q8_0",)
    assert variants("somebodys-own", three) == ("somebodys-own",)
    assert variants("qwen2.5:1.5b", ()) == ("qwen2.5:1.5b",)


def test_a_profile_with_quantisations_gets_longer_ladders_and_pictures_get_no_talker() -> None:
    options = RouterOptions(
        memory=MemoryOptions(quantizations=("q8_0", "q4_K_M")),
        purposes=Purposes(
            code=PurposeOptions(models=("llama3.2:3b",)), image_quick=PurposeOptions(models=("qwen3-vl:2b-instruct",))
        ),
        models={"llama3.2:3b": ModelOptions(num_ctx=2048)},
    )
    found = expanded(options)
    assert found.purposes.code.models == (
        "llama3.2:3b-instruct-q8_0", "llama3.2:3b", "qwen2.5:1.5b-instruct-q8_0", "qwen2.5:1.5b",
    )  # fmt: skip
    assert found.purposes.image_quick.models == ("qwen3-vl:2b-instruct-q8_0", "qwen3-vl:2b-instruct")
    assert found.models["llama3.2:3b-instruct-q8_0"].num_ctx == 2048
    assert expanded(RouterOptions()) == RouterOptions()


def test_a_model_made_from_a_base_needs_what_its_base_needs() -> None:
    options = RouterOptions(
        models={
            "mine": ModelOptions(base="llama3.2:3b-instruct-q8_0", num_ctx=4096),
            "small": ModelOptions(base="llama3.2:3b-instruct-fp16", quantize="q4_K_M"),
        }
    )
    assert need(options, "mine") == need(PLAIN, "llama3.2:3b-instruct-q8_0")
    assert need(options, "small").weights == need(PLAIN, "llama3.2:3b").weights


@pytest.mark.parametrize("name", sorted(known()))
def test_listed_sizes_agree_with_parameters_and_bits(name: str) -> None:
    row = known()[name]
    assert row.default in row.gb
    for quantization, gb in row.gb.items():
        bits = model_sizes.BITS_A_WEIGHT[quantization.lower()]
        assert gb == pytest.approx(row.parameters_billions * bits / 8, rel=0.45), (
            quantization
        )  # small ones, and image parts, are stored finer


@pytest.mark.parametrize("name", sorted(known()))
def test_a_guess_from_the_name_alone_is_not_far_below_what_is_known(name: str) -> None:
    row = known()[name]
    stranger = f"unknown-{row.parameters_billions}b-{row.default.lower()}"
    guess = need(PLAIN, stranger)
    assert guess.guessed
    assert guess.kv >= 4096 * row.kv_bytes * 0.55  # models of few layers have less, Qwen3's small ones more
    assert guess.weights >= 0.6 * GB * row.gb[row.default]


def test_the_files_true_size_goes_before_any_table() -> None:
    assert need(PLAIN, "qwen2.5:1.5b", file_bytes=7).weights == 7
    assert need(PLAIN, "somebodys-own", file_bytes=7).weights == 7


@given(st.text(max_size=40))
def test_any_name_gives_a_sane_guess(name: str) -> None:
    found = need(PLAIN, name)
    assert 0 < found.weights < 10_000 * GB
    assert found.kv > 0
    assert found.total > found.weights
