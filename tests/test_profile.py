"""Profiles are refused early, by file, key and reason."""

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from homebody import profile
from homebody.errors import ProfileError
from homebody.options import EndpointingOptions
from homebody.profile import Profile
from homebody.router.routing import options_for


@pytest.mark.parametrize("name", profile.names())
def test_every_shipped_profile_loads_and_says_for_whom_it_is(name):
    loaded = profile.load(name)
    assert loaded.name == name
    assert loaded.summary.endswith(".")


def test_without_any_choice_the_embedded_profile_is_used():
    assert profile.load().name == "embedded"


def test_the_overlay_changes_only_the_keys_it_names(tmp_path):
    overlay = tmp_path / "homebody.toml"
    overlay.write_text('[voice.speaker]\nvolume_percent = 35\n[router.text]\nmodel = "llama3.2:1b"\n')
    shipped, own = profile.load(), profile.load(overlay=overlay)
    assert own.voice.speaker.volume_percent == 35
    assert own.router.text.model == "llama3.2:1b"
    assert own.voice.transcriber == shipped.voice.transcriber
    assert own.voice.speaker.latency_ms == shipped.voice.speaker.latency_ms


def test_the_overlay_may_choose_the_profile_and_the_environment_wins_over_it(tmp_path, monkeypatch):
    other = tmp_path / "other.toml"
    other.write_text('summary = "Mine."\n')
    overlay = tmp_path / "homebody.toml"
    overlay.write_text(f'profile = "{other}"\n')
    assert profile.load(overlay=overlay).summary == "Mine."
    monkeypatch.setenv("HOMEBODY_PROFILE", "embedded")
    assert profile.load(overlay=overlay).name == "embedded"


@pytest.mark.parametrize(
    ("toml", "key", "hint"),
    [
        ('[voice]\nlangage = "de"', "voice.langage", "voice.language"),
        ("[voice.speaker]\nvolume = 3", "voice.speaker.volume", "volume_percent"),
        ("[voice.speaker]\nvolume_percent = 300", "voice.speaker.volume_percent", "value"),
        ("[voice.transcriber]\nmodel = 3", "voice.transcriber.model", "value"),
        ("voice = 3", "voice", "value"),
        ("colour = 1", "colour", "Known here"),
        ("[voice", "is not TOML", "line"),
        ("[voice.endpointing]\npre_roll_ms = 200", "voice.endpointing.pre_roll_ms", "value"),
        ('[router.text]\nbackend = "vllm"', "router.text.backend", "ollama, openai, ctranslate2, transformers, none"),
        ('[router.models.x]\nbackend = "vllm"', 'router.models."x".backend', "transformers"),
        ('[router.models.x]\nbackend = "openai"\nbase_url = "http://192.0.2.7/v1"', '"x".base_url', "allow_remote"),
        ('[router.text]\nbackend = "openai"\nbase_url = "http://192.0.2.7/v1"', "router.text.base_url", "allow_remote"),
        ('[router.text]\nbackend = "openai"\nbase_url = "localhost:80"', "router.text.base_url", "http://"),
        ('[router.text.openai]\napi_key = "x"', "router.text.openai.api_key", "api_key_env"),
        ('[router.text.ctranslate2]\ndevice = "tpu"', "router.text.ctranslate2.device", "value"),
        ("[router.purposes.poetry]\ntemperature = 1.0", "router.purposes.poetry", "Known here"),
        ("[router.purposes.chat]\ntemprature = 1.0", "router.purposes.chat.temprature", "temperature"),
        ('[router.models."a:1b"]\nctx = 1', "ctx", "value"),
    ],
)
def test_a_mistake_is_named_with_file_and_key_and_the_remedy_helps(tmp_path, toml, key, hint):
    overlay = tmp_path / "homebody.toml"
    overlay.write_text(toml)
    with pytest.raises(ProfileError) as refused:
        profile.load(overlay=overlay)
    assert str(overlay) in refused.value.reason
    assert key in refused.value.reason
    assert hint in refused.value.remedy


