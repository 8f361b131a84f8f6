"""How loud and how fast the assistant speaks, and whether it hears."""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal

from msgspec import Meta

from homebody.skill import Context, Registry, Reply, SkillFailed, skill
from homebody_volume.languages import PHRASES, SAYS
from homebody_volume.microphone import microphone
from homebody_volume.pace import speed

_STEP_PERCENT: Final = 10

_LISTS: Final[dict[str, Any]] = {
    "percent": {"range": {"from": 0, "to": 1000}},
    "by": {"range": {"from": 1, "to": 100}},
    "up": {"values": [{"in": "(up|louder|higher)", "out": "up"}]},
    "down": {"values": [{"in": "(down|quieter|softer|lower)", "out": "down"}]},
    "up_sound": {"values": [{"in": "<sound>", "out": "up"}]},
    "down_sound": {"values": [{"in": "<sound>", "out": "down"}]},
    "louder": {"values": [{"in": "(louder|more loudly)", "out": "up"}]},
    "quieter": {"values": [{"in": "(quieter|softer|more quietly|more softly|less loud|less loudly)", "out": "down"}]},
    "too_quiet": {
        "values": [
            {"in": "speak up", "out": "up"},
            {"in": "i (can't|cannot|can not|can hardly|can barely) hear you", "out": "up"},
            {"in": "(you are|you're|it is|it's|that is|that's) too (quiet|soft|low)", "out": "up"},
        ]
    },
    "too_loud": {
        "values": [
            {"in": "[you are|you're|it is|it's|that is|that's] [way] too loud", "out": "down"},
            {"in": "not so loud", "out": "down"},
        ]
    },
    "mute": {"values": [{"in": "mute", "out": "mute"}]},
    "unmute": {"values": [{"in": "(unmute|un mute|on mute)", "out": "unmute"}]},
    "off": {"values": [{"in": "off", "out": "mute"}]},
    "on": {"values": [{"in": "(on|back on)", "out": "unmute"}]},
    "all_the_way": {"values": [{"in": "all the way up", "out": 100}, {"in": "all the way down", "out": 0}]},
    "level": {
        "values": [
            {"in": "[the] (maximum|max|full|highest)", "out": 100},
            {"in": "[the] (half|middle|medium)", "out": 50},
            {"in": "[the] (minimum|min|lowest)", "out": 10},
        ]
    },
}
_RULES: Final = {
    "sound": (
        "[the|your|my] (volume|sound|audio|speaker|speakers|loudness|sound level|volume level|speaker volume|sound "
        "volume)"
    ),
    "voice": "(it|that|<sound>|yourself|your voice)",
    "bit": "[a bit|a little|a little bit|slightly|some|somewhat|a lot|much|way|even]",
    "by": "[[by] {by:by} [percent|points]]",
    "more": "[more|again|further]",
    "percent": "({percent:percent} [percent|%]|{level:percent})",
}


