from __future__ import annotations

import re
import unicodedata
from typing import Annotated, Any, Literal

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from homebody.router import slot_values, templates, wording
from homebody.router.intents import Intents
from homebody.router.polyglot import CurrentIntents
from homebody.router.template_filter import Whole
from homebody.skill import Context, Reply, Skill, SkillInfo, skill
from unfiltered import unfiltered

Seconds = Annotated[int, msgspec.Meta(ge=1, le=86_400)]
DURATION = {
    "duration": "(<h> [[and] <m>] [[and] <s>]|<m> [[and] <s>]|<s>)",
    "h": "{seconds_x3600} hour[s]",
    "m": "{seconds_x60} minute[s]",
    "s": "{seconds} second[s]",
}


@skill(
    "(set|start) [a] timer for <duration> [(called|named) {name}]",
    "(set|start) [a|an] <duration> timer",
    "(set|start) (a|an) {name} timer for <duration>",
    examples=("set a timer for 5 minutes",),
    rules=DURATION,
    side_effect=True,
)
def timer_set(ctx: Context, seconds: Seconds, name: str = "") -> Reply:
    """Set a timer."""
    return Reply()


@skill("cancel [the] [{name}] timer", "cancel the (one|timer) called {name}", side_effect=True)
def timer_cancel(ctx: Context, name: str = "") -> Reply:
    """Cancel a timer."""
    return Reply()


@skill("what time is it [now]", "what('s| is) the time")
def clock(ctx: Context) -> Reply:
    """Tell the time."""
    return Reply()


@skill(
    "[set] [the] volume [to] {percent} [percent]",
    "turn [the] volume {direction}",
    "{direction:direction} please",
    lists={"direction": {"values": ["up", "down", {"in": "(loud|louder)", "out": "up"}]}},
    side_effect=True,
)
def volume(
    ctx: Context,
    percent: Annotated[int, msgspec.Meta(ge=0, le=100)] | None = None,
    direction: Literal["up", "down"] | None = None,
) -> Reply:
    """Change the volume."""
    return Reply()


@skill("what is {expression}", "calculate {expression}")
def math(ctx: Context, expression: Annotated[str, msgspec.Meta(pattern=r"\d")]) -> Reply:
    """Calculate."""
    return Reply()


@skill("warm it to {0..30:celsius} degrees", "thermostat {name}", lists={"name": {"values": ["up", "off"]}})
def thermostat(ctx: Context, celsius: int = 0, name: str = "") -> Reply:
    """A skill whose list has the name of another skill's free text."""
    return Reply()


SKILLS: list[Skill] = [timer_set, timer_cancel, clock, volume, math, thermostat]
INTENTS = Intents([one.info for one in SKILLS])


def best(text: str) -> tuple[str, dict[str, Any]] | None:
    found = INTENTS.match(text)
    return (found[0].skill, found[0].slots) if found else None


@pytest.mark.parametrize(
    ("said", "name", "slots"),
    [
        ("What time is it?", "clock", {}),
        ("what’s the time", "clock", {}),
        ("what time is it now please", "clock", {}),
        ("Hey computer, could you please set a timer for five minutes?", "timer_set", {"seconds": 300}),
        ("set a timer for twenty five minutes", "timer_set", {"seconds": 1500}),
        ("set a timer for 1 hour and thirty minutes", "timer_set", {"seconds": 5400}),
        ("set a timer for an hour and a half", "timer_set", {"seconds": 5400}),
        ("set a timer for half an hour", "timer_set", {"seconds": 1800}),
        ("set a timer for three quarters of an hour", "timer_set", {"seconds": 2700}),
        ("start a ninety second timer", "timer_set", {"seconds": 90}),
        ("set a timer for one minute and thirty seconds", "timer_set", {"seconds": 90}),
        ("set a timer for ten minutes called pasta please", "timer_set", {"seconds": 600, "name": "pasta"}),
        ("set a timer please for ten minutes", "timer_set", {"seconds": 600}),
        ("set an egg timer for four minutes", "timer_set", {"seconds": 240, "name": "egg"}),
        ("cancel the one called please release me", "timer_cancel", {"name": "please release me"}),
        ("cancel the timer", "timer_cancel", {}),
        ("set the volume to fifty percent", "volume", {"percent": 50}),
        ("volume 50%", "volume", {"percent": 50}),
        ("turn the volume LOUDER!", "volume", {"direction": "up"}),
        ("up please", "volume", {"direction": "up"}),
        ("what is 3.5 + 1,000?", "math", {"expression": "3.5 plus 1000"}),
        ("calculate ten minus five", "math", {"expression": "10 minus 5"}),
        ("warm it to twenty one degrees", "thermostat", {"celsius": 21}),
        ("warm it to 21°", "thermostat", {"celsius": 21}),
    ],
)
def test_a_sentence_finds_its_skill_and_slots(said: str, name: str, slots: dict[str, Any]) -> None:
    assert best(said) == (name, slots)