def test_an_unknown_profile_is_refused_with_those_there_are():
    with pytest.raises(ProfileError) as refused:
        profile.load("mac-mini-m9")
    assert "embedded" in refused.value.remedy


@given(st.dictionaries(st.text(min_size=1, max_size=12), st.integers() | st.text() | st.booleans(), min_size=1))
def test_no_table_of_unknown_keys_gets_through(table):
    known = set(EndpointingOptions.__struct_fields__)
    if set(table) & known:
        return
    with pytest.raises(ProfileError):
        profile._check({"name": "x", "summary": "x", "voice": {"endpointing": table}}, profile.Path("x.toml"))


def test_the_defaults_of_the_structs_are_themselves_within_bounds():
    import msgspec

    whole = msgspec.to_builtins(Profile(name="x", summary="x"))
    assert msgspec.convert(whole, Profile) == Profile(name="x", summary="x")


def read_back(loaded, tmp_path):
    """The profile as it is after being written out."""
    path = tmp_path / "whole.toml"
    path.write_text(profile.to_toml(loaded))
    return profile.load(str(path))


@pytest.mark.parametrize("name", profile.names())
def test_a_profile_written_out_is_read_back_the_same(name, tmp_path):
    loaded = profile.load(name)
    assert read_back(loaded, tmp_path) == loaded


def test_every_configuration_in_the_documentation_of_backends_is_accepted(tmp_path):
    page = (Path(__file__).parent.parent / "docs" / "backends.md").read_text()
    examples = re.findall(r"```toml\n(.*?)```", page, re.DOTALL)
    assert len(examples) == 7
    for example in examples:
        overlay = tmp_path / "homebody.toml"
        overlay.write_text(example)
        text = profile.load(overlay=overlay).router.text
        assert text.backend in profile.BACKENDS
    documented = {name for name in profile.BACKENDS if f'`"{name}"`' in page}
    assert documented == set(profile.BACKENDS)


def test_free_fields_of_requests_survive_being_written_out(tmp_path):
    overlay = tmp_path / "homebody.toml"
    overlay.write_text("[router.text.openai.extras]\ntop_k = 20\nchat_template_kwargs = { enable_thinking = false }\n")
    loaded = profile.load(overlay=overlay)
    assert loaded.router.text.openai.extras["top_k"] == 20
    assert read_back(loaded, tmp_path).router.text.openai == loaded.router.text.openai


def test_a_purpose_can_be_given_models_and_a_model_its_context(tmp_path):
    overlay = tmp_path / "homebody.toml"
    overlay.write_text(
        '[router.purposes.code]\nmodels = ["qwen2.5-coder:1.5b"]\ntemperature = 0.0\n'
        '[router.models."qwen2.5-coder:1.5b"]\nnum_ctx = 8192\n'
    )
    loaded = profile.load("ollama", overlay=overlay)
    router = loaded.router
    assert router.purposes.code.models == ("qwen2.5-coder:1.5b",)
    assert router.purposes.code.temperature == 0.0
    assert options_for(router, "code").template == "code"
    assert router.models["qwen2.5-coder:1.5b"].num_ctx == 8192
    assert read_back(loaded, tmp_path).router == router


def test_a_mistyped_profile_at_the_top_is_met_with_the_key_that_was_meant(tmp_path):
    overlay = tmp_path / "homebody.toml"
    overlay.write_text('profil = "embedded"\n')
    with pytest.raises(ProfileError) as caught:
        profile.load(overlay=overlay)
    assert caught.value.remedy == "Did you mean profile?"
    overlay.write_text("zzz = 1\n")
    with pytest.raises(ProfileError) as caught:
        profile.load(overlay=overlay)
    assert "profile" in caught.value.remedy.removesuffix(".").split(", ")
