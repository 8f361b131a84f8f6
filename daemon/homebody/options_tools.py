"""The tables of a profile about tools: what a model may call."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated

from msgspec import Meta

from homebody.addresses import http_host, is_this_machine
from homebody.options_part import Part


class ToolOptions(Part, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What a language model may call while it answers.

    Attributes:
        side_effects: Names of tools that a model may call although they change something, such as ``timer_set`` or
            ``files__write``. Others that are not read only are not offered.
        withheld: Skills that are not offered: a model needs no help with these.
        rounds: So often in one answer it may call tools and look at what they say.
        deadline_ms: For one call, then the model is told that there is no answer.
        result_chars: So much of what a tool says is shown to the model.
    """

    side_effects: tuple[str, ...] = ()
    withheld: tuple[str, ...] = ("greeting", "help", "never_mind", "repeat")
    rounds: Annotated[int, Meta(ge=0, le=16)] = 3
    deadline_ms: Annotated[float, Meta(ge=100, le=120_000)] = 10_000.0
    result_chars: Annotated[int, Meta(ge=100, le=100_000)] = 2000


class McpOptions(Part, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A server of the Model Context Protocol. Either ``command`` or ``url``.

    Attributes:
        command: Program and arguments; it is started with the router and speaks over standard input and output.
        url: Of one that runs already, with streamable HTTP, on this machine.
        pass_env: Names of environment variables it is given beside the usual ones (PATH, HOME, LANG).
        tools: Only these of its tools are offered; empty: all.
    """

    command: tuple[str, ...] = ()
    url: str = ""
    pass_env: tuple[str, ...] = ()
    tools: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if bool(self.command) == bool(self.url):
            raise ValueError("router.mcp wants either command or url")
        host = http_host(self.url) if self.url else None
        if self.url and (host is None or not is_this_machine(host)):
            raise ValueError("router.mcp url is not a loopback address like http://127.0.0.1:8000/mcp")


def check_names(servers: Mapping[str, McpOptions]) -> None:
    """Raise ValueError where a server's name is none that can stand before a tool's."""
    if bad := [name for name in servers if not re.fullmatch(r"[a-z][a-z0-9_]{0,30}", name)]:
        raise ValueError(f"router.mcp: {bad[0]} is no name; take up to 31 small letters, digits and _")