@pytest.mark.parametrize(
    "said",
    [
        "",
        "please",
        "?!",
        "what is the capital of france",
        "set the volume to 150 percent",
        "set the volume to pasta",
        "set a timer for 0 seconds",
        "set a timer for two days",
        "set a timer for 2.5 seconds",
        "warm it to 31 degrees",
        "warm it to 2.5 degrees",
        "thermostat pasta",
        "tell me about the time machine",
        "word " * 100,
        "9" * 10_000,
    ],
)
def test_what_fits_no_skill_matches_nothing(said: str) -> None:
    assert INTENTS.match(said) == []


@pytest.mark.parametrize("one", SKILLS, ids=lambda one: one.info.name)
def test_every_example_matches_its_own_skill(one: Skill) -> None:
    for example in one.info.examples:
        assert best(example) is not None
        assert best(example)[0] == one.info.name  # type: ignore[index]


def test_slots_are_integers_where_the_schema_says_so() -> None:
    assert isinstance(INTENTS.match("warm it to 20 degrees")[0].slots["celsius"], int)
    assert isinstance(INTENTS.match("set a timer for half a minute")[0].slots["seconds"], int)


def test_more_literal_words_win_over_free_text() -> None:
    @skill("play {song}")
    def any_song(ctx: Context, song: str) -> None: ...

    @skill("play some {kind} music")
    def radio(ctx: Context, kind: str) -> None: ...

    for order in ([any_song, radio], [radio, any_song]):
        found = Intents([one.info for one in order]).match("play some quiet music")
        assert [match.skill for match in found] == ["radio", "any_song"]
        assert found[1].slots == {"song": "some quiet music"}


def test_a_free_text_slot_keeps_polite_words_inside_it() -> None:
    @skill("say {words}")
    def say(ctx: Context, words: str) -> None: ...

    found = Intents([say.info]).match("please say now we can please everyone")
    assert found[0].slots == {"words": "now we can please everyone"}


def test_lists_and_rules_of_one_skill_are_unknown_to_another() -> None:
    @skill("open <thing>", rules={"thing": "the {name}"}, lists={"name": {"values": ["door"]}})
    def opened(ctx: Context, name: str) -> None: ...

    @skill("shut <thing>", rules={"thing": "it {name}"})
    def shut(ctx: Context, name: str) -> None: ...

    both = Intents([opened.info, shut.info])
    assert both.match("open the door")[0].slots == {"name": "door"}
    assert both.match("open the window") == []
    assert both.match("shut it tightly")[0].slots == {"name": "tightly"}


def test_a_list_may_fill_a_slot_of_another_name_and_hold_templates() -> None:
    @skill("paint it {colour:what}", lists={"colour": {"values": [{"in": "[light|dark] (red|crimson)", "out": "red"}]}})
    def paint(ctx: Context, what: str) -> None: ...

    assert Intents([paint.info]).match("paint it dark crimson")[0].slots == {"what": "red"}


def test_templates_that_name_number_words_match_too() -> None:
    @skill("take five")
    def pause(ctx: Context) -> None: ...

    assert Intents([pause.info]).match("take five")[0].skill == "pause"


@pytest.mark.parametrize(
    ("said", "name"),
    [("what tyme is it", "clock"), ("whats the time", "clock"), ("set a tymer for five minutes", "timer_set")],
)
def test_a_misheard_word_is_forgiven(said: str, name: str) -> None:
    found = INTENTS.match(said)
    assert found[0].skill == name
    assert found[0].repaired


@pytest.mark.parametrize(
    "said",
    [
        "what is the caption of france",
        "cancel the flights to berlin",
        "sit a tinier fort five minutes",  # a side effect needs one word, one letter off
        "seat a towel for five minutes",
        "what thyme is best in soup",
        "where is the door",
    ],
)
def test_repair_is_conservative(said: str) -> None:
    assert INTENTS.match(said) == []


def test_repair_never_touches_free_text() -> None:
    found = INTENTS.match("set a tymer for five minutes called vollume")
    assert found[0].slots["name"] == "vollume"


@pytest.mark.parametrize(
    ("declare", "complaint"),
    [
        ({"templates": ("open (the door",)}, ""),
        ({"templates": ("open <thing>",)}, "there is no rule <thing>"),
        ({"templates": ("open <a>",), "rules": {"a": "<b>", "b": "<a>"}}, "refers to itself"),
        ({"templates": ("open {door}",)}, "door is no parameter"),
        ({"templates": ("open {name}",), "lists": {"name": {"vals": []}}}, ""),
    ],
)
def test_a_bad_template_is_named_and_costs_no_other_skill(declare: dict[str, Any], complaint: str) -> None:
    def bad(ctx: Context, name: str = "") -> None: ...

    templates_ = declare.pop("templates")
    broken = skill(*templates_, **declare)(bad)
    intents = Intents([broken.info, clock.info])
    assert [problem.part for problem in intents.problems] == ["skill bad"]
    assert complaint in intents.problems[0].problem
    assert intents.match("what time is it")[0].skill == "clock"


