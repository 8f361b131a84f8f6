"""Servers of the Model Context Protocol (modelcontextprotocol.io): their tools, for a model to call.

The official package ``mcp`` speaks the protocol (2.3; extra ``[mcp]``). A server is a stranger that the owner of this
machine has let in: it runs in a process of its own, every wait for it has a limit, what it says is text for the model
and nothing else, and its tools are offered under its name. Its hints are only believed where they promise less: a tool
without ``readOnlyHint`` counts as one that changes something. It gets no answer to requests of its own (sampling,
elicitation, roots): none of these is offered in the handshake.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import re
import sys
from collections.abc import AsyncGenerator, Mapping, Sequence
from types import TracebackType
from typing import TYPE_CHECKING, Any, Final

import msgspec

from homebody.errors import MissingPart, Problem, SkillFailed
from homebody.options import McpOptions
from homebody.router import mcp_bound
from homebody.router.tools import NAME_LIMIT_CHARS, Tool

if TYPE_CHECKING:
    import mcp

log = logging.getLogger(__name__)

START_LIMIT_S: Final = 20.0  # for the process, the handshake and the list
LOOK_EVERY_S: Final = 60.0  # whether it is still there, and what it has now
BACKOFF_S: Final = (1.0, 2.0, 5.0, 15.0, 60.0, 300.0)
STEADY_S: Final = 60.0  # one that lived so long was no failure
TOOLS_LIMIT: Final = 64  # of one server
LINE_LIMIT_BYTES: Final = 4 * 1024 * 1024  # one message of a server's; the package itself knows no limit
SCHEMA_LIMIT_BYTES: Final = 8192
DESCRIPTION_LIMIT_CHARS: Final = 400
_NAME: Final = re.compile(r"[A-Za-z0-9_-]+")
_PATTERNS: Final = frozenset({"pattern", "patternProperties", "format"})


def require() -> None:
    """See that the package is there.

    Raises:
        MissingPart: It is not.
    """
    try:
        import jsonschema  # noqa: F401
        import mcp  # noqa: F401
    except ImportError as error:
        raise MissingPart(
            "router.mcp names servers, and the package that speaks to them is not installed.",
            'Install it with: pip install "homebody[mcp]"',
        ) from error


class McpServers:
    """All servers of a profile, between ``async with`` and its end. None of them is waited for at the start.

    Args:
        options: The profile's ``router.mcp``.
        deadline_ms: For one call.
    """

    def __init__(self, options: Mapping[str, McpOptions], *, deadline_ms: float) -> None:
        self._servers = {name: _Server(name, own, deadline_ms / 1000) for name, own in options.items()}
        self._missing: Problem | None = None
        self._tasks: list[asyncio.Task[None]] = []

    async def __aenter__(self) -> McpServers:
        """Start them. Never fails for a server's sake: see `problems`."""
        try:
            if self._servers:
                await asyncio.to_thread(require)
        except MissingPart as error:
            log.warning("%s", error.reason)
            self._missing = Problem("tools", error.reason, error.remedy)
            return self
        if not log.isEnabledFor(logging.DEBUG):
            logging.getLogger("mcp").setLevel(logging.CRITICAL)  # it logs tracebacks, and what could not be parsed
        self._tasks = [asyncio.create_task(server.run()) for server in self._servers.values()]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """End them."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    @property
    def tools(self) -> Sequence[Tool]:
        """Those that can be called now."""
        return [tool for server in self._servers.values() for tool in server.tools.values()]

    @property
    def problems(self) -> list[Problem]:
        """Servers that do not run, and tools that cannot be offered."""
        found = [server.problem for server in self._servers.values() if server.problem]
        return [self._missing] if self._missing else found

    def unfit(self, tool: Tool, arguments: Mapping[str, Any]) -> str | None:
        """Why these arguments do not fit, without their values; None where they do."""
        return misfit(tool.parameters, arguments)

    async def call(self, tool: Tool, arguments: Mapping[str, Any]) -> str:
        """What it answers, in words.

        Raises:
            SkillFailed: It failed, took too long, or its server is away.
        """
        return await self._servers[tool.server].call(tool, arguments)

    async def until_listed(self, name: str) -> None:
        """Return when this server's tools are known. For callers with a limit of their own."""
        await self._servers[name].listed.wait()