@skill(
    # up and down
    "<sound> <bit> {up:direction} <more> <by>",
    "<sound> <bit> {down:direction} <more> <by>",
    "(turn|bring|crank|put) <voice> <bit> {up:direction} <more> [<bit>] <by>",
    "(turn|bring|put) <voice> <bit> {down:direction} <more> [<bit>] <by>",
    "(turn|crank|pump) {up:direction} <sound> [<bit>] <by>",
    "(turn|bring) {down:direction} <sound> [<bit>] <by>",
    "(raise|increase|crank up|boost) {up_sound:direction} [<bit>] <by>",
    "(lower|decrease|reduce|drop) {down_sound:direction} [<bit>] <by>",
    "(make|play|speak|talk|say) [(it|that|<sound>|your voice|the voice)] <bit> {louder:direction}",
    "(make|play|speak|talk|say) [(it|that|<sound>|your voice|the voice)] <bit> {quieter:direction}",
    "<bit> {louder:direction}",
    "<bit> {quieter:direction}",
    "{too_quiet:direction}",
    "{too_loud:direction}",
    # a level
    (
        "[(set|turn|put|change|bring|make|adjust|raise|lower|increase|decrease)] <sound> [level] [(up|down)] [(to|at|"
        "on|is)] <percent>"
    ),
    "(set|turn|put) <voice> [(up|down)] (to|at) <percent>",
    "(turn|crank) <voice> {all_the_way:percent}",
    "<percent> volume",
    # silence
    "{mute:direction} [(<sound>|it|everything|your voice)]",
    "{unmute:direction} [(<sound>|it|everything|your voice)]",
    "(turn|switch) <sound> {off:direction}",
    "(turn|switch) {off:direction} <sound>",
    "(turn|switch) <sound> {on:direction}",
    "(turn|switch) {on:direction} <sound>",
    "<sound> {on:direction}",
    "<sound> {off:direction}",
    # how loud
    "(what is|what's|whats|tell me|check) <sound> [level] [at|set to|right now]",
    "how (loud|quiet) (are you|is it|is <sound>|is your voice)",
    "(what|which) (volume|sound level) (is it|are you at|is set|are we at|do you have)",
    "(volume|volume level|current volume)",
    lists=_LISTS,
    rules=_RULES,
    side_effect=True,
    examples=(
        "volume up",
        "make it louder",
        "turn the volume down",
        "set the volume to forty percent",
        "mute",
        "what is the volume",
    ),
    translations=PHRASES,
    says=("I'm back.",),
)
def volume(
    ctx: Context,
    direction: Literal["up", "down", "mute", "unmute"] | None = None,
    percent: Annotated[int, Meta(ge=0, le=1000)] | None = None,
    by: Annotated[int, Meta(ge=1, le=100)] = _STEP_PERCENT,
) -> Reply:
    """Change how loud I speak."""
    try:
        if direction in {"mute", "unmute"}:
            return _mute(ctx, direction == "mute")
        return _level(ctx, direction, percent, by)
    except SkillFailed:
        wanted = {"percent": percent} if percent is not None else {"direction": direction}
        none = "There is no loudspeaker attached, so there is no volume to change."
        return Reply(SAYS[ctx.language]["none"] if ctx.language in SAYS else none, value=wanted)


def _mute(ctx: Context, muted: bool) -> Reply:
    ctx.voice.mute(muted)
    # Muted, nothing could be heard, so nothing is said.
    back = SAYS[ctx.language]["back"] if ctx.language in SAYS else "I'm back."
    return Reply("" if muted else back, value={"direction": "mute" if muted else "unmute"})


def _level(ctx: Context, direction: str | None, percent: int | None, by: int) -> Reply:
    if percent is not None:
        level = round(ctx.voice.volume(min(percent, 100)))
        beyond = " That is as loud as it gets." if percent > 100 and ctx.language == "en" else ""
        return Reply(f"{_at(ctx, level)}{beyond}", value={"percent": level})
    before = round(ctx.voice.volume())
    if direction is None:
        return Reply(_at(ctx, before), value={"percent": before})
    level = round(ctx.voice.volume(f"{'+' if direction == 'up' else '-'}{by}"))
    value = {"direction": direction, "percent": level}
    if level == before and ctx.language in SAYS:
        return Reply(SAYS[ctx.language]["end"], value=value)
    if level == before:
        return Reply(f"That is as {'loud' if direction == 'up' else 'quiet'} as it gets.", value=value)
    return Reply(_at(ctx, level), value=value)


def _at(ctx: Context, percent: int) -> str:
    return (
        SAYS[ctx.language]["level"].format(percent) if ctx.language in SAYS else f"The volume is at {percent} percent."
    )


def register(registry: Registry) -> None:
    """Offer this plugin's skills."""
    registry.add(volume)
    registry.add(speed)
    registry.add(microphone)
