"""All shipped plugins, loaded once as the daemon loads them."""

from __future__ import annotations

import functools
import importlib
import tomllib
from pathlib import Path

from homebody.router.polyglot import Polyglot
from homebody.skill import Registry, Reply, SessionView
from plugin_fakes import FakeContext

ROOT = Path(__file__).parents[1]


def entry_points() -> dict[str, str]:
    """The plugins that the project ships, by name, from its own pyproject.toml."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    return dict(project["entry-points"]["homebody.skills"])


def registry(*names: str) -> Registry:
    """The named plugins, or all, registered in the shipped order."""
    loaded = Registry()
    for name, target in entry_points().items():
        if not names or name in names:
            module, function = target.split(":")
            getattr(importlib.import_module(module), function)(loaded.loading(name))
    return loaded


def house(*names: str, voice: bool = True) -> FakeContext:
    """A fresh context over the named plugins, or all."""
    return FakeContext(registry(*names), voice=voice)


@functools.cache
def intents() -> Polyglot:
    """The matcher over all shipped plugins; building it takes some tenths of a second."""
    return Polyglot([skill.info for skill in registry().skills.values()])


def say(ctx: FakeContext, text: str) -> Reply:
    """A sentence in a conversation, as the brain has it: the best match runs, a declined one gives way to the next, and
    the next sentence knows what was said and what was changed."""
    for match in intents().match(text):
        ctx.text, ctx.language = text.lower(), match.language
        reply = ctx.call(match.skill, **match.slots)
        if reply.value.get("declined"):
            continue
        if reply.text:
            changed_by = ctx.session.changed_by if match.read_only else match.skill
            ctx.session = SessionView(text, reply.text, changed_by)
        return reply
    return Reply("(no skill)")
