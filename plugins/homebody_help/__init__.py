"""What the assistant can do, told from the skills that are really there."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Final

from msgspec import Meta

from homebody.skill import Context, Phrases, Registry, Reply, SkillInfo, skill

_MENTIONED: Final = 7  # more is not remembered when it is heard
_EXAMPLES: Final = 3

_SAYS: Final = {
    "de": ("Du kannst zum Beispiel sagen: {}.", "oder"),
    "fr": ("Tu peux dire par exemple : {}.", "ou"),
    "es": ("Puedes decir, por ejemplo: {}.", "o"),
}
_TRANSLATIONS: Final = {
    "de": Phrases(
        templates=(
            "(hilfe|hilf mir)",
            "was kannst du [alles] [tun|machen]",
            "was kann ich [dich|dir] [alles] (fragen|sagen)",
        ),
        examples=("was kannst du",),
    ),
    "fr": Phrases(
        templates=("(aide|aide moi|à l'aide)", "(qu'est ce que|que) (tu sais|tu peux|sais tu|peux tu) faire"),
        examples=("qu'est ce que tu sais faire",),
    ),
    "es": Phrases(
        templates=("(ayuda|ayúdame)", "qué (puedes|sabes) hacer", "qué puedo (decir|preguntar)"),
        examples=("qué puedes hacer",),
    ),
}


@skill(
    "(help|help me|i need help|i need some help|can you help me|give me some help)",
    "(what|which things) (can|could) (you do|you do for me|you help me with|you help with|i ask [you]|i say [to you]|"
    "i ask for|i do with you|i tell you|this do|this thing do|you all do)",
    "(what|what else) (can you do|are you able to do|do you do|do you know how to do|are you good for|are you good at|"
    "are you capable of|are your (skills|abilities|features|functions|capabilities|commands))",
    "(what|which) (skills|commands|features|functions|abilities) (do you have|are there|do you know|can i use|"
    "do you understand|have you got|are available)",
    "(list|show|show me|tell me|name|read) [all] [of] [me] [the|your] [available] (skills|commands|features|abilities)",
    "tell me what you can do",
    "how (do|can) (i use you|i use this|you help me|this work|you help)",
    "how does this work",
    "(help|help me) (with|about|on) [the|my] {topic}",
    "(what can you do|what can i say|what can i ask) (with|about|for) [the|my] {topic}",
    "how do [the] {topic} work",
    "how (do|can) i use [the|a|an] {topic}",
    "give me (examples|an example) (of|for) {topic}",
    read_only=True,
    examples=("what can you do", "help", "help with timers", "which skills do you have"),
    translations=_TRANSLATIONS,
)
def help(  # noqa: A001 -- its name on the wire
    ctx: Context, topic: Annotated[str, Meta(pattern=r"^[a-z]*$", max_length=30, description="a skill")] = ""
) -> Reply | None:
    """Say what I can do."""
    own = _plugin_of_help(ctx.skills)
    others = [info for info in ctx.skills if info.examples and info.plugin != own]
    if ctx.language in _SAYS:
        return _in_language(ctx.language, others)
    if topic:
        return _about(topic, others)
    if not others:
        return Reply("I have no skills at the moment.", value={"skills": []})
    firsts = list({info.plugin: info for info in reversed(others)}.values())[::-1][:_MENTIONED]
    abilities = [_as_ability(info.summary) for info in firsts]
    example = next((info for info in firsts if info.side_effect), firsts[0]).examples[0]
    text = f"I can {_joined(abilities)}. For example, say: {example}."
    return Reply(text, value={"skills": [info.name for info in ctx.skills]})


def register(registry: Registry) -> None:
    """Offer this plugin's skills."""
    registry.add(help)


def _in_language(language: str, skills: Sequence[SkillInfo]) -> Reply:
    """One sentence that can be said for each plugin."""
    said = {
        info.plugin: p.examples[0] for info in reversed(skills) if (p := info.translations.get(language)) and p.examples
    }
    text, last = _SAYS[language]
    examples = [*said.values()][::-1][:_MENTIONED]
    names = [info.name for info in skills if language in info.translations]
    return Reply(text.format(_joined(examples, last)), value={"skills": names})


def _about(topic: str, skills: Sequence[SkillInfo]) -> Reply | None:
    """Examples of the plugin that the topic names; None where none fits, so that a model may answer."""
    stem = _stem(topic)
    found = [info for info in skills if any(stem == _stem(word) for word in _words(info))]
    if not found:
        return None
    examples = [example for info in found for example in info.examples[:2]][:_EXAMPLES]
    return Reply(f"You can say: {_joined(examples, 'or')}.", value={"skills": [info.name for info in found]})


def _words(info: SkillInfo) -> set[str]:
    return {*info.name.split("_"), info.plugin, *info.summary.lower().strip(".").replace(",", "").split()}


def _stem(word: str) -> str:
    return word.removesuffix("s").removesuffix("ing").removesuffix("e")


def _as_ability(summary: str) -> str:
    """As "Set a timer." -> "set a timer"."""
    clause = summary.strip().rstrip(".")
    return clause[0].lower() + clause[1:]


def _joined(items: Sequence[str], last: str = "and") -> str:
    return f"{', '.join(items[:-1])} {last} {items[-1]}" if len(items) > 1 else "".join(items)


def _plugin_of_help(skills: Sequence[SkillInfo]) -> str:
    return next((info.plugin for info in skills if info.name == "help"), "help")
