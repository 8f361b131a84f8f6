"""How the machine itself is: memory, disk, battery, load, temperature, uptime and network."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any, Final, Literal

from homebody.skill import Context, Registry, Reply, Skill, skill
from homebody_system import languages, phrases
from homebody_system.sensors import PsutilSensors, Sensors

What = Literal["memory", "disk", "battery", "load", "temperature", "uptime", "network", "overview"]


def _means(what: str, *heard: str) -> dict[str, Any]:
    return {"values": [{"in": words, "out": what} for words in heard]}


_LISTS: Final[dict[str, Any]] = {
    "space": {
        "values": [
            {"in": "[the|my|your] [system|computer] (memory|ram|working memory|main memory)", "out": "memory"},
            {
                "in": (
                    "[the|my|your] (disk space|disc space|disk|disc|storage|storage space|hard disk space|hard drive "
                    "space|"
                    "drive space|hard drive|hard disk|[disk] space on the (disk|drive|computer|hard drive)|free space)"
                ),
                "out": "disk",
            },
        ]
    },
    "battery": _means("battery", "[the|my|your] [laptop] (battery|charge|battery charge|battery power|battery life)"),
    "full": _means("battery", "[the|my|your] (battery)"),
    "processor": _means(
        "temperature",
        "[the|my|your|this] (processor|cpu|c p u|computer|machine|laptop|chip|core|cores|system) [temperature|temp]",
    ),
    "heat": _means("temperature", "(hot|warm|cool|overheating|too hot)"),
    "temperature": _means(
        "temperature", "(processor|cpu|c p u|computer|machine|system|chip|core|laptop) (temperature|temp|heat)"
    ),
    "temperature_of": _means("temperature", "[the] temperature of"),
    "busy": _means("load", "(busy|loaded|hard working|much work)"),
    "load": _means(
        "load",
        (
            "[the|my|your] [current] (processor|cpu|c p u|system|computer|core) (load|usage|use|utilization|"
            "utilisation|activity)"
        ),
        "[the|my|your] load average",
    ),
    "on_for": _means("uptime", "(on|running|up|awake|been on|been running|been up|been awake)"),
    "uptime": _means("uptime", "[the|my|your] [system|computer|machine] (uptime|up time)"),
    "restarted": _means(
        "uptime", "(restarted|rebooted|turned on|switched on|booted|started|the last (restart|reboot|boot))"
    ),
    "network": _means(
        "network",
        (
            "[the|a|any|my|our] (network|internet|wifi|wi fi|wireless|internet connection|network connection|wifi "
            "connection|lan|ethernet)"
        ),
    ),
    "online": _means("network", "(online|connected|on the (network|internet|wifi)|offline)"),
    "overview": _means(
        "overview",
        "[the|your] (system|computer|machine) (status|health|state|info|information|report)",
        "[the] status (of|report on|for) [the|this|your|my] (system|computer|machine)",
    ),
}
_RULES: Final = {
    "whats": "(what is|what's|whats|tell me|show|show me|check|give me|report|how is|how's)",
    "computer": "(the|my|this|your) (computer|machine|processor|cpu|c p u|system|laptop|server|pc)",
    "left": "(free|left|available|remaining|used|in use|unused|do i have left|is left|still free|to spare)",
}


def _declared(sensors: Sensors) -> Skill:
    """The skill, reading these sensors."""

    @skill(
        # memory and disk
        (
            "how (much|many|much of|much free) {space:what} (do i have|do we have|do you have|have i got|is there|"
            "has it got|does <computer> have|am i using|are you using|remains) [still] [<left>]"
        ),
        "how (much|many|much of|much free) {space:what} (is|is still|are|is being) [still] <left>",
        "how (much|much free) {space:what} <left>",
        "how much {on_disk:what}",
        "how full is {space:what}",
        (
            "(is|is there|do i have|do we have|am i running) [enough|any|out of|low on] {space:what} [<left>|full|"
            "getting full|low]"
        ),
        "<whats> [free|available|remaining] {space:what} [usage|use|status|left|like|doing|looking]",
        "[free|available] {space:what} [status|usage|left]",
        # battery
        "how (much|full|charged|long|empty|low|good) (is|does|will) {battery:what} [charged|last|left|full|have left]",
        (
            "how (much|much more) {battery:what} (is|do i have|do we have|is there|have i got|do you have|remains|"
            "does <computer> have) [left|remaining|still left]"
        ),
        "how much {battery:what} [is] <left>",
        "<whats> {battery:what} [level|status|state|percentage|left|at|like|doing|charge]",
        "(what|how much) [percent|percentage|charge] (is|does) {battery:what} [at|have|have left]",
        "is {battery:what} (charging|full|low|empty|charged|okay|ok|plugged in|fully charged|almost empty|dead)",
        "{battery:what} [level|status|percentage|left]",
        "do i need to charge {battery:what}",
        # temperature
        "how {heat:what} (is|does|are) <computer> [running|get|right now]",
        "how {heat:what} is {processor:what}",
        "<whats> [the|my] {temperature:what}",
        "[the] {temperature:what}",
        "<whats> {temperature_of:what} <computer>",
        "(is|are) {processor:what} [too|getting|running|getting too] {heat:what}",
        # load
        "how {busy:what} (is|are) (<computer>|you)",
        "how hard is {cpu_works:what} working",
        "<whats> {load:what}",
        "how (high|much) is {load:what}",
        "{load:what}",
        # uptime
        "how long (has|have|is|did) (<computer>|you|it) [already|now] {on_for:what} [for|now]",
        "<whats> {uptime:what}",
        "{uptime:what}",
        "when (was|did) <computer> [last] {restarted:what} [last]",
        # network
        "(is|are) {network:what} [still] (connected|up|working|there|on|down|available|okay|ok|active|back|running)",
        "(am i|are we|are you|is <computer>) [still] {online:what} [to {network:what}]",
        "(do i|do we|do you|does <computer>) have {network:what}",
        "is there {network:what}",
        "<whats> {network:what} (status|state|doing)",
        "{network:what} (status|state)",
        # all
        "<whats> {overview:what}",
        "{overview:what}",
        "how is {computer_does:what} [doing|running|feeling|today]",
        lists={
            **_LISTS,
            "on_disk": _means(
                "disk",
                (
                    "[free] space (is|do i have|is there) [still] (left|free|available) on the (disk|drive|computer|"
                    "machine|hard drive)"
                ),
            ),
            "cpu_works": _means("load", "(the|my|your|this) (processor|cpu|computer|machine|c p u)"),
            "computer_does": _means("overview", "(the|my|your|this) (computer|machine|system|laptop|server)"),
        },
        rules=_RULES,
        read_only=True,
        examples=(
            "how much memory is free",
            "how much disk space is left",
            "what is the battery level",
            "how hot is the processor",
            "is the network connected",
        ),
        translations=languages.PHRASES,
    )
    def system_status(ctx: Context, what: What) -> Reply:
        """Report on this machine.

        Its memory, disk space, battery, load, temperature, uptime and network; an overview gives the first ones.
        """
        if what == "overview":
            return _overview(sensors, ctx.language)
        text, facts = _read(sensors, what, ctx.language)
        return Reply(text, value={"what": what, **facts})

    return system_status


def _state(sensors: Sensors, what: str) -> float:
    return sensors.state(what) or 0.0


_READINGS: Final[dict[str, Callable[[Sensors], phrases.Said]]] = {
    "memory": lambda sensors: phrases.memory(sensors.space("memory")),
    "disk": lambda sensors: phrases.disk(sensors.space("disk")),
    "battery": lambda sensors: phrases.battery(sensors.attached()[0]),
    "load": lambda sensors: phrases.load(_state(sensors, "load"), os.cpu_count() or 1),
    "temperature": lambda sensors: phrases.temperature(sensors.state("temperature")),
    "uptime": lambda sensors: phrases.uptime(_state(sensors, "uptime")),
    "network": lambda sensors: phrases.network(sensors.attached()[1]),
}


def _read(sensors: Sensors, what: str, language: str) -> phrases.Said:
    """A reading in the language of the question."""
    text, facts = _READINGS[what](sensors)
    return languages.said(what, facts, language) if language in languages.PHRASES else text, facts


def _overview(sensors: Sensors, language: str) -> Reply:
    """Load, memory and disk, and the battery where there is one."""
    names = ["load", "memory", "disk"] + (["battery"] if sensors.attached()[0] is not None else [])
    said = {name: _read(sensors, name, language) for name in names}
    text = " ".join(sentence for sentence, _ in said.values())
    return Reply(text, value={"what": "overview", **{name: facts for name, (_, facts) in said.items()}})


system_status: Final = _declared(PsutilSensors())


def register(registry: Registry) -> None:
    """Offer this plugin's skills."""
    registry.add(system_status)