@given(st.text(max_size=80))
def test_any_text_is_survived_and_answered_alike_twice(text: str) -> None:
    assert INTENTS.match(text) == INTENTS.match(text)


WORDS = [*sorted(templates.vocabulary([one.info for one in SKILLS])), "five", "20", "pasta", "half", "and", "please"]


@given(st.lists(st.sampled_from(WORDS), max_size=9).map(" ".join))
def test_every_match_is_one_its_skill_accepts(text: str) -> None:
    arguments = {one.info.name: one.arguments for one in SKILLS}
    for match in INTENTS.match(text):
        msgspec.convert(match.slots, arguments[match.skill])


UNFILTERED = unfiltered(INTENTS)


@given(st.lists(st.sampled_from(WORDS), max_size=9).map(" ".join).map(wording.normalised))
def test_the_quick_filter_loses_no_match(text: str) -> None:
    assert [*INTENTS._matched(text, Whole(text))] == [*UNFILTERED._matched(text, Whole(text))]


def test_a_set_of_skills_that_shrank_matches_what_is_left() -> None:
    offered = [one.info for one in SKILLS]
    current = CurrentIntents(lambda: offered)
    assert current.match("what time is it")[0].skill == "clock"
    offered = [one.info for one in SKILLS if one is not clock]
    assert current.match("what time is it") == []
    assert current.match("cancel the timer")[0].skill == "timer_cancel"
    assert current.problems == []


@given(st.integers(1, 86_400))
def test_every_duration_is_understood_as_it_is_said(seconds: int) -> None:
    hours, minutes, rest = seconds // 3600, seconds // 60 % 60, seconds % 60
    parts = [f"{n} {unit}{'s' * (n != 1)}" for n, unit in ((hours, "hour"), (minutes, "minute"), (rest, "second")) if n]
    said = f"set a timer for {' and '.join(parts)}"
    if hours and rest and not minutes:
        said = f"set a timer for {hours} hours {rest} seconds"
    assert best(said) == ("timer_set", {"seconds": seconds})


@given(st.text(st.sampled_from("aPmx’'\"019.,:;-−–+*×÷/^%°_ ßé½²"), max_size=24))
def test_a_rewriting_that_is_not_tried_would_have_changed_nothing(text: str) -> None:
    said = unicodedata.normalize("NFKC", text).casefold().replace("’", "'").replace("‘", "'")
    for pattern, replacement, _ in wording._SYMBOLS:
        said = pattern.sub(replacement, said)
    assert wording.plain(text) == " ".join(said.split())


@given(st.text(max_size=60))
def test_normalised_text_is_words_with_single_spaces(text: str) -> None:
    normal = wording.normalised(text)
    assert normal == " ".join(normal.split())
    assert re.fullmatch(r"[\w .:'-]*", normal)
    assert "_" not in normal
    assert normal == normal.casefold()


@pytest.mark.parametrize(
    ("written", "normal"),
    [
        ("It's 7:30 p.m., isn't it?", "it's 7:30 pm isn't it"),
        ("1,000.50 - 3", "1000.50 minus 3"),
        ("'twenty-five'", "25"),
        ("-5°C", "-5 degrees c"),
        ("10-5", "10 minus 5"),
        ("3 x 4", "3 times 4"),
        ("a/b", "a b"),
        (".5", "0.5"),
        ("50%", "50 percent"),
    ],
)
def test_symbols_become_words_or_nothing(written: str, normal: str) -> None:
    assert wording.normalised(written) == normal


@pytest.mark.parametrize(
    ("value", "schema", "result"),
    [
        ("five", {"type": "integer"}, 5),
        (5.0, {"type": "integer"}, 5),
        ("2.5", {"type": "number"}, 2.5),
        ("5", {"type": "string"}, "5"),
        ("UP", {"enum": ["up", "down"]}, "up"),
        ("5", {"enum": [5, 6]}, 5),
        ("5", {"anyOf": [{"type": "integer", "minimum": 6}, {"type": "null"}]}, None),
        ("pasta", {"type": "integer"}, None),
        (5.5, {"type": "integer"}, None),
        (True, {"type": "integer"}, None),
        (5, {"type": "string"}, None),
        ("abc", {"type": "string", "maxLength": 2}, None),
        (0, {"type": "number", "exclusiveMinimum": 0}, None),
        (3, {"type": "integer", "multipleOf": 2}, None),
        ("left", {"enum": ["up", "down"]}, None),
    ],
)
def test_values_are_held_to_the_schema(value: Any, schema: dict[str, Any], result: Any) -> None:
    if result is None:
        with pytest.raises(slot_values.Mismatch):
            slot_values.conform(value, schema)
    else:
        conformed = slot_values.conform(value, schema)
        assert conformed == result
        assert type(conformed) is type(result)


def test_a_slot_that_is_required_and_was_not_said_is_no_match() -> None:
    info: SkillInfo = msgspec.structs.replace(timer_set.info, templates=("set a timer",), rules={})
    assert Intents([info]).match("set a timer") == []