class _Server:
    """One server, started again with growing pauses when it ends."""

    def __init__(self, name: str, options: McpOptions, deadline_s: float) -> None:
        self.name = name
        self.tools: dict[str, Tool] = {}
        self.problem: Problem | None = None
        self.listed = asyncio.Event()
        self._options, self._deadline_s = options, deadline_s
        self._client: mcp.Client | None = None
        self._names: dict[str, str] = {}  # of ours, to the server's
        self._again = asyncio.Event()

    async def run(self) -> None:
        """Keep it running until cancelled."""
        failures = 0
        loop = asyncio.get_running_loop()
        while True:
            began_s = loop.time()
            try:
                await self._session()
            except asyncio.CancelledError:
                if (me := asyncio.current_task()) is not None and me.cancelling():
                    raise
            except Exception as error:  # of anyio's groups, pydantic, httpx, the system: all mean that it is away
                log.debug("MCP server %s: %s", self.name, type(error).__name__)
            finally:
                self.tools, self._client = {}, None
                self.listed.clear()
            failures = 0 if loop.time() - began_s > STEADY_S else failures + 1
            if self.problem != self._away():  # not at each attempt
                log.warning("The MCP server %s is not there.", self.name)
            self.problem = self._away()
            await asyncio.sleep(BACKOFF_S[min(failures, len(BACKOFF_S) - 1)])

    async def call(self, tool: Tool, arguments: Mapping[str, Any]) -> str:
        """One call; see `McpServers.call`."""
        client = self._client
        if client is None:
            raise SkillFailed(f"The server {self.name} is not there.", "Ask again in a moment.")
        try:
            async with asyncio.timeout(self._deadline_s):
                result = await client.call_tool(
                    self._names[tool.name], dict(arguments), read_timeout_seconds=self._deadline_s
                )
        except TimeoutError:
            self._again.set()  # it may hang: look at it
            raise SkillFailed(f"The server {self.name} did not answer in time.", "Ask again.") from None
        except Exception as error:
            self._again.set()
            log.debug("MCP server %s: a call failed: %s", self.name, type(error).__name__)
            raise SkillFailed(f"The server {self.name} could not do that.", "Ask again.") from None
        text = _words(result)
        if result.is_error:
            raise SkillFailed(f"It failed: {text}" if text else "It failed.", "Ask again.")
        return text or "Done."

    async def _session(self) -> None:
        """From its start to its end."""
        self._again.clear()
        async with contextlib.AsyncExitStack() as stack:
            async with asyncio.timeout(START_LIMIT_S):
                client = await stack.enter_async_context(self._connected())
                await self._list(client)
            self._client = client
            self.listed.set()
            log.info("The MCP server %s offers %d tools.", self.name, len(self.tools))
            while True:
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(LOOK_EVERY_S):
                        await self._again.wait()
                self._again.clear()
                async with asyncio.timeout(START_LIMIT_S):
                    await self._list(client)

    @contextlib.asynccontextmanager
    async def _connected(self) -> AsyncGenerator[mcp.Client, None]:
        import mcp

        options = self._options
        with open(os.devnull, "w") as nowhere:  # noqa: PTH123, ASYNC230  # what it prints may be anybody's words
            if options.url:
                target: Any = _http(options.url)
            else:
                own = {name: os.environ[name] for name in options.pass_env if name in os.environ}
                behind = ["-I", "-S", mcp_bound.__file__, str(LINE_LIMIT_BYTES), *options.command]
                parameters = mcp.StdioServerParameters(command=sys.executable, args=behind, env=own)
                target = mcp.stdio_client(parameters, errlog=nowhere)
            async with mcp.Client(target, read_timeout_seconds=START_LIMIT_S, cache=None) as client:
                yield client

    async def _list(self, client: mcp.Client) -> None:
        found: list[Any] = []
        cursor = None
        while len(found) < TOOLS_LIMIT:
            page = await client.list_tools(cursor=cursor)
            found += page.tools
            cursor = page.next_cursor
            if not cursor:
                break
        tools: dict[str, Tool] = {}
        names: dict[str, str] = {}
        left_out = []
        for listed in found[:TOOLS_LIMIT]:
            if self._options.tools and listed.name not in self._options.tools:
                continue
            if (tool := as_tool(self.name, listed)) is None:
                left_out.append(listed.name)
                continue
            tools[tool.name], names[tool.name] = tool, listed.name
        self.tools, self._names = tools, names
        self.problem = self._unusable(len(left_out)) if left_out else None

    def _away(self) -> Problem:
        what = (
            f"start {self._options.command[0]} by hand" if self._options.command else f"start it at {self._options.url}"
        )
        return Problem(
            f"tools {self.name}",
            f"The MCP server {self.name} is not there; it is tried again and again.",
            f"To see why, {what}, or correct router.mcp.{self.name} in homebody.toml.",
        )

    def _unusable(self, count: int) -> Problem:
        return Problem(
            f"tools {self.name}",
            f"{count} of the tools of the MCP server {self.name} cannot be offered: their name or schema is unusable.",
            f"Name the others under router.mcp.{self.name}.tools, and this is not said again.",
        )


