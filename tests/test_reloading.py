"""Which keys have changed, and which of them a running service takes over."""

from __future__ import annotations

import asyncio

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from homebody import profile as profiles
from homebody.errors import ProfileError, RemoteFailure
from homebody.messages import Control
from homebody.options import BargeInOptions, SkillOptions
from homebody.reloading import changed_keys, sorted_out, together
from homebody.router.reloads import Reloads

PROFILE = profiles.shipped_only("embedded")


def with_disabled(*names):
    router = msgspec.structs.replace(PROFILE.router, skills=SkillOptions(disabled=names))
    return msgspec.structs.replace(PROFILE, router=router)


def test_equal_profiles_differ_in_nothing():
    assert changed_keys(PROFILE, profiles.shipped_only("embedded")) == []


def test_a_changed_key_is_named_with_its_tables():
    assert changed_keys(PROFILE, with_disabled("clock")) == ["router.skills.disabled"]


@given(st.floats(16, 4000), st.booleans())
def test_every_changed_key_is_either_taken_over_or_takes_a_restart(min_speech_ms, by_voice):
    new = msgspec.structs.replace(
        PROFILE.voice, language="de", barge_in=BargeInOptions(by_voice=by_voice, min_speech_ms=min_speech_ms)
    )
    changed = changed_keys(PROFILE.voice, new, "voice")
    found = sorted_out(changed, ("voice.barge_in",))
    assert sorted(found["applied"] + found["restart"]) == sorted(changed)
    assert found["restart"] == ["voice.language"]
    assert all(key.startswith("voice.barge_in.") for key in found["applied"])


def test_a_key_that_only_begins_alike_is_not_taken_over():
    assert sorted_out(["voice.barge_in_all"], ("voice.barge_in",))["restart"] == ["voice.barge_in_all"]


def test_what_services_say_is_put_together():
    said = {"router": {"applied": ["b"], "restart": []}, "voice": {"applied": ["a"], "restart": ["c"]}, "old": {}}
    assert together(said) == {"applied": ["a", "b"], "restart": ["c"]}


def reloaded(load, disable=lambda _: True, action="reload"):
    control = Control(id="1", service="router", action=action)
    return asyncio.run(Reloads(PROFILE, load, disable).forward(control)).value


def test_the_router_takes_over_disabled_skills_and_leaves_the_voices_table_to_the_voice():
    new = with_disabled("clock")
    new = msgspec.structs.replace(new, voice=msgspec.structs.replace(new.voice, language="de"))
    taken = []
    assert reloaded(lambda: new, lambda skills: taken.append(skills) or True) == {
        "applied": ["router.skills.disabled"],
        "restart": [],
    }
    assert taken == [SkillOptions(disabled=("clock",))]


def test_a_plugin_that_was_never_loaded_takes_a_restart():
    assert reloaded(lambda: with_disabled("clock"), lambda _: False)["restart"] == ["router.skills.disabled"]


def test_a_refused_file_changes_nothing():
    def load():
        raise ProfileError("homebody.toml: x: there is no such key.", "Mend it.")

    taken = []
    with pytest.raises(ProfileError):
        reloaded(load, taken.append)
    assert taken == []


def test_the_router_says_what_it_cannot_do():
    with pytest.raises(RemoteFailure) as refused:
        reloaded(lambda: PROFILE, action="dance")
    assert refused.value.code == "not_found"