def as_tool(server: str, listed: Any) -> Tool | None:
    """A listed tool as ours; None where its name or its schema cannot be used."""
    name = f"{server}__{listed.name}"
    schema = without_patterns(listed.input_schema)
    if not _NAME.fullmatch(name) or len(name) > NAME_LIMIT_CHARS or not usable(schema):
        return None
    hints = listed.annotations
    words = " ".join((listed.description or listed.name).split())
    return Tool(
        name=name,
        description=words[:DESCRIPTION_LIMIT_CHARS],
        parameters=schema,
        read_only=bool(hints and hints.read_only_hint),
        live=hints is None or hints.open_world_hint is not False,
        server=server,
    )


def usable(schema: Any) -> bool:
    """It is a JSON schema of an object, small, and says all it says itself."""
    import jsonschema

    if not isinstance(schema, dict) or schema.get("type") != "object":
        return False
    try:
        written = msgspec.json.encode(schema)
        jsonschema.Draft202012Validator.check_schema(schema)
    except (jsonschema.SchemaError, msgspec.EncodeError, TypeError, RecursionError):
        return False
    return len(written) <= SCHEMA_LIMIT_BYTES


def misfit(schema: Mapping[str, Any], arguments: Mapping[str, Any]) -> str | None:
    """Where the arguments do not fit, without their values; None where they do."""
    import jsonschema
    import referencing

    # A registry of its own: the usual one would fetch what a $ref names.
    validator = jsonschema.Draft202012Validator(schema, registry=referencing.Registry())
    try:
        error = next(iter(validator.iter_errors(dict(arguments))), None)
    except Exception as trouble:  # an unknown $ref, a schema in circles
        log.debug("a tool's schema: %s", type(trouble).__name__)
        return "its schema cannot be checked"
    if error is None:
        return None
    where = ".".join(str(part) for part in error.absolute_path)
    wanted = msgspec.json.encode(error.validator_value).decode()[:200]
    return f"{where or 'the arguments'} must fit {error.validator} {wanted}"


def without_patterns(schema: Any, depth: int = 0) -> Any:
    """The schema without what a hostile one could keep us busy with for ever: regular expressions."""
    if depth > 32:
        return None
    if isinstance(schema, dict):
        # A property may well be called "pattern": only where its value is no schema is it the keyword.
        return {
            key: without_patterns(value, depth + 1)
            for key, value in schema.items()
            if not (key in _PATTERNS and (isinstance(value, str) or key == "patternProperties"))
        }
    if isinstance(schema, list):
        return [without_patterns(item, depth + 1) for item in schema]
    return schema


def _words(result: Any) -> str:
    """The text of a result; other kinds of content are only named."""
    parts = [part.text if part.type == "text" else f"[{part.type}]" for part in result.content]
    if not parts and result.structured_content is not None:
        parts = [msgspec.json.encode(result.structured_content).decode()]
    return "\n".join(parts).strip()


@contextlib.asynccontextmanager
async def _http(url: str) -> AsyncGenerator[Any, None]:
    import httpx2
    from mcp.client.streamable_http import streamable_http_client

    # Neither proxy variables nor redirects are followed: nothing may leave the house by way of the environment.
    async with (
        httpx2.AsyncClient(trust_env=False, follow_redirects=False) as http,
        streamable_http_client(url, http_client=http) as streams,
    ):
        yield streams
